//! The links between the nodes of a chain, and the rules that keep them valid.
//!
//! A generator that delegates to another is suspended, and its `down` points to the delegate. An
//! operation acts on one generator, the *root*. From there, `down` leads to the *innermost*
//! generator, whose body runs. To find it without the walk, the root remembers it (`leaf`), and the
//! innermost remembers that root (`root`). Several generators may delegate to the same one. Of
//! those, only the one through which the last activation came is its `up`.
//!
//! The pointers obey four rules. Every unsafe block here cites one of them.
//!
//! 1. `p.down == d` only while the body of `p` is suspended in the `yield_from` that was given `d`.
//!    The frame of that body owns or borrows a handle of `d`, so `d` is alive. `down` is cleared
//!    before the body of `p` is resumed.
//! 2. `d.up == p` only while `p.down == d`, so `p` is alive. Both are cleared together, and
//!    [`Node::detach`] clears the rest when `p` dies.
//! 3. `r.leaf == l` exactly while `l.root == r`. Both are set and cleared together, also by
//!    [`Node::detach`] when one of them dies. So both are alive.
//! 4. A node is alive while its body runs. For the root of the activation, the operation borrows a
//!    handle. For the others this follows from rule 1.
//!
//! A reference that a function here returns is valid until user code runs. A switch runs user code:
//! after it, only the root and the node that has come back are known to be alive. Destructors are user
//! code. So the [chain](crate::chain) drops values only when an
//! operation is over.

use std::cell::Cell;
use std::ptr::NonNull;

use super::Node;

type NodeCell<Y, S> = Cell<Option<NonNull<Node<Y, S>>>>;

/// The links of a node, except `leaf`, which each resume reads.
pub(super) struct Links<Y, S> {
    /// The root whose `leaf` this node is.
    root: NodeCell<Y, S>,
    /// The node that delegates to this one in the last activation.
    up: NodeCell<Y, S>,
    /// The node that this one delegates to.
    down: NodeCell<Y, S>,
}

impl<Y, S> Links<Y, S> {
    pub(super) fn new() -> Self {
        Self {
            root: Cell::new(None),
            up: Cell::new(None),
            down: Cell::new(None),
        }
    }
}

fn points_to<Y, S>(cell: &NodeCell<Y, S>, node: &Node<Y, S>) -> bool {
    cell.get() == Some(NonNull::from(node))
}

impl<Y, S> Node<Y, S> {
    /// Returns the innermost generator of this root, if it is known.
    #[inline(always)]
    pub(crate) fn leaf(&self) -> Option<&Self> {
        // SAFETY: rule 3.
        self.leaf.get().map(|leaf| unsafe { leaf.as_ref() })
    }

    /// Returns the delegate. It is alive while this delegator stays suspended.
    #[inline(always)]
    pub(crate) fn down(&self) -> Option<&Self> {
        // SAFETY: rule 1.
        self.links.down.get().map(|down| unsafe { down.as_ref() })
    }

    /// Returns the delegator of the last activation. It is alive while it stays suspended.
    pub(super) fn up(&self) -> Option<&Self> {
        // SAFETY: rule 2.
        self.links.up.get().map(|up| unsafe { up.as_ref() })
    }

    /// Returns whether `up` delegates to this node in the current activation.
    pub(crate) fn is_entered_from(&self, up: &Self) -> bool {
        points_to(&self.links.up, up)
    }

    /// Notes that an operation acts on this node directly: no delegator is above it.
    #[inline(always)]
    pub(crate) fn make_root(&self) {
        self.links.up.set(None);
    }

    /// Notes that this node delegates to `down` in the current activation.
    #[inline(always)]
    pub(crate) fn link(&self, down: &Self) {
        self.links.down.set(Some(NonNull::from(down)));
        down.links.up.set(Some(NonNull::from(self)));
    }

    /// Ends the delegation of this node, if it delegates.
    pub(crate) fn unlink(&self) {
        let Some(down) = self.down() else { return };
        self.links.down.set(None);
        if points_to(&down.links.up, self) {
            down.links.up.set(None);
        }
    }

    /// Ends the delegation to this node, and returns the delegator.
    pub(crate) fn leave(&self) -> &Self {
        let up = self.links.up.get();
        let up = up.expect("all but the root have a delegator");
        // SAFETY: rule 2.
        let up = unsafe { up.as_ref() };
        up.unlink();
        up
    }

    /// Makes the current activation own the delegations below this root.
    pub(crate) fn claim_chain(&self) {
        let mut node = self;
        while let Some(down) = node.down() {
            down.links.up.set(Some(NonNull::from(node)));
            node = down;
        }
    }

