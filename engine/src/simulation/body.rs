//! `Body`: what a process drives, without the type of its result.

use std::any::Any;
use std::rc::Rc;

use super::node::{Node, stored};
use super::request::Wait;
use crate::errors::Panicked;
use crate::errors::panics::catch;
#[cfg(feature = "trace")]
use yieldfrom_delegation::RawLink;
use yieldfrom_delegation::{Error, Generator, GeneratorState, Link, Result};

/// What a body has done when it was resumed.
pub(super) enum Stepped {
    Waits(Rc<Node>),
    Returned(Option<Rc<dyn Any>>),
    Failed(Error),
}

/// A body of a process without the type of its result.
pub(super) trait Body {
    fn step(&self) -> Stepped;
    fn throw(&self, error: Error) -> Stepped;
    fn close(&self);
    fn name(&self) -> String;
    fn origin(&self) -> Link;
    fn delegation_chain(&self) -> Vec<Link>;
    #[cfg(feature = "trace")]
    fn append_links(&self, links: &mut Vec<RawLink>);
}

impl<R: 'static> Body for Generator<Wait, (), R> {
    #[inline(always)]
    fn step(&self) -> Stepped {
        let stepped = catch(|| match self.driver().step() {
            Ok(wait) => Stepped::Waits(wait.into_node()),
            Err(unresolved) => Stepped::of(self.resolve(unresolved)),
        });
        stepped.unwrap_or_else(|payload| Stepped::Failed(Panicked::new(payload).into()))
    }

    fn throw(&self, error: Error) -> Stepped {
        let stepped = catch(|| Stepped::of(Generator::throw(self, error)));
        stepped.unwrap_or_else(|payload| Stepped::Failed(Panicked::new(payload).into()))
    }

    fn close(&self) {
        self.abandon();
    }

    fn name(&self) -> String {
        Generator::name(self).into_owned()
    }

    fn origin(&self) -> Link {
        Generator::origin(self)
    }

    fn delegation_chain(&self) -> Vec<Link> {
        Generator::delegation_chain(self)
    }

    #[cfg(feature = "trace")]
    fn append_links(&self, links: &mut Vec<RawLink>) {
        Generator::append_links(self, links);
    }
}

impl Stepped {
    fn of<R: 'static>(result: Result<GeneratorState<Wait, R>>) -> Self {
        match result {
            Ok(GeneratorState::Yielded(wait)) => Self::Waits(wait.into_node()),
            Ok(GeneratorState::Complete(result)) => Self::Returned(stored(result)),
            Err(error) => Self::Failed(error),
        }
    }
}
