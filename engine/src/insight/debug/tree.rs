//! A report as text: a tree in which each task stands above those that it waits for.

use std::fmt;

use super::{Report, TaskReport, WaitKind, WaitsFor};

/// At most this many tasks are shown. The data has all.
const MOST: usize = 1_000;

impl Report {
    /// Says what a task waits for, and which task has it.
    fn reason(&self, task: &TaskReport) -> String {
        let waits_for = &task.waits_for;
        match waits_for.holder {
            Some(holder) => format!("{waits_for}, held by {}", self.tasks[holder].name),
            None => waits_for.to_string(),
        }
    }

    fn show_cycle(&self, cycle: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = cycle.iter().zip(cycle.iter().cycle().skip(1));
        let waits = pairs.map(|(&index, &next)| {
            let task = &self.tasks[index];
            let WaitsFor { kind, holder, .. } = task.waits_for;
            let reason = self.reason(task);
            // The reason itself names the next task, if that is what the task waits for.
            match kind == WaitKind::Task || holder == Some(next) {
                true => format!(" waits for {reason}"),
                false => format!(" waits for {reason} with {}", self.tasks[next].name),
            }
        });
        let waits: Vec<_> = waits.collect();
        let first = cycle.first().map_or("", |&first| self.tasks[first].name());
        writeln!(f, "cycle: {first}{}", waits.join(", which"))
    }

    fn show_task(&self, task: &TaskReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, origin) = (task.origin.call(), task.origin.location());
        let made_at = task.made_at.unwrap_or(origin);
        let (file, line) = (made_at.file(), made_at.line());
        write!(f, "{} {name} made at {file}:{line}", task.name)?;
        match task.waits_for.kind {
            WaitKind::Nothing if task.is_running => f.write_str(" is running"),
            WaitKind::Nothing => f.write_str(" is ready"),
            _ => write!(f, " waits for {}", self.reason(task)),
        }
    }
}

/// A task of the tree that is still to be written.
#[derive(Default)]
struct Branch {
    task: usize,
    /// Stands before the line of the task.
    head: String,
    /// Stands before the lines that belong to the task.
    indent: String,
    /// The tasks above it, outermost first.
    above: Vec<usize>,
}

/// Shows the circles, and then the tasks as a tree: below each task are those that it waits for.
///
/// Each task is there once with its details. Where it would come again, there is only its name. At
/// most a thousand tasks are shown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cycle in &self.cycles {
            self.show_cycle(cycle, f)?;
        }
        let mut tree = Tree {
            report: self,
            shown: vec![false; self.tasks.len()],
            count: 0,
        };
        // First the tasks that no task waits for. The rest wait in circles.
        let roots = self.tasks.iter().filter(|task| task.awaited_by.is_empty());
        for task in roots.chain(&self.tasks) {
            if !tree.shown[task.index] && tree.count < MOST {
                tree.show(task.index, f)?;
            }
        }
        let left = tree.shown.iter().filter(|shown| !**shown).count();
        if left > 0 {
            writeln!(f, "... and {left} more")?;
        }
        Ok(())
    }
}

struct Tree<'a> {
    report: &'a Report,
    shown: Vec<bool>,
    count: usize,
}

impl Tree<'_> {
    fn show(&mut self, root: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = vec![Branch {
            task: root,
            ..Branch::default()
        }];
        while let Some(branch) = rest.pop() {
            let task = &self.report.tasks[branch.task];
            f.write_str(&branch.head)?;
            if branch.above.contains(&task.index) {
                writeln!(f, "{} (a cycle)", task.name)?;
            } else if std::mem::replace(&mut self.shown[task.index], true) {
                writeln!(f, "{} (see above)", task.name)?;
            } else if self.count == MOST {
                self.shown[task.index] = false;
                return writeln!(f, "...");
            } else {
                self.count += 1;
                self.report.show_task(task, f)?;
                writeln!(f)?;
                self.show_stack(task, &branch, f)?;
                self.add_awaited(task, branch, &mut rest);
            }
        }
        Ok(())
    }

    fn show_stack(
        &self,
        task: &TaskReport,
        branch: &Branch,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let bar = if task.awaits.is_empty() { " " } else { "│" };
        for link in &task.stack {
            writeln!(f, "{}{bar}   {link}", branch.indent)?;
        }
        Ok(())
    }

    fn add_awaited(&self, task: &TaskReport, branch: Branch, rest: &mut Vec<Branch>) {
        let (indent, mut above) = (branch.indent, branch.above);
        above.push(task.index);
        for (at, &awaited) in task.awaits.iter().enumerate().rev() {
            let (head, deeper) = match at + 1 == task.awaits.len() {
                true => ("└── ", "    "),
                false => ("├── ", "│   "),
            };
            rest.push(Branch {
                task: awaited,
                head: format!("{indent}{head}"),
                indent: format!("{indent}{deeper}"),
                above: above.clone(),
            });
        }
    }
}
