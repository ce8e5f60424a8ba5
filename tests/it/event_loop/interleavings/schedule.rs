//! All ways through a tree of choices.

use std::fmt::Display;

/// One way through the tree: what was picked so far, and out of how many.
#[derive(Default)]
pub(super) struct Choices {
    picked: Vec<(usize, usize)>,
    next: usize,
    /// What happened in this run, for the report if it fails.
    story: Vec<String>,
}

impl Choices {
    /// Picks one of several options: another one in each run that got here in the same way.
    pub(super) fn pick(&mut self, options: usize) -> usize {
        if self.next == self.picked.len() {
            self.picked.push((0, options));
        }
        let (choice, of) = self.picked[self.next];
        assert_eq!(
            of, options,
            "a run that began as another one goes on differently"
        );
        self.next += 1;
        choice
    }

    /// Picks one of these.
    pub(super) fn pick_from<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.pick(options.len())]
    }

    pub(super) fn note(&mut self, what: impl Display) {
        self.story.push(what.to_string());
    }

    /// Goes on to the next way, if there is one.
    fn advance(&mut self) -> bool {
        self.next = 0;
        self.story.clear();
        while let Some((choice, of)) = self.picked.pop() {
            if choice + 1 < of {
                self.picked.push((choice + 1, of));
                return true;
            }
        }
        false
    }
}

/// Tells which run failed.
impl Drop for Choices {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed after: {}", self.story.join(", "));
        }
    }
}

/// Makes runs until every way was gone, and returns how many there were.
pub(super) fn explore(mut run: impl FnMut(&mut Choices)) -> usize {
    let (mut choices, mut runs) = (Choices::default(), 0);
    loop {
        run(&mut choices);
        runs += 1;
        if !choices.advance() {
            return runs;
        }
    }
}

#[test]
fn every_way_is_gone_once() {
    let mut seen = std::collections::BTreeSet::new();
    let runs = explore(|choices| {
        let first = choices.pick(3);
        let second = if first == 1 { choices.pick(2) } else { 0 };
        assert!(seen.insert((first, second)), "gone twice");
    });
    assert_eq!((runs, seen.len()), (4, 4));
}
