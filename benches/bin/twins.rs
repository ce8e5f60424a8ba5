//! Runs one of the programs that were written three times, in one of its forms.
//!
//! ```text
//! cargo run --release -p benches --bin twins -- chain threads --numbers 10
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::twin()
}
