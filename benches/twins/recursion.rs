//! A tree that is walked by recursion, and yields from every level.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::sync::Arc;

/// Prints the values of a binary tree in their order.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many values the tree has.
    #[arg(long, default_value_t = 10)]
    values: u64,
    /// The values came in their order: the tree is as deep as it has values.
    #[arg(long)]
    sorted: bool,
}

type Tree = Option<Arc<Node>>;

#[derive(Debug)]
struct Node {
    left: Tree,
    value: u64,
    right: Tree,
}

impl Options {
    fn tree(&self) -> Tree {
        self.grown(0, self.values, &mut 0x9E37_79B9_7F4A_7C15)
    }

    /// Grows the tree of these values, as if they came in a random order, or sorted.
    fn grown(&self, first: u64, end: u64, random: &mut u64) -> Tree {
        if first == end {
            return None;
        }
        // Marsaglia's xorshift.
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let value = match self.sorted {
            true => first,
            false => first + *random % (end - first),
        };
        Some(Arc::new(Node {
            left: self.grown(first, value, random),
            value,
            right: self.grown(value + 1, end, random),
        }))
    }
}
