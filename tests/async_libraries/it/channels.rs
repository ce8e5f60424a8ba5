//! Channels and locks of `tokio::sync`, `async-channel`, `async-lock` and `async-broadcast`.

mod from_threads;
mod in_one_thread;
