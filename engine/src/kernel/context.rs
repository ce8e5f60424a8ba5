//! Context variables: values that belong to a task, or to a callback.
//!
//! A context is a map from variables to values, which is copied when it is written to. That of a task
//! stands in its loop, by the task's number, as the task's name does: so a step of a task enters and leaves
//! nothing. That of a callback, and that of code outside of a loop, is the thread's. As long as a thread has
//! set no variable, nothing is kept, and who makes a task or a callback pays no more than a look at a flag.
//!
//! Values are the program's: nothing is borrowed while one is cloned or dropped.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::event_loop::{Core, EventLoop};
use super::on_drop::OnDrop;
use super::task::{Task, TaskObject};
use crate::errors::{RuntimeError, ValueError, panics};
use yieldfrom_delegation::Result;

thread_local! {
    /// Whether a variable was set on this thread, or a context entered.
    static IN_USE: Cell<bool> = const { Cell::new(false) };
    /// The context of what is no task.
    static CURRENT: RefCell<Kept> = const { RefCell::new(Kept(None)) };
}

/// The context of a thread. A panic that left the destructor of a thread local would end the process.
struct Kept(Option<Context>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(context) = self.0.take() {
            panics::contain(|| drop(context));
        }
    }
}

type Values = Rc<HashMap<u64, Rc<dyn Any>>>;

/// A variable with a value for each task: Python's `contextvars.ContextVar`.
///
/// A task, and a callback of the loop, begins with a copy of the context of the code that makes it, so it
/// finds the values that were set there. What it sets itself, others do not see, but for the tasks and
/// callbacks that it makes later. So a value that much of a program wants to know, such as the request that
/// is being served, need not be an argument of each function.
///
/// Variables are statics, as they are globals in Python. A value is cloned by each `get`: put large ones
/// into an `Rc`. Values stay on their thread, as they need not be `Send`. The jobs of executors do not see
/// them, unlike those of Python's `to_thread`: let a job capture what it needs. The methods of a
/// [`Protocol`](crate::Protocol) run in the context of the code that runs the loop; the handlers of
/// [`start_server`](crate::start_server) in copies of that in which the server was started.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, ContextVar, Result, gather, run, yield_now};
///
/// static REQUEST: ContextVar<u32> = ContextVar::new("request");
///
/// fn log(text: &str) -> String {
///     format!("request {}: {text}", REQUEST.get().unwrap_or(0))
/// }
///
/// let lines = run(|co: &Co| {
///     let requests = (1..=2).map(|number| {
///         move |co: &Co| {
///             REQUEST.set(number);
///             co.yield_from(yield_now())?; // the other one sets its own meanwhile
///             Ok(log("done"))
///         }
///     });
///     co.yield_from(gather(requests))
/// })?;
/// assert_eq!(lines, ["request 1: done", "request 2: done"]);
/// assert_eq!(log("outside"), "request 0: outside");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[doc(alias = "contextvars")]
#[doc(alias = "task_local")]
pub struct ContextVar<T: 'static> {
    name: &'static str,
    default: Option<fn() -> T>,
    id: OnceLock<u64>,
}

