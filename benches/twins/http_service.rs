//! A service over HTTP, and those who use it.

pub(super) mod async_await;
mod by_httparse;
mod by_hyper;
pub(super) mod threads;
pub(super) mod yieldfrom;

/// Serves items by HTTP, and asks for them by several clients at once, each with a connection that is kept alive.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many clients there are.
    #[arg(long, default_value_t = 3)]
    clients: usize,
    /// How many items each of them asks for.
    #[arg(long, default_value_t = 2)]
    requests: usize,
}

/// Returns the first item that a client asks for; the others come after it.
fn first(client: usize) -> usize {
    100 * client
}

/// Says what a client has got.
fn summary(client: usize, bodies: &[String]) -> String {
    let bytes: usize = bodies.iter().map(String::len).sum();
    let last = bodies.last().map_or("nothing", String::as_str);
    format!(
        "client {client}: {} items, {bytes} bytes, the last is {last}",
        bodies.len()
    )
}
