//! Makes a list of numbers smaller while something about it stays true.

/// As many smaller lists are tried: each may be a process that crashes.
const MOST_TRIES: usize = 3_000;

/// Drops numbers, and makes them smaller, for as long as `holds` is true of what is left; returns
/// that.
pub(super) fn shrink(mut list: Vec<u32>, mut holds: impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    let mut tries = 0;
    let mut holds = |list: &[u32]| {
        tries += 1;
        tries <= MOST_TRIES && holds(list)
    };
    loop {
        let before = list.clone();
        list = drop_runs(list, &mut holds);
        list = lower(list, &mut holds);
        if list == before {
            return list;
        }
    }
}

/// Drops runs of numbers, from the end, ever shorter ones.
fn drop_runs(mut list: Vec<u32>, holds: &mut impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    let mut length = list.len();
    while length > 0 {
        let mut end = list.len();
        while end > 0 {
            let start = end.saturating_sub(length);
            let mut smaller = list.clone();
            smaller.drain(start..end);
            if holds(&smaller) {
                list = smaller;
            }
            end = start.min(list.len());
        }
        length /= 2;
    }
    list
}

/// Replaces numbers by zero.
fn lower(mut list: Vec<u32>, holds: &mut impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    for at in 0..list.len() {
        let number = std::mem::take(&mut list[at]);
        if number != 0 && !holds(&list) {
            list[at] = number;
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::shrink;

    #[test]
    fn what_matters_is_left() {
        let list = (0..200).collect();
        let small = shrink(list, |list| list.contains(&7) && list.contains(&150));
        assert_eq!(small, [7, 150]);
    }

    #[test]
    fn numbers_become_zero_where_only_their_place_matters() {
        assert_eq!(shrink(vec![5, 6, 7], |list| list.len() > 1), [0, 0]);
    }
}
