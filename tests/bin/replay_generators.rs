//! Runs a generator scenario, and prints its trace.

use tests::language::command;
use tests::language::generators::{Player, parse};

fn main() {
    command::replay("replay-generators", |text, out| {
        let player = Player::new(parse(text)?, out);
        let outcome = player.play();
        std::mem::forget(player);
        Ok(outcome?)
    })
}
