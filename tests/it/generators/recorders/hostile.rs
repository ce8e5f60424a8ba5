//! Recorders that do what a recorder should not.

use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::rc::Rc;
use std::sync::mpsc::channel;
use std::thread;

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator};
use yieldfrom_delegation::{Builder, Co, Generator, State};

use super::{Event, Installed, Told, echo, note};
use crate::support::Journal;

type G = Generator<i32>;

/// Calls a function when it is dropped.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Yields 0, 1, 2 and so on, and notes its end.
fn counter(ended: &Journal) -> G {
    let ended = ended.clone();
    Generator::new(move |co| {
        let _guard = ended.guard("ended");
        (0..5).try_for_each(|n| co.yield_(n))
    })
}

/// Installs a recorder that acts at the events that match, and notes all events.
fn acting_at(at: Event, journal: &Journal, act: impl Fn() + 'static) -> Installed {
    let journal = journal.clone();
    Installed::new(move |generator, event| {
        note(&journal, generator, event);
        if event == at {
            act();
        }
    })
}

fn panics(call: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(call)).is_err()
}

#[test]
fn it_may_resume_the_same_generator_and_is_not_told_of_that() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let g = counter(&ended);
    let same = g.clone();
    let begin = Event::Begin(Operation::Next);
    let installed = acting_at(begin, &journal, move || assert!(same.next().is_ok()));
    assert_eq!(g.next().unwrap(), Yielded(1), "the recorder took the first");
    assert_eq!(g.next().unwrap(), Yielded(3));
    assert_eq!(journal.take().len(), 4, "and it is still recorded");
    drop(installed);
    let same = g.clone();
    let end = Event::End(Outcome::Yielded);
    let _installed = acting_at(end, &journal, move || drop(same.next()));
    assert_eq!(g.next().unwrap(), Yielded(4));
    assert_eq!(journal.take().len(), 2);
    assert_eq!(ended.take(), ["drop ended"], "the recorder took the end");
}

#[test]
fn it_may_resume_a_delegate() {
    let (journal, ended) = (Journal::default(), Journal::default());
    for at in [Event::Begin(Operation::Next), Event::End(Outcome::Yielded)] {
        let inner = counter(&ended);
        let delegate = inner.clone();
        let outer: G = Generator::new(move |co| {
            assert!(co.yield_from(delegate).unwrap_err().is_finished());
            co.yield_(7)
        });
        let _installed = acting_at(at, &journal, move || while inner.next().is_ok() {});
        let values = [(); 3].map(|()| outer.next());
        let values = values.map(|value| value.map_err(|error| error.to_string()));
        match at {
            Event::Begin(_) => assert_eq!(values[0], Ok(Yielded(7))),
            Event::End(_) => assert_eq!(values[..2], [Ok(Yielded(0)), Ok(Yielded(7))]),
        }
    }
}

#[test]
fn it_may_close_the_generator_before_the_operation() {
    let (journal, ended) = (Journal::default(), Journal::default());
    for primed in [false, true] {
        let g = counter(&ended);
        let before = Installed::noting(&journal);
        if primed {
            g.next().unwrap();
        }
        drop(before);
        journal.take();
        let same = g.clone();
        let begin = Event::Begin(Operation::Next);
        let _installed = acting_at(begin, &journal, move || same.close().unwrap());
        assert!(g.next().unwrap_err().is_finished());
        assert_eq!(g.state(), State::Closed);
        assert_eq!(journal.take().len(), 2);
    }
    assert_eq!(ended.take(), ["drop ended"]);
}

#[test]
fn it_may_abandon_the_generator_that_is_being_abandoned() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let begin = Event::Begin(Operation::Close);
    let same = Rc::new(RefCell::new(None::<G>));
    let other = same.clone();
    let _installed = acting_at(begin, &journal, move || {
        other.borrow().as_ref().unwrap().abandon()
    });
    let g = counter(&ended);
    same.replace(Some(g.clone()));
    g.next().unwrap();
    g.abandon();
    assert_eq!(
        (g.state(), ended.take()),
        (State::Closed, vec!["drop ended".to_owned()])
    );
    same.replace(None);
}

#[test]
fn it_may_drop_all_other_handles() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let others = Rc::new(RefCell::new(Vec::new()));
    let dropped = others.clone();
    let begin = Event::Begin(Operation::Next);
    let _installed = acting_at(begin, &journal, move || drop(dropped.take()));
    let g = counter(&ended);
    others.replace(vec![g.clone(), g.clone()]);
    assert_eq!(g.next().unwrap(), Yielded(0));
    drop(g);
    assert_eq!(ended.take(), ["drop ended"]);
    assert_eq!(journal.take().len(), 4);
}

#[test]
fn it_may_install_another_which_is_told_of_what_begins_later() {
    let (journal, second) = (Journal::default(), Journal::default());
    let notes = second.clone();
    let _installed = acting_at(Event::Begin(Operation::Next), &journal, move || {
        mem::forget(Installed::noting(&notes));
    });
    let g = Generator::new(echo);
    g.next().unwrap();
    g.send(1).unwrap();
    assert_eq!(journal.take(), ["Next echo", "echo Yielded Suspended"]);
    assert_eq!(second.take(), ["Send echo", "echo Yielded Suspended"]);
}

