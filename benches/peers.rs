//! How peers are run: scripts of Python, goroutines, another build of this program, processes of it, other runtimes, and futures polled by hand.

pub(crate) mod go;
pub(crate) mod native;
pub(crate) mod polled_futures;
pub(crate) mod processes;
pub(crate) mod python;
pub(crate) mod runtimes;
