//! As much of HTTP/1.1 as downloading files takes.
//!
//! | part | what | waits |
//! | --- | --- | --- |
//! | [`ResponseParser`], [`RequestParser`] | bytes in, messages out | never: they know no sockets |
//! | [`Redirects`], [`Pool`] | where to go next, which connections to use again | never |
//! | [`blocking::Session`] | a client | blocks its thread |
//! | [`Session`] | the same client | by `co.yield_from(...)` |
//! | [`server`] | a server of files | by `co.yield_from(...)` |
//!
//! Both clients are the same program over the same parts: one calls `read`, where the other calls
//! `co.yield_from(read)`.

pub mod blocking;
mod body;
mod error;
mod faults;
mod files;
mod head;
mod options;
mod pool;
mod redirects;
mod request;
mod response;
pub mod server;
mod session;
mod trust;

pub use body::Framing;
pub use error::{HttpError, Result};
pub use faults::{Fault, Faults};
pub use files::{Entry, Files};
pub use head::{Headers, Limits};
pub use options::Options;
pub use pool::{Origin, Pool};
pub use redirects::Redirects;
pub use request::{Request, RequestParser};
pub use response::{ResponseHead, ResponseParser};
pub use session::{Response, Session};
pub use trust::Trust;