#[test]
fn if_it_panics_at_the_begin_the_operation_is_not_made() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let armed = Rc::new(Cell::new(true));
    let arm = armed.clone();
    let begin = Event::Begin(Operation::Next);
    let _installed = acting_at(begin, &journal, move || {
        if arm.replace(false) {
            resume_unwind(Box::new("begin"));
        }
    });
    let g = counter(&ended);
    assert!(panics(|| drop(g.next())));
    assert_eq!(g.state(), State::Created);
    assert_eq!(g.next().unwrap(), Yielded(0));
    armed.set(true);
    assert!(panics(|| drop(g.next())));
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(journal.take().len(), 6, "two have no end");
}

#[test]
fn if_it_panics_at_the_end_the_operation_was_made() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let end = Event::End(Outcome::Yielded);
    let installed = acting_at(end, &journal, || resume_unwind(Box::new("end")));
    let g = counter(&ended);
    assert!(panics(|| drop(g.next())));
    assert!(panics(|| drop(g.next())));
    drop(installed);
    assert_eq!(g.next().unwrap(), Yielded(2));
}

#[test]
fn the_panic_of_a_body_goes_on_whatever_it_does() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let other = counter(&ended);
    let end = Event::End(Outcome::Panicked);
    let _installed = acting_at(end, &journal, move || {
        assert!(!thread::panicking());
        // A body cannot suspend while its thread panics.
        assert!(matches!(other.next(), Ok(Yielded(_))));
        resume_unwind(Box::new("of the recorder"));
    });
    let g: G = Generator::new(|_| resume_unwind(Box::new("of the body")));
    let payload = catch_unwind(AssertUnwindSafe(|| g.next())).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"of the body"));
    assert_eq!(g.state(), State::Closed);
    let told = journal.take();
    assert!(told[1].ends_with("Panicked Closed"), "{told:?}");
    let stubborn: G = Generator::new(|co| co.yield_(1).or_else(|_| panic_any("of the body")));
    stubborn.next().unwrap();
    assert!(panics(|| drop(stubborn)));
    assert!(journal.take()[3].ends_with("Panicked Closed"));
}

#[test]
fn a_generator_ends_even_if_it_panics_while_the_last_handle_is_dropped() {
    let (journal, ended) = (Journal::default(), Journal::default());
    for at in [
        Event::Begin(Operation::Close),
        Event::End(Outcome::Returned),
    ] {
        let _installed = acting_at(at, &journal, || resume_unwind(Box::new("drop")));
        let g = counter(&ended);
        g.next().unwrap();
        assert!(panics(|| drop(g)));
        assert_eq!(ended.take(), ["drop ended"], "{at:?}");
    }
}

scoped_tls::scoped_thread_local!(static CO: Co<i32>);

#[test]
fn it_may_suspend_the_body_in_which_it_runs() {
    let (journal, ended) = (Journal::default(), Journal::default());
    let _installed = acting_at(Event::Begin(Operation::Next), &journal, || {
        if CO.is_set() {
            drop(CO.with(|co| co.yield_(50)));
        }
    });
    let inside = Generator::new(echo);
    let body = move |co: &Co<i32>| {
        CO.set(co, || {
            inside.next()?;
            co.yield_(2)
        })
    };
    let g = Builder::new().name("outer").build(body);
    assert_eq!(g.next().unwrap(), Yielded(50));
    let told = ["Next outer", "Next echo", "outer Yielded Suspended"];
    assert_eq!(journal.take(), told);
    let other = counter(&ended);
    assert_eq!(other.next().unwrap(), Yielded(0));
    assert!(journal.take().is_empty(), "it has not come back yet");
    assert_eq!(g.next().unwrap(), Yielded(2));
    assert_eq!(journal.take(), ["echo Yielded Suspended"]);
    assert_eq!(other.next().unwrap(), Yielded(1));
    assert_eq!(journal.take().len(), 2);
}

#[test]
fn its_destructor_may_use_generators_at_the_end_of_the_thread() {
    let (sender, receiver) = channel();
    let last_words = move || {
        let g: G = Generator::new(|co| co.yield_(1));
        drop(g.next());
        g.close().unwrap();
        let refused = Rc::new(Told(|_: &RecordedGenerator<'_>, _| unreachable!()));
        sender
            .send(recorder::replace(Some(refused)).is_none())
            .unwrap();
    };
    let run = || {
        let at_end = OnDrop(last_words);
        let told = move |_: &RecordedGenerator<'_>, _| {
            let _ = &at_end;
        };
        recorder::replace(Some(Rc::new(Told(told))));
        Generator::new(echo).next().unwrap();
    };
    thread::spawn(run).join().unwrap();
    assert_eq!(receiver.try_recv(), Ok(true));
}
