//! `Heap`: the events that come next, in order.

use super::key::{Item, Key};

/// So many children has a node of the heap: two cache lines of them at most.
const WIDTH: usize = 4;

/// A heap that leaves a hole where it was popped.
///
/// An event is mostly followed by another one, of the same process. That one fills the hole and sinks from there. So the
/// heap is put in order once for an event, and not twice.
#[derive(Default)]
pub(super) struct Heap {
    items: Vec<Item>,
    /// Whether the root was taken out.
    has_hole: bool,
}

impl Heap {
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.items.len() - usize::from(self.has_hole)
    }

    #[inline(always)]
    pub(super) fn push(&mut self, item: Item) {
        if self.has_hole {
            self.has_hole = false;
            sink(&mut self.items, item);
        } else {
            self.items.push(item);
            let last = self.items.len() - 1;
            rise(&mut self.items, last, item);
        }
    }

    #[inline(always)]
    pub(super) fn first(&mut self) -> Option<Key> {
        self.fill_hole();
        self.items.first().map(|item| item.key)
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<Item> {
        self.fill_hole();
        let root = *self.items.first()?;
        self.has_hole = true;
        Some(root)
    }

    /// Moves the last item into the hole.
    #[inline(always)]
    fn fill_hole(&mut self) {
        if self.has_hole {
            self.has_hole = false;
            if let Some(last) = self.items.pop()
                && !self.items.is_empty()
            {
                sink(&mut self.items, last);
            }
        }
    }

    /// Takes all items out.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Item> + '_ {
        let hole = usize::from(std::mem::take(&mut self.has_hole));
        self.items.drain(..).skip(hole)
    }
}

/// Puts an item into the place of the root, and brings the heap in order.
///
/// What is new comes late, as a rule. So the hole goes down to a leaf without a look at the item, which rises from there: that
/// saves a comparison for each level.
#[inline(always)]
fn sink(items: &mut [Item], item: Item) {
    let mut hole = 0;
    while let Some(children) = items.get(WIDTH * hole + 1..WIDTH * hole + 1 + WIDTH) {
        let low = if children[1].key < children[0].key {
            1
        } else {
            0
        };
        let high = if children[3].key < children[2].key {
            3
        } else {
            2
        };
        let least = if children[high].key < children[low].key {
            high
        } else {
            low
        };
        items[hole] = children[least];
        hole = WIDTH * hole + 1 + least;
    }
    // The last family may be incomplete.
    let first = WIDTH * hole + 1;
    if first < items.len() {
        let rest = first..items.len();
        let least = rest.min_by_key(|&child| items[child].key).unwrap_or(first);
        items[hole] = items[least];
        hole = least;
    }
    rise(items, hole, item);
}

/// Moves a hole up to where an item belongs, and puts it there.
#[inline(always)]
fn rise(items: &mut [Item], mut hole: usize, item: Item) {
    while hole > 0 {
        let parent = (hole - 1) / WIDTH;
        if items[parent].key <= item.key {
            break;
        }
        items[hole] = items[parent];
        hole = parent;
    }
    items[hole] = item;
}
