//! Random attacks on loops, as many as fit into some seconds; the command `attack` runs more of
//! them.

use crate::support::attack;

#[test]
fn loops_bear_every_misuse() {
    let (output, said) = attack("loop", 1_500);
    assert!(output.status.success(), "{said}");
}
