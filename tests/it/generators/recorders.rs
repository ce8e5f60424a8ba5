//! Recorders of generators: what they are told, and what they may do.

mod hostile;

use std::rc::Rc;

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};
use yieldfrom_delegation::{Builder, Co, Error, Generator, Result, State};

use crate::support::Journal;

/// What a recorder is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Begin(Operation),
    End(Outcome),
}

/// A recorder that is a closure.
struct Told<F>(F);

impl<F: Fn(&RecordedGenerator<'_>, Event)> Recorder for Told<F> {
    fn begin(&self, generator: &RecordedGenerator<'_>, operation: Operation) {
        self.0(generator, Event::Begin(operation));
    }

    fn end(&self, generator: &RecordedGenerator<'_>, outcome: Outcome) {
        self.0(generator, Event::End(outcome));
    }
}

/// A recorder that is installed until this is dropped.
pub(super) struct Installed(Option<Rc<dyn Recorder>>);

impl Installed {
    pub(super) fn new(told: impl Fn(&RecordedGenerator<'_>, Event) + 'static) -> Self {
        Self(recorder::replace(Some(Rc::new(Told(told)))))
    }

    /// Notes what it is told.
    fn noting(journal: &Journal) -> Self {
        let journal = journal.clone();
        Self::new(move |generator, event| note(&journal, generator, event))
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        recorder::replace(self.0.take());
    }
}

fn note(journal: &Journal, generator: &RecordedGenerator<'_>, event: Event) {
    let name = generator.name();
    match event {
        Event::Begin(operation) => journal.note(format!("{operation:?} {name}")),
        Event::End(outcome) => {
            journal.note(format!("{name} {outcome:?} {:?}", generator.state()));
        }
    }
}

/// Yields what it is sent, and -1 for an error.
fn echo(co: &Co<i32, i32>) -> Result<()> {
    let mut value = 0;
    while value != 9 {
        value = match co.yield_(value) {
            Err(error) if !error.is_generator_exit() => -1,
            sent => sent?,
        };
    }
    Ok(())
}

#[test]
fn it_is_told_of_each_operation_and_of_what_came_of_it() {
    let journal = Journal::default();
    let _installed = Installed::noting(&journal);
    let told = |operate: &dyn Fn(), expected: [&str; 2]| {
        operate();
        assert_eq!(journal.take(), expected);
    };
    let g = Generator::new(echo);
    let raised = |result: Result<()>| assert!(result.is_err());
    told(
        &|| raised(g.send(1).map(drop)),
        ["Send echo", "echo Raised Created"],
    );
    told(
        &|| assert_eq!(g.next().unwrap(), Yielded(0)),
        ["Next echo", "echo Yielded Suspended"],
    );
    told(
        &|| assert_eq!(g.send(4).unwrap(), Yielded(4)),
        ["Send echo", "echo Yielded Suspended"],
    );
    let thrown = || assert_eq!(g.throw(Error::msg("x")).unwrap(), Yielded(-1));
    told(&thrown, ["Throw echo", "echo Yielded Suspended"]);
    told(
        &|| assert_eq!(g.send(9).unwrap(), Complete(())),
        ["Send echo", "echo Returned Closed"],
    );
    told(
        &|| raised(g.next().map(drop)),
        ["Next echo", "echo Raised Closed"],
    );
    let g = Generator::new(echo);
    told(
        &|| g.close().unwrap(),
        ["Close echo", "echo Returned Closed"],
    );
    let g = Generator::new(echo).primed().unwrap();
    journal.take();
    let exit = || raised(g.throw(Error::generator_exit()).map(drop));
    told(&exit, ["Throw echo", "echo Raised Closed"]);
    told(
        &|| g.close().unwrap(),
        ["Close echo", "echo Returned Closed"],
    );
    let g = Generator::new(echo);
    told(&exit_of(&g), ["Throw echo", "echo Raised Closed"]);
    let stubborn: Generator<i32> = Generator::new(|co| co.yield_(1).or_else(|_| co.yield_(2)));
    stubborn.next().unwrap();
    journal.take();
    let name = "it_is_told_of_each_operation_and_of_what_came_of_it";
    let (begin, end) = (format!("Close {name}"), format!("{name} Raised Suspended"));
    told(&|| raised(stubborn.close()), [&begin, &end]);
}

fn exit_of(g: &Generator<i32, i32>) -> impl Fn() + '_ {
    || assert!(g.throw(Error::generator_exit()).is_err())
}

#[test]
fn a_generator_that_is_dropped_or_abandoned_is_closed() {
    let journal = Journal::default();
    let _installed = Installed::noting(&journal);
    for drop_it in [true, false] {
        let g = Generator::new(echo).primed().unwrap();
        journal.take();
        match drop_it {
            true => drop(g),
            false => g.abandon(),
        }
        assert_eq!(journal.take(), ["Close echo", "echo Returned Closed"]);
    }
    drop(Generator::new(echo));
    assert!(journal.take().is_empty(), "it has not started");
}

