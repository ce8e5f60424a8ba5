//! Reports of what is done with the generators of a thread.
//!
//! A [`Recorder`] gets a report of each operation on a generator: `next`, `send`, `throw` and `close`,
//! an item of a `for` loop, and the close that the drop of the last handle makes. It gets none of
//! resumes within a delegation, because the operation on the outermost generator includes them;
//! [`RecordedGenerator::delegation_chain`] shows the delegates. It is not told either of what a
//! [`Driver`](crate::Driver) does: the scheduler that uses one knows its steps.
//!
//! # Which generators are recorded
//!
//! A generator is recorded if it starts while its thread has a recorder. While there is none, a
//! generator remembers its innermost delegate, and a resume goes there without a look at anything
//! else. So one that was resumed before the recorder came is not recorded, until the library has to
//! look for its innermost delegate again: it has ended, for example, or it refuses an operation
//! because it is running. The same holds for one that a driver has resumed.
//!
//! # What a recorder may do
//!
//! Everything: it may resume, close and drop generators, also the one that it is told of, and put
//! another recorder into its place. It is not told of operations that are made while it runs.
//!
//! # Examples
//!
//! ```
//! use std::cell::RefCell;
//! use std::rc::Rc;
//! use yieldfrom_delegation::Generator;
//! use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};
//!
//! #[derive(Default)]
//! struct Journal(RefCell<Vec<String>>);
//!
//! impl Recorder for Journal {
//!     fn begin(&self, generator: &RecordedGenerator<'_>, operation: Operation) {
//!         let line = format!("{operation:?} {}", generator.name());
//!         self.0.borrow_mut().push(line);
//!     }
//!
//!     fn end(&self, _: &RecordedGenerator<'_>, outcome: Outcome) {
//!         self.0.borrow_mut().push(format!("{outcome:?}"));
//!     }
//! }
//!
//! let journal = Rc::new(Journal::default());
//! let before = recorder::replace(Some(journal.clone()));
//! let g: Generator<i32> = Generator::new(|co| co.yield_(1));
//! g.next()?;
//! g.close()?;
//! recorder::replace(before);
//! assert_eq!(journal.0.take(), ["Next main", "Yielded", "Close main", "Returned"]);
//! # Ok::<(), yieldfrom_delegation::Error>(())
//! ```

use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic;
use std::rc::Rc;

use super::handle::{append_links, delegation_chain};
use super::{GeneratorState, State};
use crate::coroutine::{End, Message, Node};
use crate::error::{Error, Result};
use crate::label::{Label, Link, RawLink, short_name};
use crate::panics;
use crate::status::Status;

/// A type that is told what is done with the generators of its thread. [`replace`] installs it.
pub trait Recorder {
    /// Is called before an operation. If this panics, the operation is not made, and has no end.
    fn begin(&self, generator: &RecordedGenerator<'_>, operation: Operation);

    /// Is called when the operation is over, also if it has panicked. If this panics, the caller of the
    /// operation gets the panic instead of the outcome; but a panic of the operation goes on.
    ///
    /// The recorder that was told of the begin is told of the end, even if another one was
    /// installed in between. Operations may lie inside each other. If a body suspends by the `Co`
    /// of another body, one can also end after an outer one has ended.
    fn end(&self, generator: &RecordedGenerator<'_>, outcome: Outcome);
}

/// An operation on a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`Generator::next`](crate::Generator::next), or a `send` of a value of size zero.
    Next,
    /// [`Generator::send`](crate::Generator::send).
    Send,
    /// [`Generator::throw`](crate::Generator::throw).
    Throw,
    /// [`Generator::close`](crate::Generator::close), or the drop of the last handle.
    Close,
}

/// The way in which an operation has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The generator has yielded a value.
    Yielded,
    /// The body has returned, or the close was successful.
    Returned,
    /// The caller gets an error: that of the body, or one that refuses the operation.
    Raised,
    /// The body has panicked, or the destructor of a value.
    Panicked,
}

impl Operation {
    /// Returns the operation that begins with this message.
    pub(super) fn of<S>(message: &Message<S>) -> Self {
        match message {
            Message::Send(_) => Self::Send,
            Message::Throw(_) => Self::Throw,
            _ => Self::Next,
        }
    }
}

/// What goes in by an operation, or comes out.
#[derive(Clone, Copy, Default)]
pub(super) struct Passed<'a> {
    value: Option<&'a dyn Any>,
    error: Option<&'a Error>,
}

