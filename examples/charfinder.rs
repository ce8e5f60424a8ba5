//! The character finder of "Fluent Python", chapter 18: finds characters by words in their names.
//!
//! With words it prints what it finds; without, it is the book's `tcp_charfinder`, a server for
//! `telnet` and `nc`. Each client has a task, which runs `handle_queries` and, which reads almost as in the
//! book.
//!
//! ```text
//! $ cargo run --release --example charfinder -- rook
//! U+2656     ♖    WHITE CHESS ROOK
//! U+265C     ♜    BLACK CHESS ROOK
//! ...
//! $ cargo run --release --example charfinder
//! Serving on 127.0.0.1:2323. Hit CTRL-C to stop.
//! ```
//!
//! In another terminal:
//!
//! ```text
//! $ nc 127.0.0.1 2323          # or telnet 127.0.0.1 2323
//! ?> chess black
//! U+265A     ♚    BLACK CHESS KING
//! ...
//! ?> cat face
//! ```
//!
//! A session ends with the end of the input, or with a line that begins with a control character
//! or is not UTF-8: that is what Ctrl-C sends in `telnet` (then Enter; there is more in
//! `charfinder/telnet.rs`).
//!
//! What differs from the book: at the end of the input its server goes round for ever, and this
//! one ends the session; it tells a client whose line is too long; and many results are sent in
//! parts, so that a client that reads slowly costs no memory.

#[path = "charfinder/index.rs"]
mod index;
#[path = "charfinder/options.rs"]
mod options;
#[path = "charfinder/quote.rs"]
mod quote;
#[path = "charfinder/telnet.rs"]
mod telnet;

use std::io::{Write, stdout};
use std::process::ExitCode;

use clap::Parser;
use yieldfrom::{
    Co, KeyboardInterrupt, Queue, Result, StreamReader, StreamWriter, ValueError, run, start_server,
};

use crate::index::{UnicodeNameIndex, status};
use crate::options::Options;
use crate::quote::{quote, strip};

const CRLF: &str = "\r\n";
const PROMPT: &[u8] = b"?> ";
/// The longest line that is taken, in bytes.
const LIMIT: usize = 1024;
/// So many results are written at a time.
const PART: usize = 500;

/// Answers a client's queries, until it has no more.
fn handle_queries(
    co: &Co,
    index: &UnicodeNameIndex,
    reader: &StreamReader,
    writer: &StreamWriter,
) -> Result<()> {
    let client = writer
        .peername()
        .map_or_else(String::new, |peer| peer.to_string());
    loop {
        writer.write(PROMPT)?; // can't wait
        co.yield_from(writer.drain())?; // must wait
        let Some(query) = read_query(co, reader, writer)? else {
            break;
        };
        writeln!(stdout(), "Received from {client}: {}", quote(&query))?;
        if query.is_empty() {
            continue;
        }
        if query.starts_with(|first: char| u32::from(first) < 32) {
            break;
        }
        let count = answer(co, index, writer, &query)?;
        writeln!(stdout(), "Sent {count} results")?;
    }
    writeln!(stdout(), "Close the client socket")?;
    writer.close();
    co.yield_from(writer.wait_closed())
}

/// Reads a line; returns none at the end. What cannot be a query becomes a control character.
fn read_query(co: &Co, reader: &StreamReader, writer: &StreamWriter) -> Result<Option<String>> {
    let data = match co.yield_from(reader.readline()) {
        Err(error) if error.is::<ValueError>() => {
            write!(&*writer, "The line is longer than {LIMIT} bytes{CRLF}")?;
            return Ok(None);
        }
        data => data?,
    };
    if data.is_empty() {
        return Ok(None);
    }
    let query = String::from_utf8(telnet::text(data));
    Ok(Some(query.map_or_else(
        |_| "\0".to_owned(),
        |query| strip(&query).to_owned(),
    )))
}

/// Sends what there is for a query; returns how many characters that are.
fn answer(co: &Co, index: &UnicodeNameIndex, writer: &StreamWriter, query: &str) -> Result<usize> {
    let chars = index.find_chars(query);
    for part in chars.chunks(PART) {
        writer.writelines(part.iter().map(|&char| index::describe(char) + CRLF))?;
        co.yield_from(writer.drain())?;
    }
    writer.write((status(query, chars.len()) + CRLF).as_bytes())?;
    co.yield_from(writer.drain())?;
    Ok(chars.len())
}

fn serve(co: &Co, index: UnicodeNameIndex, options: &Options) -> Result<()> {
    let ended = Queue::new();
    let note = ended.clone();
    let handler = move |co: &Co, reader, writer| {
        let result = handle_queries(co, &index, &reader, &writer);
        note.put_nowait(())?;
        result
    };
    let address = (&*options.host, options.port);
    let server = co.yield_from(start_server(handler, address).limit(LIMIT))?;
    for address in server.sockets() {
        writeln!(stdout(), "Serving on {address}. Hit CTRL-C to stop.")?;
    }
    match options.connections {
        Some(n) => (0..n).try_for_each(|_| co.yield_from(ended.get()))?,
        None => co.yield_from(server.serve_forever())?,
    }
    writeln!(stdout(), "Server shutting down.")?;
    server.close();
    server.abort_clients();
    co.yield_from(server.wait_closed())
}

/// Prints what there is for a query.
fn find(index: &UnicodeNameIndex, query: &str) -> Result<()> {
    let mut out = stdout().lock();
    let chars = index.find_chars(query);
    for &char in &chars {
        writeln!(out, "{}", index::describe(char))?;
    }
    Ok(writeln!(out, "({})", status(query, chars.len()))?)
}

fn main() -> ExitCode {
    let options = Options::parse();
    let index = UnicodeNameIndex::new();
    let result = if options.words.is_empty() {
        run(move |co: &Co| serve(co, index, &options))
    } else {
        find(&index, &options.words.join(" "))
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<KeyboardInterrupt>() => {
            println!("Server shutting down.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("charfinder: {error}");
            ExitCode::FAILURE
        }
    }
}
