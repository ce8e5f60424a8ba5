//! The options.

use clap::Parser;

/// Finds characters by words in their names; without words, serves others who look for some.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Words in the names of the characters to print
    pub(crate) words: Vec<String>,

    /// Name or address of this machine to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,

    /// Port to listen on, 0 for any that is free
    #[arg(long, default_value_t = 2323)]
    pub(crate) port: u16,

    /// End after so many connections
    #[arg(long, value_name = "N")]
    pub(crate) connections: Option<usize>,
}
