//! The bridge to async/await: futures of std in coroutines, and coroutines as such futures.
//!
//! [`from_std`] and [`spawn_std`] drive a `std::future::Future` here: by the coroutine that delegates to it, or as a
//! task without a stack. In async code, `.await` takes tasks and futures of this crate, coroutines and sleeps.
//! `Send` futures and their wakers work with every thread; what is not `Send` stays on the loop's one.

mod awaiting;
mod concurrent;
mod from_std;
mod guest;
mod kept;
mod portable;
mod slept;
mod spawn;
mod table;
mod waker;

pub use awaiting::Awaiting;
pub use concurrent::AwaitingConcurrent;
pub use from_std::{FromStd, from_std};
pub use guest::{Guest, Host};
pub(crate) use kept::WakerCell;
pub use portable::Portable;
pub use slept::Slept;
pub use spawn::spawn_std;
pub(crate) use waker::ForeignWakers;
