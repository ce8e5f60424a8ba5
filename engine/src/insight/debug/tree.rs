//! A report as text: a tree of who waits for whom.

use std::fmt;

use super::{Report, TaskReport, WaitKind};

/// So many tasks are shown; the data has all.
const MOST: usize = 1_000;

impl Report {
    /// Says what a task waits for, and who has it.
    fn reason(&self, task: &TaskReport) -> String {
        let waits_for = &task.waits_for;
        match waits_for.holder {
            Some(holder) => format!("{waits_for}, held by {}", self.tasks[holder].name),
            None => waits_for.to_string(),
        }
    }

    fn show_cycle(&self, cycle: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(&first) = cycle.first() else {
            return Ok(());
        };
        write!(f, "cycle: {}", self.tasks[first].name)?;
        for (at, &index) in cycle.iter().enumerate() {
            let task = &self.tasks[index];
            let next = &self.tasks[cycle[(at + 1) % cycle.len()]];
            write!(f, " waits for {}", self.reason(task))?;
            // The reason itself names who is awaited, where that is one.
            let names_next =
                task.waits_for.holder == Some(next.index) || task.waits_for.kind == WaitKind::Task;
            if !names_next {
                write!(f, " with {}", next.name)?;
            }
            f.write_str(if at + 1 < cycle.len() {
                ", which"
            } else {
                "\n"
            })?;
        }
        Ok(())
    }

    fn show_task(&self, task: &TaskReport, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &task.origin;
        let name = origin.name();
        let (file, line) =
            (task.made_at).map_or((origin.file(), origin.line()), |at| (at.file(), at.line()));
        write!(f, "{} {name}() made at {file}:{line}", task.name)?;
        match task.waits_for.kind {
            WaitKind::Nothing if task.is_running => f.write_str(" is running"),
            WaitKind::Nothing => f.write_str(" is ready"),
            _ => write!(f, " waits for {}", self.reason(task)),
        }
    }
}

/// One line of the tree that is still to be written.
struct Branch {
    task: usize,
    /// What comes before the line, and before those that belong to it.
    head: String,
    indent: String,
    /// Who is above it, outermost first.
    above: Vec<usize>,
}

/// Shows the circles, and then the tasks as a tree: below each one are those that it waits for.
///
/// Each task is there once with all that is known of it; where it would come again, it is only
/// named. Of very many tasks, the first thousand are shown.
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
        // First those for whom nobody waits; what is left then waits in circles.
        let roots = self.tasks.iter().filter(|task| task.awaited_by.is_empty());
        for task in roots.chain(&self.tasks) {
            if !tree.shown[task.index] && tree.count < MOST {
                tree.show(task.index, f)?;
            }
        }
        let left = tree.shown.iter().filter(|shown| !**shown).count();
        match left {
            0 => Ok(()),
            left => writeln!(f, "... and {left} more"),
        }
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
            head: String::new(),
            indent: String::new(),
            above: Vec::new(),
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
        let Branch {
            indent, mut above, ..
        } = branch;
        above.push(task.index);
        for (at, &awaited) in task.awaits.iter().enumerate().rev() {
            let is_last = at + 1 == task.awaits.len();
            let (head, deeper) = match is_last {
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
