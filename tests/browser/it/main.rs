//! The pages that play recordings, in a real browser: Chromium, driven by WebDriver.
//!
//! Without `chromium` and `chromedriver` (Debian's `chromium` and `chromium-driver`), the tests say so and
//! are skipped.

mod browser;
mod driver;
mod large;
mod looks;
mod page;
mod player;
#[path = "../../../engine/src/insight/trace/player.rs"]
mod player_page;
mod programs;
mod random_run;
mod recordings;
mod reference;
mod texts;
mod timeline;
