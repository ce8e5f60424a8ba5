//! Random attacks on generators, as many as fit into some seconds; the command `attack` runs more of
//! them.

use crate::support::attack;

#[test]
fn generators_bear_every_misuse() {
    let (output, said) = attack("generators", 4_000);
    assert!(output.status.success(), "{said}");
}
