//! Runs an event-loop scenario, and prints its trace.

use tests::language::command::{self, Failure};
use tests::language::event_loop::{Player, parse};

fn main() {
    command::replay("replay-event-loop", |text, out| {
        let player = Player::new(parse(text)?, out).map_err(Failure::other)?;
        let outcome = player.play();
        std::mem::forget(player);
        Ok(outcome?)
    })
}