impl<T: Clone + 'static> ContextVar<T> {
    /// Makes a variable; the name is for reports.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default: None,
            id: OnceLock::new(),
        }
    }

    /// Makes a variable with a value where none was set.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::ContextVar;
    ///
    /// static LANGUAGE: ContextVar<&str> = ContextVar::with_default("language", || "en");
    /// assert_eq!(LANGUAGE.get(), Some("en"));
    /// ```
    pub const fn with_default(name: &'static str, default: fn() -> T) -> Self {
        Self {
            name,
            default: Some(default),
            id: OnceLock::new(),
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the value in the current context, or else the default; `None` where Python raises a
    /// `LookupError`.
    pub fn get(&self) -> Option<T> {
        let value = Place::current().context().and_then(|it| it.get(self));
        value.or_else(|| self.default.map(|default| default()))
    }

    /// Sets the value in the current context. The token, for [`reset`](Self::reset), may be dropped.
    pub fn set(&self, value: T) -> Token<T> {
        let context = Place::current().context_or_new();
        let old = context.replace(self.id(), Some(Rc::new(value)));
        Token {
            id: self.id(),
            context: Rc::downgrade(&context.0),
            old,
            of: PhantomData,
        }
    }

    /// Sets the value back to what it was before the [`set`](Self::set) that gave the token.
    ///
    /// A token is used up by this, so that it works once, as in Python.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the token is one of another variable, or of another context, such as that of another
    /// task.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::ContextVar;
    ///
    /// static LEVEL: ContextVar<i32> = ContextVar::new("level");
    /// let token = LEVEL.set(1);
    /// LEVEL.set(2);
    /// LEVEL.reset(token)?;
    /// assert_eq!(LEVEL.get(), None);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn reset(&self, token: Token<T>) -> Result<()> {
        let name = self.name;
        if token.id != self.id() {
            let why = format!("reset: the token was made by another variable than {name:?}");
            return Err(ValueError::new(why).into());
        }
        let context = Place::current().context();
        let own = context.filter(|it| std::ptr::eq(Rc::as_ptr(&it.0), token.context.as_ptr()));
        let Some(context) = own else {
            let why = format!("reset: the token of {name:?} was made in another context");
            return Err(ValueError::new(why).into());
        };
        drop(context.replace(self.id(), token.old));
        Ok(())
    }

    fn id(&self) -> u64 {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        *self
            .id
            .get_or_init(|| COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T> fmt::Debug for ContextVar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<ContextVar name={:?}>", self.name)
    }
}

/// The value that a variable had before a [`set`](ContextVar::set): Python's `contextvars.Token`.
pub struct Token<T> {
    id: u64,
    context: Weak<ContextState>,
    old: Option<Rc<dyn Any>>,
    of: PhantomData<T>,
}

impl<T: Clone + 'static> Token<T> {
    /// Returns the value that was set before, if one was.
    pub fn old_value(&self) -> Option<T> {
        value_of(self.old.as_ref()?)
    }
}

impl<T> fmt::Debug for Token<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The values of context variables: Python's `contextvars.Context`.
///
/// A clone is the same context; [`copy`](Self::copy) makes one of its own.
///
/// # Examples
///
/// ```
/// use yieldfrom::{ContextVar, copy_context};
///
/// static USER: ContextVar<&str> = ContextVar::new("user");
///
/// USER.set("ann");
/// let context = copy_context();
/// context.run(|| USER.set("bob"))?; // changes the copy
/// assert_eq!(context.get(&USER), Some("bob"));
/// assert_eq!(USER.get(), Some("ann"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Context(Rc<ContextState>);

#[derive(Default)]
struct ContextState {
    values: RefCell<Values>,
    /// Whether a `run` is under way.
    entered: Cell<bool>,
}

impl Context {
    /// Makes an empty context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a copy, which takes the same time whatever is in the context.
    #[must_use]
    pub fn copy(&self) -> Self {
        let values = self.0.values.borrow().clone();
        Self(Rc::new(ContextState {
            values: RefCell::new(values),
            entered: Cell::new(false),
        }))
    }

    /// Runs code in this context: what it gets and sets are the values in here.
    ///
    /// The tasks and callbacks that it makes begin with a copy. If a task suspends in it, other tasks do not
    /// see the context.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: a `run` of this context is under way. Run a copy of it.
    #[track_caller]
    pub fn run<R>(&self, body: impl FnOnce() -> R) -> Result<R> {
        if self.0.entered.replace(true) {
            let why = "Context.run: a run of this context is under way; run a copy of it";
            return Err(RuntimeError::new(why).into());
        }
        IN_USE.set(true);
        let place = Place::current();
        let before = place.replace(Some(self.clone()));
        let _leave = OnDrop::new(|| {
            self.0.entered.set(false);
            drop(place.replace(before));
        });
        Ok(body())
    }

    /// Returns the value that a variable has in here; its default is not looked at.
    pub fn get<T: Clone + 'static>(&self, var: &ContextVar<T>) -> Option<T> {
        let value = self.0.values.borrow().get(&var.id()).cloned();
        value_of(&value?)
    }

    /// Returns how many variables have a value in here.
    pub fn len(&self) -> usize {
        self.0.values.borrow().len()
    }

    /// Returns whether no variable has a value in here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets or removes a value, and returns the one before.
    fn replace(&self, id: u64, value: Option<Rc<dyn Any>>) -> Option<Rc<dyn Any>> {
        let mut values = self.0.values.borrow_mut();
        let values = Rc::make_mut(&mut values);
        match value {
            Some(value) => values.insert(id, value),
            None => values.remove(&id),
        }
    }

    /// Runs a callback; in no context of its own if this one is entered, which only happens if the callback
    /// comes back to itself.
    fn call<R>(&self, callback: impl FnOnce() -> R) -> R {
        let mut callback = Some(callback);
        let mut call = || callback.take().map(|callback| callback());
        match self.run(&mut call) {
            Ok(result) => result,
            Err(_) => call(),
        }
        .expect("it is called once")
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Context of {} variables>", self.len())
    }
}

