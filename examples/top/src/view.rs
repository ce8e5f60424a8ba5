//! What the terminal shows, and what keys change.

use std::collections::HashSet;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::answer::{Answer, Task};
use crate::tree::{Arrangement, Repeats, Row};

/// How many rows a page has for the keys.
const PAGE: isize = 20;

/// The state of the terminal.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) answer: Answer,
    pub(crate) how: Arrangement,
    pub(crate) rows: Vec<Row>,
    pub(crate) selected: usize,
    pub(crate) shows_chain: bool,
    /// Whether keys go into the filter.
    pub(crate) is_editing: bool,
    pub(crate) is_paused: bool,
}

/// What a key asks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    GoOn,
    Quit,
}

impl View {
    pub(crate) fn new(answer: Answer, how: Arrangement) -> Self {
        let mut view = Self {
            answer: Answer::default(),
            how,
            rows: Vec::new(),
            selected: 0,
            shows_chain: true,
            is_editing: false,
            is_paused: false,
        };
        view.update(answer);
        view
    }

    /// Shows a new answer. The selected task stays selected.
    pub(crate) fn update(&mut self, answer: Answer) {
        let number = self.selected_task().map(|task| task.number);
        self.answer = answer;
        self.arrange(number);
    }

    pub(crate) fn selected_task(&self) -> Option<&Task> {
        let row = self.rows.get(self.selected)?;
        self.answer.tasks().get(row.task)
    }

    fn arrange(&mut self, number: Option<u32>) {
        self.rows = self.how.rows(self.answer.tasks());
        let tasks = self.answer.tasks();
        let is_it =
            |row: &Row| row.repeats == Repeats::Nothing && Some(tasks[row.task].number) == number;
        let last = self.rows.len().saturating_sub(1);
        let same = self.rows.iter().position(is_it);
        self.selected = same.unwrap_or(self.selected.min(last));
    }

    fn rearrange(&mut self) {
        let number = self.selected_task().map(|task| task.number);
        self.arrange(number);
    }

    fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// Folds the selected task, or unfolds it.
    fn fold(&mut self) {
        let Some(number) = self.selected_task().map(|task| task.number) else {
            return;
        };
        if !self.how.folded.remove(&number) {
            self.how.folded.insert(number);
        }
        self.rearrange();
    }

    fn fold_all(&mut self) {
        let waiting = self
            .answer
            .tasks()
            .iter()
            .filter(|task| !task.awaits.is_empty());
        self.how.folded = waiting.map(|task| task.number).collect();
        self.rearrange();
    }

    fn unfold_all(&mut self) {
        self.how.folded = HashSet::new();
        self.rearrange();
    }

    /// Does what a key asks for.
    pub(crate) fn press(&mut self, key: KeyEvent) -> Wish {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Wish::Quit;
        }
        if self.is_editing {
            self.edit(key.code);
            return Wish::GoOn;
        }
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Wish::Quit,
            KeyCode::Down | KeyCode::Char('j') => self.step(1),
            KeyCode::Up | KeyCode::Char('k') => self.step(-1),
            KeyCode::PageDown => self.step(PAGE),
            KeyCode::PageUp => self.step(-PAGE),
            KeyCode::Home => self.step(isize::MIN),
            KeyCode::End => self.step(isize::MAX),
            key => self.change(key),
        }
        Wish::GoOn
    }

    /// Changes what is shown.
    fn change(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter | KeyCode::Char(' ') => self.fold(),
            KeyCode::Char('-') => self.fold_all(),
            KeyCode::Char('+') => self.unfold_all(),
            KeyCode::Char('/') => self.is_editing = true,
            KeyCode::Char('c') => self.shows_chain = !self.shows_chain,
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('s') => {
                self.how.order = self.how.order.next();
                self.rearrange();
            }
            KeyCode::Char('t') => {
                self.how.is_flat = !self.how.is_flat;
                self.rearrange();
            }
            _ => {}
        }
    }

    fn edit(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.is_editing = false,
            KeyCode::Esc => {
                self.is_editing = false;
                self.how.filter.clear();
            }
            KeyCode::Backspace => drop(self.how.filter.pop()),
            KeyCode::Char(letter) => self.how.filter.push(letter),
            _ => return,
        }
        self.rearrange();
    }
}
