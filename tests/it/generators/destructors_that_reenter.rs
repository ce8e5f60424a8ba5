//! Destructors of what an operation loses may operate on the same generators.

use std::cell::RefCell;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Error, Generator, State};

thread_local! {
    static ON_DROP: RefCell<Vec<Generator<i32, Meddler>>> = const { RefCell::new(Vec::new()) };
}

/// A value whose destructor drives generators: those that are being operated on.
#[derive(Default)]
struct Meddler(bool);

impl Drop for Meddler {
    fn drop(&mut self) {
        if self.0 {
            for g in ON_DROP.take() {
                while let Ok(Yielded(_)) = g.next() {}
            }
        }
    }
}

#[test]
fn destructors_of_lost_values_may_drive_the_same_generators() {
    let inner: Generator<i32, Meddler> = Generator::new(|co| co.yield_(1).map(drop));
    let delegate = inner.clone();
    let middle = Generator::new(move |co| {
        let end = co.yield_from(&delegate);
        assert!(end.unwrap_err().is_finished());
        co.yield_(2).map(drop)
    });
    let outer: Generator<i32, Meddler> = Generator::new(move |co| co.yield_from(middle));
    assert_eq!(outer.next().unwrap(), Yielded(1));
    assert_eq!(inner.next().unwrap(), Complete(()));
    ON_DROP.set(vec![outer.clone(), inner]);
    // The value sent is lost, as the innermost has ended; its destructor runs everything to its end,
    // but not before this operation is over.
    assert_eq!(outer.send(Meddler(true)).unwrap(), Yielded(2));
    assert_eq!(outer.state(), State::Closed);
}

#[test]
fn errors_lost_in_a_close_may_drive_the_same_generators() {
    struct Exit(Meddler);
    impl std::fmt::Debug for Exit {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "Exit({})", self.0.0)
        }
    }
    impl std::fmt::Display for Exit {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("exit")
        }
    }
    impl std::error::Error for Exit {}

    let inner: Generator<i32, Meddler> = Generator::new(|co| {
        let _ = co.yield_(1);
        Err(Error::generator_exit_with(Exit(Meddler(true))))
    });
    let delegate = inner.clone();
    let middle: Generator<i32, Meddler> = Generator::new(move |co| co.yield_from(delegate));
    let middle_too = middle.clone();
    let outer: Generator<i32, Meddler> = Generator::new(move |co| co.yield_from(middle));
    assert_eq!(outer.next().unwrap(), Yielded(1));
    ON_DROP.set(vec![middle_too, outer.clone(), inner]);
    outer.close().unwrap();
    assert_eq!(outer.state(), State::Closed);
    assert!(ON_DROP.take().is_empty(), "the destructor has run");
}
