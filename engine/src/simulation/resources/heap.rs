//! A heap in the order of Python's `heapq`: of equal items, the same one comes first as in Python.

/// Puts an item in: `heappush`.
pub(super) fn push<T: PartialOrd>(items: &mut Vec<T>, item: T) {
    let at = items.len();
    items.push(item);
    rise(items, at);
}

/// Takes the least item out: `heappop`.
pub(super) fn pop<T: PartialOrd>(items: &mut Vec<T>) -> Option<T> {
    if items.is_empty() {
        return None;
    }
    let least = items.swap_remove(0);
    if !items.is_empty() {
        sink(items);
    }
    Some(least)
}

/// Moves the item at `at` up while it is less than its parent.
fn rise<T: PartialOrd>(items: &mut [T], mut at: usize) {
    while at > 0 {
        let parent = (at - 1) / 2;
        if !items[at].lt(&items[parent]) {
            return;
        }
        items.swap(at, parent);
        at = parent;
    }
}

/// Moves the root down to a leaf, always to the place of the lesser child, and from there up again.
fn sink<T: PartialOrd>(items: &mut [T]) {
    let mut at = 0;
    loop {
        let mut child = 2 * at + 1;
        if child >= items.len() {
            break;
        }
        let right = child + 1;
        if right < items.len() && !items[child].lt(&items[right]) {
            child = right;
        }
        items.swap(at, child);
        at = child;
    }
    rise(items, at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_come_as_from_heapq() {
        /// Only the first number is compared.
        #[derive(Debug, PartialEq)]
        struct Item(u32, char);

        impl PartialOrd for Item {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                self.0.partial_cmp(&other.0)
            }
        }

        let mut items = Vec::new();
        for (key, name) in [2, 1, 2, 1, 0, 2, 1, 0].into_iter().zip('a'..) {
            push(&mut items, Item(key, name));
        }
        let names = |items: &[Item]| items.iter().map(|item| item.1).collect::<String>();
        // What CPython's `heapq` gives for the same items.
        assert_eq!(names(&items), EXPECTED_HEAP);
        let mut popped = Vec::new();
        while let Some(item) = pop(&mut items) {
            popped.push(item);
        }
        assert_eq!(names(&popped), EXPECTED_ORDER);
    }

    const EXPECTED_HEAP: &str = "ehgbdfca";
    const EXPECTED_ORDER: &str = "ehgdbfca";
}