    /// Notes that `leaf` is the innermost generator of this root.
    #[inline(always)]
    pub(crate) fn remember(&self, leaf: &Self) {
        if points_to(&self.leaf, leaf) {
            return;
        }
        self.forget();
        if let Some(other) = leaf.links.root.replace(Some(NonNull::from(self))) {
            // SAFETY: rule 3.
            unsafe { other.as_ref() }.leaf.set(None);
        }
        self.leaf.set(Some(NonNull::from(leaf)));
    }

    /// Forgets the innermost generator of this root.
    #[inline(always)]
    pub(crate) fn forget(&self) {
        if let Some(leaf) = self.leaf.take() {
            // SAFETY: rule 3.
            unsafe { leaf.as_ref() }.links.root.set(None);
        }
    }

    /// Makes `fresh`, which was never resumed, the delegate of this running body, and the innermost
    /// generator of the root. Returns false if this body is not known as the innermost one.
    #[inline(always)]
    pub(super) fn enter_directly(&self, fresh: &Self) -> bool {
        let Some(root) = self.links.root.get() else {
            return false;
        };
        self.link(fresh);
        // SAFETY: rule 3.
        unsafe { root.as_ref() }.remember(fresh);
        true
    }

    /// Ends the delegation to this node, whose body has ended, and makes the delegator the innermost
    /// generator of the root. Returns the delegator, or none if this is for the root's operation to do.
    #[inline(always)]
    pub(super) fn leave_directly(&self) -> Option<&Self> {
        // SAFETY: rule 3.
        let root = unsafe { self.links.root.get()?.as_ref() };
        if std::ptr::eq(root, self) {
            return None;
        }
        let up = self.leave();
        root.remember(up);
        Some(up)
    }

    /// Clears all links to this node, which is about to be dropped.
    pub(super) fn detach(&self) {
        self.forget();
        if let Some(root) = self.links.root.take() {
            // SAFETY: rule 3.
            unsafe { root.as_ref() }.leaf.set(None);
        }
        self.unlink();
    }
}

#[cfg(test)]
mod tests {
    use super::points_to;
    use crate::GeneratorState::{Complete, Yielded};
    use crate::{Generator, Result};

    type G = Generator<i32>;

    /// Returns two generators, the first of which delegates to the second.
    fn pair() -> (G, G) {
        let inner: G = Generator::new(|co| {
            co.yield_(1)?;
            co.yield_(2)
        });
        let delegate = inner.clone();
        let outer = Generator::new(move |co| {
            co.yield_from(delegate)?;
            co.yield_(3)
        });
        (outer, inner)
    }

    /// Returns whether `leaf` is known as the innermost of `root`, to both of them.
    fn is_leaf(root: &G, leaf: &G) -> bool {
        let (root, leaf) = (root.shared.node(), leaf.shared.node());
        let known = root.leaf().is_some_and(|known| std::ptr::eq(known, leaf));
        assert_eq!(known, points_to(&leaf.links.root, root), "rule 3");
        known
    }

    #[test]
    fn a_root_knows_its_innermost_generator() -> Result<()> {
        let (outer, inner) = pair();
        assert_eq!(outer.next()?, Yielded(1));
        assert!(is_leaf(&outer, &inner));
        assert_eq!(inner.next()?, Yielded(2), "it is its own root now");
        assert!(is_leaf(&inner, &inner) && !is_leaf(&outer, &inner));
        assert_eq!(outer.next()?, Yielded(3), "the delegate has ended");
        assert!(is_leaf(&outer, &outer) && !is_leaf(&outer, &inner));
        assert!(!is_leaf(&inner, &inner));
        assert_eq!(outer.next()?, Complete(()));
        assert!(!is_leaf(&outer, &outer));
        Ok(())
    }

    #[test]
    fn a_delegation_that_has_ended_leaves_no_pointer() -> Result<()> {
        for directly in [false, true] {
            let (outer, inner) = pair();
            let (above, below) = (outer.shared.node(), inner.shared.node());
            outer.next()?;
            assert!(points_to(&above.links.down, below) && points_to(&below.links.up, above));
            if directly {
                inner.next()?;
                assert!(points_to(&above.links.down, below) && below.links.up.get().is_none());
            } else {
                outer.next()?;
                assert!(points_to(&above.links.down, below) && points_to(&below.links.up, above));
            }
            assert_eq!(outer.next()?, Yielded(3));
            assert!(above.links.down.get().is_none() && below.links.up.get().is_none());
        }
        Ok(())
    }

    #[test]
    fn the_memory_of_a_generator_is_used_again() {
        let make = || Generator::<i32>::new(|co| co.yield_(1));
        let address = |g: &G| std::ptr::from_ref(g.shared.node()).addr();
        let first = make();
        let used = address(&first);
        drop(first);
        let second = make();
        assert_eq!(address(&second), used);
        assert_ne!(address(&make()), used, "one at a time");
    }
}