impl<'a> Passed<'a> {
    fn value(value: &'a dyn Any) -> Self {
        let value = Some(value);
        Self { value, error: None }
    }

    fn error(error: &'a Error) -> Self {
        let error = Some(error);
        Self { value: None, error }
    }
}

/// Passes nothing in.
pub(super) fn nothing(_: &()) -> Passed<'_> {
    Passed::default()
}

/// Passes an error in.
pub(super) fn of_error(error: &Error) -> Passed<'_> {
    Passed::error(error)
}

/// Passes in what a message has.
pub(super) fn of_message<S: 'static>(message: &Message<S>) -> Passed<'_> {
    match message {
        Message::Send(value) => Passed::value(value),
        Message::Throw(error) => Passed::error(error),
        _ => Passed::default(),
    }
}

impl Outcome {
    pub(super) fn of_resume<Y: 'static, R: 'static>(
        result: &Result<GeneratorState<Y, R>>,
    ) -> (Self, Passed<'_>) {
        match result {
            Ok(GeneratorState::Yielded(value)) => (Self::Yielded, Passed::value(value)),
            Ok(GeneratorState::Complete(value)) => (Self::Returned, Passed::value(value)),
            Err(error) => (Self::Raised, Passed::error(error)),
        }
    }

    pub(super) fn of_close(result: &Result<()>) -> (Self, Passed<'_>) {
        match result {
            Ok(()) => (Self::Returned, Passed::default()),
            Err(error) => (Self::Raised, Passed::error(error)),
        }
    }

    pub(super) fn of_end(result: &Result<(), End>) -> (Self, Passed<'_>) {
        let outcome = match result {
            Ok(()) => Self::Returned,
            Err(End::Panicked(_)) => Self::Panicked,
            Err(_) => Self::Raised,
        };
        (outcome, Passed::default())
    }
}

/// A generator that a [`Recorder`] is told of.
pub struct RecordedGenerator<'a> {
    node: &'a dyn AnyNode,
    passed: Passed<'a>,
}

/// A node with any types.
trait AnyNode {
    fn label(&self) -> &Label;
    fn state(&self) -> State;
    fn delegation_chain(&self) -> Vec<Link>;
    fn append_links(&self, links: &mut Vec<RawLink>);
}

impl<Y: 'static, S: 'static> AnyNode for Node<Y, S> {
    fn label(&self) -> &Label {
        Node::label(self)
    }

    fn state(&self) -> State {
        State::of(self)
    }

    fn delegation_chain(&self) -> Vec<Link> {
        delegation_chain(self)
    }

    fn append_links(&self, links: &mut Vec<RawLink>) {
        append_links(self, links);
    }
}

impl RecordedGenerator<'_> {
    /// Returns the address of the generator, which no other one has while it exists.
    pub fn address(&self) -> *const () {
        std::ptr::from_ref(self.node).cast()
    }

    /// Returns what [`Generator::name`](crate::Generator::name) does.
    pub fn name(&self) -> Cow<'_, str> {
        short_name(&self.node.label().name).into()
    }

    /// Returns what [`Generator::origin`](crate::Generator::origin) does.
    pub fn origin(&self) -> Link {
        let label = self.node.label();
        Link::new(&label.name, label.made_at.get())
    }

    /// Returns what [`Generator::state`](crate::Generator::state) does.
    pub fn state(&self) -> State {
        self.node.state()
    }

    /// Returns what [`Generator::delegation_chain`](crate::Generator::delegation_chain) does. At
    /// the end of an operation that has yielded, the last link has the line of that yield.
    pub fn delegation_chain(&self) -> Vec<Link> {
        self.node.delegation_chain()
    }

    /// Does what [`Generator::append_links`](crate::Generator::append_links) does.
    pub fn append_links(&self, links: &mut Vec<RawLink>) {
        self.node.append_links(links);
    }

    /// Returns the value that goes in or comes out: at the begin of an operation the one that is sent, at the end
    /// the one that was yielded or returned. Its type is that of the generator.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::rc::Rc;
    /// use yieldfrom_delegation::Generator;
    /// use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};
    ///
    /// struct Values;
    ///
    /// impl Recorder for Values {
    ///     fn begin(&self, _: &RecordedGenerator<'_>, _: Operation) {}
    ///
    ///     fn end(&self, generator: &RecordedGenerator<'_>, _: Outcome) {
    ///         let value = generator.value().and_then(|value| value.downcast_ref::<i32>());
    ///         assert_eq!(value, Some(&7));
    ///     }
    /// }
    ///
    /// let before = recorder::replace(Some(Rc::new(Values)));
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(7));
    /// g.next()?;
    /// recorder::replace(before);
    /// # Ok::<(), yieldfrom_delegation::Error>(())
    /// ```
    pub fn value(&self) -> Option<&dyn Any> {
        self.passed.value
    }

    /// Returns the error that goes in or comes out: at the begin of an operation the one that is thrown, at the end
    /// the one that the caller gets.
    pub fn error(&self) -> Option<&Error> {
        self.passed.error
    }
}