#[test]
fn it_sees_the_chain_of_delegations_with_lines() {
    let lines = Journal::default();
    let notes = lines.clone();
    let _installed = Installed::new(move |generator, event| {
        let chain = generator.delegation_chain();
        let links = chain
            .iter()
            .map(|link| format!("{}:{}", link.name(), link.line()));
        notes.note(format!("{event:?} {}", links.collect::<Vec<_>>().join(" ")));
    });
    let first = line!() + 1;
    let inner = |co: &Co<i32>| co.yield_(1);
    let outer = move |co: &Co<i32>| co.yield_from(Generator::new(inner)); // the next line
    let g = Generator::new(outer);
    g.next().unwrap();
    g.next().unwrap();
    let name = "it_sees_the_chain_of_delegations_with_lines";
    let (made, outer) = (
        format!("{name}:{}", first + 2),
        format!("{name}:{}", first + 1),
    );
    let expected = [
        format!("Begin(Next) {made}"),
        format!("End(Yielded) {outer} {name}:{first}"),
        format!("Begin(Next) {outer} {name}:{first}"),
        "End(Returned) ".to_owned(),
    ];
    assert_eq!(lines.take(), expected);
}

#[test]
fn it_knows_which_generator_it_is() {
    let journal = Journal::default();
    let notes = journal.clone();
    let _installed = Installed::new(move |generator, _| {
        let (address, origin) = (generator.address(), generator.origin());
        notes.note(format!("{address:?} {origin}"));
    });
    let (g, line) = (Generator::new(echo), line!());
    let other = Generator::new(echo);
    for g in [&g, &g, &other] {
        g.next().unwrap();
    }
    let told = journal.take();
    assert!(told[..4].iter().all(|one| *one == told[0]), "{told:?}");
    assert!(told[0].ends_with(&format!("echo() at {}:{line}", file!())));
    assert_ne!(told[4], told[0]);
}

#[test]
fn operations_lie_inside_each_other() {
    let journal = Journal::default();
    let _installed = Installed::noting(&journal);
    fn driver(co: &Co<i32>) -> Result<()> {
        let g = Generator::new(echo);
        g.next()?;
        co.yield_(1)?;
        g.send(9).map(drop)
    }
    let g = Generator::new(driver);
    g.next().unwrap();
    g.next().unwrap();
    let expected = [
        "Next driver",
        "Next echo",
        "echo Yielded Suspended",
        "driver Yielded Suspended",
        "Next driver",
        "Send echo",
        "echo Returned Closed",
        "driver Returned Closed",
    ];
    assert_eq!(journal.take(), expected);
}

#[test]
fn an_operation_on_a_running_generator_is_told_as_refused() {
    let journal = Journal::default();
    let _installed = Installed::noting(&journal);
    let slot = Rc::new(std::cell::RefCell::new(None::<Generator<i32>>));
    let itself = slot.clone();
    let body = move |co: &Co<i32>| {
        let me = itself.take().unwrap();
        assert!(me.next().unwrap_err().is_already_executing());
        assert!(me.close().unwrap_err().is_already_executing());
        co.yield_(1)
    };
    let g = Builder::new().name("g").build(body);
    slot.replace(Some(g.clone()));
    g.next().unwrap();
    g.next().unwrap();
    let refused = ["Next g", "g Raised Running", "Close g", "g Raised Running"];
    let told = journal.take();
    assert_eq!(told[1..5], refused);
    assert_eq!(
        told[5..],
        ["g Yielded Suspended", "Next g", "g Returned Closed"]
    );
}

#[test]
fn only_generators_that_start_under_it_are_recorded() {
    let journal = Journal::default();
    let inner = || Generator::<i32>::new(|co| (0..9).try_for_each(|n| co.yield_(n)));
    let make = |name: &'static str| {
        let body = move |co: &Co<i32>| co.yield_from(inner());
        Builder::new().name(name).build(body)
    };
    let (old, old_too) = (make("old"), make("old, too"));
    old.next().unwrap();
    old_too.next().unwrap();
    let installed = Installed::noting(&journal);
    let new = make("new");
    for _ in 0..3 {
        old.next().unwrap();
        new.next().unwrap();
    }
    old.close().unwrap();
    drop(old_too);
    let told = journal.take();
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told.iter().all(|one| one.contains("new")), "{told:?}");
    drop(installed);
    new.next().unwrap();
    assert!(journal.take().is_empty());
    let _installed = Installed::noting(&journal);
    new.next().unwrap();
    assert!(journal.take().is_empty(), "it was resumed without one");
}

#[test]
fn what_a_driver_does_is_not_told() {
    let journal = Journal::default();
    let _installed = Installed::noting(&journal);
    let inside = Generator::new(echo);
    let body = move |co: &Co<i32>| {
        while co.yield_(1).is_ok() {}
        inside.next().map(drop)
    };
    let g: Generator<i32> = Generator::new(body);
    let unresolved = g.driver().step().unwrap_err();
    assert_eq!(g.resolve(unresolved).unwrap(), Yielded(1));
    assert_eq!(g.driver().step().unwrap(), 1);
    assert!(journal.take().is_empty());
    let unresolved = g.driver().throw(Error::msg("x")).unwrap_err();
    assert_eq!(
        journal.take(),
        [
            "Next echo",
            "echo Yielded Suspended",
            "Close echo",
            "echo Returned Closed"
        ]
    );
    assert_eq!(g.resolve(unresolved).unwrap(), Complete(()));
    let g: Generator<i32> = Generator::new(|co| co.yield_(1));
    let unresolved = g.driver().throw(Error::msg("x")).unwrap_err();
    assert!(
        g.resolve(unresolved)
            .is_err_and(|error| error.to_string() == "x")
    );
    assert_eq!((g.state(), journal.take()), (State::Closed, vec![]));
}
