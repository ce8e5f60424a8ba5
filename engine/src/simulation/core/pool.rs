//! Events that are used again.

use std::mem;
use std::rc::Rc;

use super::Core;
use crate::simulation::condition::Members;
use crate::simulation::event::AnyEvent;
use crate::simulation::node::{Kind, Node};

/// At most so many events are kept for further use.
const SPARE: usize = 4096;

impl Core {
    /// Makes an event.
    #[inline(always)]
    pub(in crate::simulation) fn node(self: &Rc<Self>, kind: Kind) -> Rc<Node> {
        let spare = self.spare.borrow_mut().pop();
        if let Some(mut node) = spare
            && let Some(fresh) = Rc::get_mut(&mut node)
        {
            // What it was before has nothing to drop, which the compiler does not see: 24 instructions.
            mem::forget(mem::replace(&mut fresh.kind, kind));
            return node;
        }
        Rc::new(Node::new(self, kind))
    }

    /// Keeps an event for further use, if nothing else has it.
    #[inline(always)]
    pub(super) fn recycle(&self, mut node: Rc<Node>) {
        if let Some(last) = Rc::get_mut(&mut node) {
            if let Kind::Condition(members) = &mut last.kind {
                self.recycle_members(members);
            }
            drop(last.reset());
            self.keep(node);
        }
    }

    /// Keeps the events of a condition for further use. Inner conditions are dropped with theirs.
    #[inline(never)]
    fn recycle_members(&self, members: &mut Members) {
        members.take_events(|event| {
            if !matches!(event.node().kind, Kind::Condition(_)) {
                let nothing = AnyEvent::of(&self.nothing);
                self.recycle_plain(mem::replace(event, nothing).into_node());
            }
        });
    }

    /// Does the same for an event that is no condition. A condition that was refused may have one of another environment.
    fn recycle_plain(&self, mut node: Rc<Node>) {
        if node.belongs_to(self)
            && let Some(last) = Rc::get_mut(&mut node)
        {
            drop(last.reset());
            self.keep(node);
        }
    }

    #[inline(always)]
    fn keep(&self, node: Rc<Node>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE {
            spare.push(node);
        }
    }
}
