//! Rules of this repository that a person could forget, and its own tools.

mod asyncio_ledger;
mod attack_program;
<<<<<<< HEAD
mod documented;
mod guide;
=======
mod source_files;
>>>>>>> bf10a10 (tests: the length of a file counts its lines of code, at most 300; no item needs an example or a "See")
mod tidy;
