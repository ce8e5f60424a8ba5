//! How the view is drawn.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Cell, Paragraph, Row as TableRow, Table, TableState};

use crate::spans::known;
use crate::text;
use crate::tree::{Repeats, Row};
use crate::view::View;

/// The least room for the table, and the room for a chain.
const TABLE: u16 = 5;
const CHAIN: u16 = 9;

/// Draws all of it.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let summary = text::summary(&view.answer);
    let height = u16::try_from(summary.len()).unwrap_or(u16::MAX);
    let chain = if view.shows_chain { CHAIN } else { 0 };
    let rooms = Layout::vertical([
        Constraint::Length(height),
        Constraint::Min(TABLE),
        Constraint::Length(chain),
        Constraint::Length(1),
    ]);
    let [top, table, chain, bottom] = rooms.areas(frame.area());
    draw_summary(frame, view, summary, top);
    draw_table(frame, view, table);
    draw_chain(frame, view, chain);
    frame.render_widget(Paragraph::new(footer(view)), bottom);
}

fn draw_summary(frame: &mut Frame<'_>, view: &View, lines: Vec<String>, area: Rect) {
    let is_held = view.answer.entry.is_some() && !view.answer.has_answered;
    let style = |at| match at {
        1 if is_held => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        1 if !view.answer.has_answered => Style::new().fg(Color::Yellow),
        _ => Style::new(),
    };
    let lines = lines.into_iter().enumerate();
    let lines = lines.map(|(at, line)| Line::styled(line, style(at)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn draw_table(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let visible = usize::from(area.height.saturating_sub(1));
    // Only what fits is made: there may be ten thousand rows.
    let first = view.selected.saturating_sub(visible.saturating_sub(1));
    let rows = view.rows.iter().skip(first).take(visible);
    let widths = [
        Constraint::Fill(3),
        Constraint::Length(12),
        Constraint::Fill(4),
        Constraint::Fill(3),
    ];
    let once = view
        .rows
        .iter()
        .filter(|row| row.repeats == Repeats::Nothing);
    let title = format!("TASK ({} of {})", once.count(), view.answer.tasks().len());
    let header = TableRow::new([title.as_str(), "FOR", "WAITS FOR", "COROUTINE"]);
    let table = Table::new(rows.map(|row| table_row(view, row)), widths)
        .header(header.style(Style::new().add_modifier(Modifier::BOLD)))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected(view.selected - first.min(view.selected));
    frame.render_stateful_widget(table, area, &mut state);
}

fn table_row(view: &View, row: &Row) -> TableRow<'static> {
    let tasks = view.answer.tasks();
    let task = &tasks[row.task];
    let is_folded = row.has_more && view.how.folded.contains(&task.number);
    let mark = if is_folded { "+ " } else { "" };
    let name = format!("{}{mark}{}{}", row.head, task.name, row.repeats.note());
    if row.repeats != Repeats::Nothing {
        return TableRow::new([Cell::from(name)]);
    }
    TableRow::new([
        Cell::from(name),
        Cell::from(
            task.waits_for
                .as_ref()
                .map_or_else(String::new, |_| known(task.seconds)),
        ),
        Cell::from(task.reason(tasks)),
        Cell::from(task.coroutine.short()),
    ])
}

/// Draws where the selected task is suspended.
fn draw_chain(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let room = usize::from(area.height.saturating_sub(1));
    if room == 0 {
        return;
    }
    let Some(task) = view.selected_task() else {
        return;
    };
    let verb = if task.waits_for.is_some() {
        "waits for"
    } else {
        "is"
    };
    let reason = task.reason(view.answer.tasks());
    let title = format!(" {} {verb} {reason} ", task.name);
    let block = Block::new().borders(Borders::TOP).title(title);
    let mut lines: Vec<Line<'_>> = task
        .stack
        .iter()
        .map(|place| Line::raw(place.to_string()))
        .collect();
    if lines.is_empty() {
        lines.push(Line::raw("It has not begun."));
    }
    // The innermost are what it is about.
    let hidden = lines.len().saturating_sub(room);
    if hidden > 0 {
        lines.drain(..=hidden);
        lines.insert(0, Line::raw(format!("... {} more above", hidden + 1)));
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn footer(view: &View) -> String {
    if view.is_editing {
        return format!("filter: {}_  (Enter: done, Esc: none)", view.how.filter);
    }
    let filter = match &*view.how.filter {
        "" => String::new(),
        text => format!(" {text:?}"),
    };
    let shape = if view.how.is_flat { "list" } else { "tree" };
    let paused = if view.is_paused { "  PAUSED" } else { "" };
    format!(
        "q quit  s sort: {}  t {shape}  / filter{filter}  Enter fold  - + all  c chain  p pause{paused}",
        view.how.order.name()
    )
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::{KeyCode, KeyEvent};

    use super::*;
    use crate::answer::Answer;
    use crate::tree::Arrangement;
    use crate::view::Wish;

    fn answer() -> Answer {
        let text = include_str!("../tests/answer.json");
        serde_json::from_str(text).unwrap()
    }

    fn view() -> View {
        View::new(answer(), Arrangement::default())
    }

    fn drawn(view: &View, width: u16, height: u16) -> Vec<String> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, view)).unwrap();
        let text = terminal.backend().to_string();
        let lines = text
            .lines()
            .map(|line| line.trim_matches('"').trim_end().to_owned());
        lines.collect()
    }

    fn press(view: &mut View, keys: &str) {
        for letter in keys.chars() {
            let code = match letter {
                '\n' => KeyCode::Enter,
                letter => KeyCode::Char(letter),
            };
            assert_eq!(view.press(KeyEvent::from(code)), Wish::GoOn);
        }
    }

    /// Returns the names that the table shows.
    fn names(view: &View) -> Vec<String> {
        let lines = drawn(view, 120, 40);
        let table = lines
            .iter()
            .skip_while(|line| !line.starts_with("TASK"))
            .skip(1);
        let table = table.take_while(|line| !line.is_empty());
        table
            .map(|line| line.split("   ").next().unwrap().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn the_screen_has_the_loop_its_tasks_and_a_chain() {
        let expected = include_str!("../tests/screen.txt");
        assert_eq!(
            drawn(&view(), 100, 20),
            expected.lines().collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_task_is_folded_and_unfolded() {
        let mut view = view();
        assert_eq!(names(&view).len(), 3);
        press(&mut view, "\n");
        assert_eq!(names(&view), ["+ main"]);
        press(&mut view, "\n");
        assert_eq!(names(&view).len(), 3);
        press(&mut view, "-");
        assert_eq!(names(&view), ["+ main"]);
        press(&mut view, "+");
        assert_eq!(names(&view).len(), 3);
    }

    #[test]
    fn keys_sort_filter_and_flatten() {
        let mut view = view();
        press(&mut view, "t");
        assert_eq!(names(&view), ["main", "waiter", "holder"]);
        press(&mut view, "s");
        assert_eq!(names(&view), ["holder", "main", "waiter"]);
        press(&mut view, "/HOLDER");
        assert!(drawn(&view, 100, 20)[19].starts_with("filter: HOLDER_"));
        press(&mut view, "\n");
        assert_eq!(names(&view), ["holder"]);
        assert!(drawn(&view, 100, 20)[19].contains("/ filter \"HOLDER\""));
    }

    #[test]
    fn the_selected_task_stays_selected() {
        let mut view = view();
        press(&mut view, "jj");
        assert_eq!(view.selected_task().unwrap().name, "holder");
        press(&mut view, "ts");
        assert_eq!(
            (view.selected_task().unwrap().name.as_str(), view.selected),
            ("holder", 0)
        );
        view.update(Answer::default());
        assert!(view.selected_task().is_none());
        press(&mut view, "jk\n-+st");
        drawn(&view, 100, 20);
    }

    #[test]
    fn q_and_escape_quit_and_end_the_filter_first() {
        let mut view = view();
        press(&mut view, "/q");
        assert_eq!(view.press(KeyEvent::from(KeyCode::Esc)), Wish::GoOn);
        assert_eq!(view.how.filter, "");
        assert_eq!(view.press(KeyEvent::from(KeyCode::Esc)), Wish::Quit);
        assert_eq!(view.press(KeyEvent::from(KeyCode::Char('q'))), Wish::Quit);
    }

    #[test]
    fn a_loop_that_is_held_says_by_what() {
        let mut answer = answer();
        answer.has_answered = false;
        answer.entry =
            serde_json::from_str(r#"{"task":"spin","what":"spin() at a.rs:1","seconds":2.5}"#)
                .unwrap();
        let lines = drawn(&View::new(answer, Arrangement::default()), 100, 20);
        assert_eq!(lines[1], "loop: held for 2.5 s by spin spin() at a.rs:1");
        assert!(lines[4].ends_with(", 1.00 ms ago"), "{}", lines[4]);
    }

    #[test]
    fn a_small_terminal_is_no_error() {
        let mut view = view();
        press(&mut view, "jj");
        for height in 1..40 {
            for width in [1, 10, 300] {
                drawn(&view, width, height);
            }
        }
    }

    #[test]
    fn the_innermost_of_a_long_chain_are_shown() {
        let mut answer = answer();
        let task = &mut answer.snapshot.as_mut().unwrap().tasks[0];
        task.stack = vec![task.stack[0].clone(); 20];
        task.stack
            .iter_mut()
            .zip(1..)
            .for_each(|(place, line)| place.line = line);
        let lines = drawn(&View::new(answer, Arrangement::default()), 100, 20);
        assert_eq!(lines[11], "... 13 more above");
        assert_eq!(lines[12], "main() at src/main.rs:14");
        assert_eq!(lines[18], "main() at src/main.rs:20");
    }

    #[test]
    fn the_selected_row_is_among_those_that_are_shown() {
        let mut answer = answer();
        let snapshot = answer.snapshot.as_mut().unwrap();
        let task = snapshot.tasks[2].clone();
        snapshot.tasks = (0..100)
            .map(|number| crate::answer::Task {
                number,
                name: format!("task {number}"),
                ..task.clone()
            })
            .collect();
        let mut view = View::new(answer, Arrangement::default());
        assert_eq!(view.press(KeyEvent::from(KeyCode::End)), Wish::GoOn);
        assert!(
            drawn(&view, 100, 20)
                .iter()
                .any(|line| line.starts_with("task 99"))
        );
    }
}
