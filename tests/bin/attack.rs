//! Attacks the libraries with random programs: `attack` without arguments says how.

use std::process::ExitCode;

fn main() -> ExitCode {
    tests::attack::command::main(std::env::args().skip(1))
}
