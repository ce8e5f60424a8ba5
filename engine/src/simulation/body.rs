//! `Body`: what a process drives, without the type of its result.

use std::any::{Any, type_name};
use std::rc::Rc;

use super::node::Node;
use super::request::{Co, Wait};
use super::value::stored;
use crate::errors::Panicked;
use crate::errors::panics::{Payload, catch};
#[cfg(feature = "trace")]
use yieldfrom_delegation::RawLink;
use yieldfrom_delegation::{Builder, Error, Generator, GeneratorState, Link, Result};

/// A result as a node keeps it.
type Stored = Option<Rc<dyn Any>>;

/// What a body has done when it was resumed.
pub(super) enum Stepped {
    /// It waits for this event, or for the timeout that the environment has noted.
    Waits(Option<Rc<Node>>),
    Returned(Stored),
    Failed(Error),
}

/// A body of a process.
pub(super) struct Body(Generator<Wait, (), Stored>);

impl Body {
    /// Makes a body with this name, or that of its function.
    #[track_caller]
    pub(super) fn new<R, F>(name: Option<String>, stack_size: usize, body: F) -> Self
    where
        R: 'static,
        F: FnOnce(&Co) -> Result<R> + 'static,
    {
        let builder = Builder::new().stack_size(stack_size);
        let builder = match name {
            Some(name) => builder.name(name),
            None => builder.name(type_name::<F>()),
        };
        // All bodies have one type, so a step needs no call through a table.
        Self(builder.build(move |co: &Co| body(co).map(stored)))
    }

    #[inline(always)]
    pub(super) fn step(&self) -> Stepped {
        let stepped = catch(|| match self.0.driver().step() {
            Ok(wait) => Stepped::Waits(wait.into_event()),
            Err(unresolved) => Stepped::of(self.0.resolve(unresolved)),
        });
        stepped.unwrap_or_else(Stepped::panicked)
    }

    pub(super) fn throw(&self, error: Error) -> Stepped {
        let stepped = catch(|| Stepped::of(self.0.throw(error)));
        stepped.unwrap_or_else(Stepped::panicked)
    }

    #[inline(always)]
    pub(super) fn address(&self) -> *const () {
        self.0.address()
    }

    pub(super) fn close(&self) {
        self.0.abandon();
    }

    pub(super) fn name(&self) -> String {
        self.0.name().into_owned()
    }

    pub(super) fn origin(&self) -> Link {
        self.0.origin()
    }

    pub(super) fn delegation_chain(&self) -> Vec<Link> {
        self.0.delegation_chain()
    }

    #[cfg(feature = "trace")]
    pub(super) fn append_links(&self, links: &mut Vec<RawLink>) {
        self.0.append_links(links);
    }

    /// Fetches what [`prefetch`](Self::prefetch) looks at into the processor's cache.
    pub(super) fn prefetch_state(&self) {
        self.0.prefetch_state();
    }

    /// Fetches what a step touches.
    pub(super) fn prefetch(&self) {
        self.0.prefetch();
    }
}

impl Stepped {
    fn of(result: Result<GeneratorState<Wait, Stored>>) -> Self {
        match result {
            Ok(GeneratorState::Yielded(wait)) => Self::Waits(wait.into_event()),
            Ok(GeneratorState::Complete(result)) => Self::Returned(result),
            Err(error) => Self::Failed(error),
        }
    }

    #[cold]
    fn panicked(payload: Payload) -> Self {
        Self::Failed(Panicked::new(payload).into())
    }
}
