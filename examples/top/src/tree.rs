//! The rows of the table: tasks in order, as a tree of who waits for whom.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::answer::Task;
use crate::options::Order;

/// How the tasks are arranged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrangement {
    pub(crate) order: Order,
    /// Only tasks that match are shown, and those that lead to them.
    pub(crate) filter: String,
    pub(crate) is_flat: bool,
    /// The numbers of the tasks below which nothing is shown.
    pub(crate) folded: HashSet<u32>,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The index of the task.
    pub(crate) task: usize,
    /// The lines of the tree that stand before its name.
    pub(crate) head: String,
    /// Those that stand before what belongs to the task.
    pub(crate) indent: String,
    pub(crate) has_more: bool,
    pub(crate) repeats: Repeats,
}

/// Whether a task stands in the tree already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Repeats {
    #[default]
    Nothing,
    /// It is shown above, with what it waits for.
    Above,
    /// It waits for itself, through others.
    Cycle,
}

impl Repeats {
    pub(crate) fn note(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Above => " (see above)",
            Self::Cycle => " (a cycle)",
        }
    }
}

impl Arrangement {
    /// Returns the rows for some tasks.
    pub(crate) fn rows(&self, tasks: &[Task]) -> Vec<Row> {
        let forest = Forest::new(self, tasks);
        if self.is_flat {
            return forest.flat();
        }
        forest.grown()
    }

    fn compare(&self, a: &Task, b: &Task) -> Ordering {
        let by_order = match self.order {
            Order::Number => Ordering::Equal,
            Order::Name => a.name.cmp(&b.name),
            Order::Wait => b
                .seconds
                .unwrap_or(-1.0)
                .total_cmp(&a.seconds.unwrap_or(-1.0)),
            Order::Reason => {
                let what = |task: &Task| task.waits_for.as_ref().map(|wait| wait.what.clone());
                what(a).cmp(&what(b))
            }
        };
        by_order.then(a.number.cmp(&b.number))
    }
}

struct Forest<'a> {
    how: &'a Arrangement,
    tasks: &'a [Task],
    /// The indices of the tasks below each.
    below: Vec<Vec<usize>>,
    is_wanted: Vec<bool>,
}

/// A row that is still to be made.
struct Branch {
    task: usize,
    head: String,
    indent: String,
    /// Those above it.
    path: Vec<usize>,
}

impl<'a> Forest<'a> {
    fn new(how: &'a Arrangement, tasks: &'a [Task]) -> Self {
        let indices: HashMap<u32, usize> = tasks.iter().map(|it| it.number).zip(0..).collect();
        let awaits = |task: &Task| {
            task.awaits
                .iter()
                .filter_map(|it| indices.get(it).copied())
                .collect()
        };
        let below: Vec<Vec<usize>> = tasks.iter().map(awaits).collect();
        let is_wanted = wanted(&how.filter, tasks, &below);
        Self {
            how,
            tasks,
            below,
            is_wanted,
        }
    }

    fn sorted(&self, mut indices: Vec<usize>) -> Vec<usize> {
        indices.retain(|&index| self.is_wanted[index]);
        indices.sort_by(|&a, &b| self.how.compare(&self.tasks[a], &self.tasks[b]));
        indices.dedup();
        indices
    }

    fn flat(&self) -> Vec<Row> {
        let matching = (0..self.tasks.len()).filter(|&at| self.tasks[at].matches(&self.how.filter));
        let sorted = self.sorted(matching.collect());
        let row = |task| Row {
            task,
            head: String::new(),
            indent: String::new(),
            has_more: false,
            repeats: Repeats::Nothing,
        };
        sorted.into_iter().map(row).collect()
    }

    /// First come the tasks that no task waits for. The rest wait in circles.
    fn grown(&self) -> Vec<Row> {
        let mut is_awaited = vec![false; self.tasks.len()];
        self.below
            .iter()
            .flatten()
            .for_each(|&task| is_awaited[task] = true);
        let all = || 0..self.tasks.len();
        let roots = self.sorted(all().filter(|&task| !is_awaited[task]).collect());
        let rest = self.sorted(all().filter(|&task| is_awaited[task]).collect());
        let mut is_shown = vec![false; self.tasks.len()];
        let mut rows = Vec::new();
        for root in roots.into_iter().chain(rest) {
            if !is_shown[root] {
                self.grow(root, &mut is_shown, &mut rows);
            }
        }
        rows
    }

    fn grow(&self, root: usize, is_shown: &mut [bool], rows: &mut Vec<Row>) {
        let mut branches = vec![Branch {
            task: root,
            head: String::new(),
            indent: String::new(),
            path: Vec::new(),
        }];
        while let Some(branch) = branches.pop() {
            let task = branch.task;
            let repeats = match std::mem::replace(&mut is_shown[task], true) {
                false => Repeats::Nothing,
                true if branch.path.contains(&task) => Repeats::Cycle,
                true => Repeats::Above,
            };
            let below = self.sorted(self.below[task].clone());
            let has_more = !below.is_empty() && repeats == Repeats::Nothing;
            let is_folded = self.how.folded.contains(&self.tasks[task].number);
            rows.push(Row {
                task,
                head: branch.head.clone(),
                indent: branch.indent.clone(),
                has_more,
                repeats,
            });
            if has_more && is_folded {
                self.hide(&below, is_shown);
            } else if has_more {
                branches.extend(branch.children(below));
            }
        }
    }

    /// Marks what is below a folded task as shown: it is not to come again at the end.
    fn hide(&self, below: &[usize], is_shown: &mut [bool]) {
        let mut rest = below.to_vec();
        while let Some(task) = rest.pop() {
            if !std::mem::replace(&mut is_shown[task], true) {
                rest.extend(&self.below[task]);
            }
        }
    }
}

impl Branch {
    /// Returns those below, the last first.
    fn children(self, below: Vec<usize>) -> Vec<Self> {
        let last = below.len() - 1;
        let mut path = self.path;
        path.push(self.task);
        let child = |(at, task)| {
            let (head, indent) = if at == last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            Self {
                task,
                head: format!("{}{head}", self.indent),
                indent: format!("{}{indent}", self.indent),
                path: path.clone(),
            }
        };
        let mut children: Vec<Self> = below.into_iter().enumerate().map(child).collect();
        children.reverse();
        children
    }
}

/// Returns which tasks match, or lead to one that does.
fn wanted(filter: &str, tasks: &[Task], below: &[Vec<usize>]) -> Vec<bool> {
    let mut above = vec![Vec::new(); tasks.len()];
    for (task, below) in below.iter().enumerate() {
        below.iter().for_each(|&it| above[it].push(task));
    }
    let mut is_wanted = vec![false; tasks.len()];
    let mut rest: Vec<usize> = (0..tasks.len())
        .filter(|&at| tasks[at].matches(filter))
        .collect();
    while let Some(task) = rest.pop() {
        if !std::mem::replace(&mut is_wanted[task], true) {
            rest.extend(&above[task]);
        }
    }
    is_wanted
}

#[cfg(test)]
mod tests;
