//! Runs an event-loop scenario, and prints its trace.

use tests::event_loop::{Player, parse};
use tests::scenario::command::{self, Failure};

fn main() {
    command::replay("replay-event-loop", |text, out| {
        let player = Player::new(parse(text)?, out).map_err(Failure::other)?;
        let outcome = player.play();
        std::mem::forget(player);
        Ok(outcome?)
    })
}