impl fmt::Debug for RecordedGenerator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecordedGenerator")
            .field(&self.origin())
            .finish()
    }
}

thread_local! {
    static RECORDER: RefCell<Option<Rc<dyn Recorder>>> = const { RefCell::new(None) };
    /// Whether there is a recorder. Operations look at this often, so it has no destructor.
    static IS_INSTALLED: Cell<bool> = const { Cell::new(false) };
    /// Whether a recorder runs.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Installs the recorder of this thread, or none, and returns the one before.
///
/// While the thread destroys its thread locals, this does nothing.
pub fn replace(recorder: Option<Rc<dyn Recorder>>) -> Option<Rc<dyn Recorder>> {
    let is_some = recorder.is_some();
    let before = RECORDER.try_with(|slot| {
        IS_INSTALLED.set(is_some);
        slot.replace(recorder)
    });
    before.ok().flatten()
}

/// Returns whether an operation on this root has to be made by [`record`].
#[inline(always)]
pub(super) fn records<Y: 'static, S: 'static>(root: &Node<Y, S>) -> bool {
    IS_INSTALLED.get() && !is_fast(root)
}

/// Returns whether a resume of this root takes the fast path, which asks for no recorder.
#[cold]
fn is_fast<Y: 'static, S: 'static>(root: &Node<Y, S>) -> bool {
    let leaf = root.leaf();
    leaf.is_some_and(|leaf| leaf.status() == Status::Suspended)
}

/// Makes an operation on a root with what is passed in, and tells a recorder of it if there is one.
#[inline(always)]
pub(super) fn operate<Y: 'static, S: 'static, M, T>(
    root: &Node<Y, S>,
    operation: Operation,
    input: (M, fn(&M) -> Passed<'_>),
    act: impl FnOnce(M) -> T,
    outcome: impl FnOnce(&T) -> (Outcome, Passed<'_>),
) -> T {
    if records(root) {
        return record(root, operation, input, act, outcome);
    }
    act(input.0)
}

/// Makes an operation on a root, and tells the recorder of it.
///
/// No cell is borrowed and no link is followed while the recorder runs.
#[cold]
#[inline(never)]
pub(super) fn record<Y: 'static, S: 'static, M, T>(
    root: &Node<Y, S>,
    operation: Operation,
    (input, passed): (M, fn(&M) -> Passed<'_>),
    act: impl FnOnce(M) -> T,
    outcome: impl FnOnce(&T) -> (Outcome, Passed<'_>),
) -> T {
    let recorder = current();
    if let Some(recorder) = &recorder {
        let (node, passed) = (root, passed(&input));
        let generator = RecordedGenerator { node, passed };
        tell(|| recorder.begin(&generator, operation));
    }
    // The panic is caught, so that the recorder may use generators.
    let result = panics::catch(|| act(input));
    // So the next operation comes here as well.
    root.forget();
    let end = || {
        let panicked = |_| (Outcome::Panicked, Passed::default());
        let (outcome, passed) = result.as_ref().map_or_else(panicked, outcome);
        if let Some(recorder) = recorder {
            let generator = RecordedGenerator { node: root, passed };
            tell(|| recorder.end(&generator, outcome));
        }
    };
    if result.is_ok() {
        end();
    } else {
        panics::contain(end);
    }
    result.unwrap_or_else(|payload| panic::resume_unwind(payload))
}

/// Returns the recorder to tell, unless one runs.
fn current() -> Option<Rc<dyn Recorder>> {
    if IS_TELLING.get() {
        return None;
    }
    let recorder = RECORDER.try_with(|slot| slot.borrow().clone());
    recorder.ok().flatten()
}

fn tell(call: impl FnOnce()) {
    /// Restores the flag. A recorder may be told of an end while it is suspended in another call.
    struct Told(bool);
    impl Drop for Told {
        fn drop(&mut self) {
            IS_TELLING.set(self.0);
        }
    }
    let _told = Told(IS_TELLING.replace(true));
    call();
}
