//! Rules of this repository that a person could forget, and its own tools.

mod aliases;
mod asyncio_ledger;
mod attack_program;
mod compile_errors;
mod documents;
mod guide;
mod layers;
mod player;
mod source_files;
mod tidy;
