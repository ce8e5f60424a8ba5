//! Circles of tasks that wait for each other.

/// How far a search is with a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    /// It is on the path that is followed now.
    OnPath,
    Done,
}

/// Searches for circles, from the first task on, and visits each task once. Returns the circle of each
/// edge that closes one: if there are circles, it returns at least one.
///
/// The search keeps its own path, because it may run on a small stack.
pub(super) fn cycles(edges: &[&[usize]]) -> Vec<Vec<usize>> {
    let mut marks = vec![Mark::Unseen; edges.len()];
    let mut cycles = Vec::new();
    for start in 0..edges.len() {
        if marks[start] == Mark::Unseen {
            search(start, edges, &mut marks, &mut cycles);
        }
    }
    cycles
}

fn search(start: usize, edges: &[&[usize]], marks: &mut [Mark], cycles: &mut Vec<Vec<usize>>) {
    // Each task of the path, and how many of its edges were followed.
    let mut path = vec![(start, 0)];
    marks[start] = Mark::OnPath;
    while let Some((task, followed)) = path.last_mut() {
        let Some(&next) = edges[*task].get(*followed) else {
            marks[*task] = Mark::Done;
            path.pop();
            continue;
        };
        *followed += 1;
        match marks[next] {
            Mark::Unseen => {
                marks[next] = Mark::OnPath;
                path.push((next, 0));
            }
            Mark::OnPath => {
                let tasks = path.iter().map(|&(task, _)| task);
                let mut cycle: Vec<usize> = tasks.skip_while(|&task| task != next).collect();
                begin_with_least(&mut cycle);
                cycles.push(cycle);
            }
            Mark::Done => {}
        }
    }
}

/// A circle has no beginning: it is shown from the task that was made first.
fn begin_with_least(cycle: &mut [usize]) {
    let least = (0..cycle.len()).min_by_key(|&at| cycle[at]);
    cycle.rotate_left(least.unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn circles_are_found_and_nothing_else() {
        type Lists = &'static [&'static [usize]];
        let cases: [(Lists, Lists); 7] = [
            (&[], &[]),
            (&[&[1], &[2], &[]], &[]),
            (&[&[1, 2], &[2], &[]], &[]),
            (&[&[0]], &[&[0]]),
            (&[&[2], &[2], &[1]], &[&[1, 2]]),
            (&[&[1], &[0], &[3], &[4], &[2]], &[&[0, 1], &[2, 3, 4]]),
            (&[&[1], &[0, 2], &[0]], &[&[0, 1], &[0, 1, 2]]),
        ];
        for (edges, expected) in cases {
            assert_eq!(cycles(edges), expected, "{edges:?}");
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let edges: Vec<Vec<usize>> = (0..100_000).map(|n| vec![(n + 1) % 100_000]).collect();
        let edges: Vec<&[usize]> = edges.iter().map(|to| &to[..]).collect();
        assert_eq!(cycles(&edges).len(), 1);
    }
}
