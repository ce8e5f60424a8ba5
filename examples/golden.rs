//! Runs every example and compares what it prints with what its Python original prints.

#[path = "golden/harness.rs"]
mod harness;
#[path = "golden/taxis.rs"]
mod taxis;

/// Declares a test for each example without options.
macro_rules! examples_print_their_golden_files {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            harness::check(stringify!($name), &[], concat!(stringify!($name), ".txt"));
        }
    )*};
}

examples_print_their_golden_files! {
    averager,
    averager_result,
    chain,
    exc_demo,
    finally_demo,
    flatten,
    grouper,
    primed,
    simple_coroutine,
}
