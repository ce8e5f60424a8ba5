//! How much stack the libraries use at most: what `blocking::STACK_SIZE` is made for.
//!
//! `cargo test -p libraries stacks -- --nocapture` prints a table, with `--release` that of release builds.

mod operations;
mod touched;

use yieldfrom::blocking::STACK_SIZE;

use operations::OPERATIONS;
use touched::deepest_use;

#[test]
fn each_library_uses_at_most_two_thirds_of_the_stack_of_a_region() {
    let mut too_deep = Vec::new();
    for (library, name, operation) in OPERATIONS {
        let used = deepest_use(operation);
        println!("{library:12} {name:44} {:5} KiB", used / 1024);
        if used > STACK_SIZE / 3 * 2 {
            too_deep.push(name);
        }
    }
    assert!(
        too_deep.is_empty(),
        "{too_deep:?} need more than two thirds of {STACK_SIZE} bytes"
    );
}

#[test]
fn what_an_operation_has_touched_is_counted() {
    fn touch(n: usize) -> usize {
        let page = std::hint::black_box([n as u8; 4096]);
        if n == 0 {
            0
        } else {
            usize::from(page[7]) + touch(n - 1)
        }
    }
    let few = deepest_use(&|| assert_eq!(touch(2), 3));
    let many = deepest_use(&|| assert_eq!(touch(102), 102 * 103 / 2));
    // In debug, a frame has the array twice.
    let between = 100 * 4096..300 * 4096;
    assert!(between.contains(&(many - few)), "{few} {many}");
}