impl<T: 'static> Task<T> {
    /// Has the task run in this context, not in a copy of the current one, and returns the task: 3.11's
    /// `create_task(coroutine, context=context)`.
    ///
    /// What the task sets is in the context afterwards, and for the other tasks that run in it. Call this where the
    /// task is made, before its first step. For a callback, [`Context::run`] does the same:
    /// `call_soon(f, context=context)` is `call_soon(move || _ = context.run(f))`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Context, ContextVar, create_task, run};
    ///
    /// static USER: ContextVar<&str> = ContextVar::new("user");
    ///
    /// run(|co: &Co| {
    ///     let context = Context::new();
    ///     let login = create_task(|_: &Co| Ok(drop(USER.set("ann")))).in_context(&context);
    ///     co.yield_from(login)?;
    ///     let user = create_task(|_: &Co| Ok(USER.get())).in_context(&context);
    ///     assert_eq!(co.yield_from(user)?, Some("ann"));
    ///     assert_eq!((context.get(&USER), USER.get()), (Some("ann"), None));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn in_context(self, context: &Context) -> Self {
        IN_USE.set(true);
        let task = &self.inner;
        drop(task.core.set_context(&**task, Some(context.clone())));
        self
    }
}

/// Returns a copy of the current context: Python's `contextvars.copy_context`.
pub fn copy_context() -> Context {
    let context = Place::current().context();
    context.map_or_else(Context::new, |context| context.copy())
}

fn value_of<T: Clone + 'static>(value: &Rc<dyn Any>) -> Option<T> {
    value.downcast_ref().cloned()
}

/// Where the current context stands.
enum Place {
    Task(Rc<Core>, Rc<dyn TaskObject>),
    Thread,
}

impl Place {
    fn current() -> Self {
        let of_task = || {
            let event_loop = EventLoop::running()?;
            let core = event_loop.core();
            Some(Self::Task(Rc::clone(core), core.current_task()?))
        };
        of_task().unwrap_or(Self::Thread)
    }

    fn context(&self) -> Option<Context> {
        match self {
            Self::Task(core, task) => core.contexts.borrow().get(&task.number()).cloned(),
            Self::Thread => {
                let current = CURRENT.try_with(|current| current.borrow().0.clone());
                current.ok().flatten()
            }
        }
    }

    fn context_or_new(&self) -> Context {
        self.context().unwrap_or_else(|| {
            IN_USE.set(true);
            let context = Context::new();
            drop(self.replace(Some(context.clone())));
            context
        })
    }

    /// Makes another context the current one, and returns that before.
    fn replace(&self, context: Option<Context>) -> Option<Context> {
        match self {
            Self::Task(core, task) => core.set_context(&**task, context),
            Self::Thread => {
                let replaced =
                    CURRENT.try_with(|it| std::mem::replace(&mut it.borrow_mut().0, context));
                replaced.ok().flatten()
            }
        }
    }
}

impl Core {
    /// Sets the context of a task, for as long as the task exists; returns the one before.
    fn set_context(&self, task: &dyn TaskObject, context: Option<Context>) -> Option<Context> {
        let Some(context) = context else {
            return self.contexts.borrow_mut().remove(&task.number());
        };
        task.note();
        self.contexts.borrow_mut().insert(task.number(), context)
    }

    /// Gives a new task a copy of the current context.
    #[inline(always)]
    pub(super) fn inherit_context(&self, task: &dyn TaskObject) {
        if in_use() {
            self.copy_context_to(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn copy_context_to(&self, task: &dyn TaskObject) {
        if let Some(context) = Place::current().context() {
            drop(self.set_context(task, Some(context.copy())));
        }
    }
}

#[inline(always)]
fn in_use() -> bool {
    IN_USE.get()
}

/// A copy of the context at a moment, for what is called later; none where no variable is in use.
pub(crate) struct Snapshot(Option<Context>);

impl Snapshot {
    #[inline]
    pub(crate) fn take() -> Self {
        Self(in_use().then(copy_context))
    }

    /// Calls a function in the context.
    pub(crate) fn call<R>(&self, callback: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(context) => context.call(callback),
            // What was made before any variable was set does not see those that were set since.
            None if in_use() => Context::new().call(callback),
            None => callback(),
        }
    }

    /// Calls a function in a copy of the context.
    pub(crate) fn call_in_copy<R>(&self, callback: impl FnOnce() -> R) -> R {
        let copy = self.0.as_ref().map(Context::copy);
        Self(copy).call(callback)
    }
}
