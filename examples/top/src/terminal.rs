//! The terminal: it is drawn whenever the loop was looked at, and after each key.

use std::io::{self, IsTerminal};
use std::time::Instant;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::connection::Connection;
use crate::options::Options;
use crate::screen;
use crate::view::{View, Wish};

/// Shows the loop until the user quits, or the program ends.
pub(crate) fn run(mut connection: Connection, options: &Options) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        let why = "standard output is no terminal; use --once or --json";
        return Err(io::Error::other(why));
    }
    // An error is better seen before the screen is another one.
    let answer = connection.ask(options.limit)?;
    let mut view = View::new(answer, options.arrangement());
    let mut terminal = ratatui::try_init()?;
    let ended = watch(&mut terminal, &mut view, &mut connection, options);
    ratatui::try_restore()?;
    ended
}

fn watch(
    terminal: &mut DefaultTerminal,
    view: &mut View,
    connection: &mut Connection,
    options: &Options,
) -> io::Result<()> {
    let mut looked = Instant::now();
    loop {
        terminal.draw(|frame| screen::draw(frame, view))?;
        let left = options.interval.saturating_sub(looked.elapsed());
        if event::poll(left)? {
            if let Event::Key(key) = event::read()?
                && key.kind != KeyEventKind::Release
                && view.press(key) == Wish::Quit
            {
                return Ok(());
            }
            continue;
        }
        looked = Instant::now();
        // Somebody who pauses wants to go on later: the monitor forgets clients that say nothing.
        let answer = connection.ask(options.limit)?;
        if !view.is_paused {
            view.update(answer);
        }
    }
}
