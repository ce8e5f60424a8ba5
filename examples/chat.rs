//! A chat server: connections that talk to each other.
//!
//! Each client has a task, which reads its lines, and a second one, which writes what the others say. In
//! between stands a queue of 64 lines. So a client that reads slowly stops nobody: when it is 64 lines
//! behind, it is put out. Ctrl-C ends the server, but not without a last word.
//!
//! ```text
//! $ cargo run --release --example chat
//! Serving on 127.0.0.1:8765
//! ann joined
//! bob joined
//! bob left: Connection reset by peer (os error 104)
//! ^Cann left
//! ```
//!
//! In another terminal, or in several:
//!
//! ```text
//! $ nc 127.0.0.1 8765
//! Your name? ann
//! * bob joined
//! bob: hello
//! * bob left
//! * the server ends: goodbye
//! ```

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use clap::Parser;
use examples::recording::Recording;
use yieldfrom::{
    Co, Event, KeyboardInterrupt, Queue, Result, Server, StreamReader, StreamWriter, co,
    get_running_loop, no_suspend, run, spawn, start_server, timeout,
};

/// Passes on what each client says to all others.
#[derive(Debug, Parser)]
struct Options {
    /// Name or address of this machine to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on, 0 for any that is free
    #[arg(long, default_value_t = 8765)]
    port: u16,

    /// Write what happens into this file: a page that plays it (.html), a picture (.svg) or a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// So many lines may wait for a client.
const BEHIND: usize = 64;
/// So much of what a client does not take is kept, in bytes, besides these lines.
const BUFFERED: usize = 16 << 10;
/// So long the last word may take, in seconds.
const PATIENCE: f64 = 2.0;

/// A client, as the others see it.
#[derive(Clone)]
struct Member {
    mail: Queue<Rc<str>>,
    writer: StreamWriter,
    is_slow: Rc<Cell<bool>>,
}

/// The clients that are there, by name.
#[derive(Default)]
struct Room {
    members: RefCell<BTreeMap<String, Member>>,
    /// The last word was said.
    is_over: Cell<bool>,
}

impl Room {
    /// Lets a client in, unless another one has the name.
    fn join(&self, name: &str, member: &Member) -> bool {
        if name.is_empty() || self.members.borrow().contains_key(name) {
            return false;
        }
        self.members
            .borrow_mut()
            .insert(name.to_owned(), member.clone());
        self.say(name, &format!("* {name} joined"));
        true
    }

    fn leave(&self, name: &str) {
        self.members.borrow_mut().remove(name);
        self.say(name, &format!("* {name} left"));
    }

    /// Gives a line to all but one, and puts those out that are too far behind.
    fn say(&self, from: &str, text: &str) {
        if self.is_over.get() {
            return; // some still talk, but the last word was said
        }
        let line: Rc<str> = format!("{text}\n").into();
        // `put` could wait for room, and others would join and leave meanwhile.
        no_suspend(|| {
            for (_, member) in self
                .members
                .borrow()
                .iter()
                .filter(|(name, _)| *name != from)
            {
                if member.mail.put_nowait(line.clone()).is_err() && !member.is_slow.replace(true) {
                    member.writer.transport().abort(); // its reader finds the end
                }
            }
        });
    }

    /// Takes no more lines. Each client is closed when it has received those that wait for it.
    fn close(&self) {
        self.is_over.set(true);
        for member in self.members.borrow().values() {
            member.mail.shutdown(false);
        }
    }
}

/// Serves a client, from its name to its end.
fn serve(co: &Co, room: &Room, reader: StreamReader, writer: StreamWriter) -> Result<()> {
    writer.transport().set_write_buffer_limits(BUFFERED, None)?;
    let member = Member {
        mail: Queue::with_maxsize(BEHIND),
        writer,
        is_slow: Rc::default(),
    };
    let Some(name) = ask_name(co, room, &reader, &member)? else {
        return Ok(());
    };
    println(&format!("{name} joined"))?;
    let postman = spawn(co!([member], |co| deliver(co, &member)));
    let talked = talk(co, room, &name, &reader);
    room.leave(&name);
    let why = match &talked {
        Err(error) => format!(": {error}"),
        Ok(()) if member.is_slow.get() => ": too slow".to_owned(),
        Ok(()) => String::new(),
    };
    println(&format!("{name} left{why}"))?;
    member.mail.shutdown(true);
    // If the connection is lost, it says so as well, and that is known.
    let _ = co.yield_from(postman);
    Ok(())
}

/// Asks for a name until there is one that nobody has; none if the client leaves.
fn ask_name(
    co: &Co,
    room: &Room,
    reader: &StreamReader,
    member: &Member,
) -> Result<Option<String>> {
    loop {
        member.writer.write(b"Your name? ")?;
        let Some(name) = co.yield_from(reader.line())? else {
            return Ok(None);
        };
        if room.join(name.trim(), member) {
            return Ok(Some(name.trim().to_owned()));
        }
    }
}

/// Passes on what a client says, until it has no more to say.
fn talk(co: &Co, room: &Room, name: &str, reader: &StreamReader) -> Result<()> {
    while let Some(line) = co.yield_from(reader.line())? {
        room.say(name, &format!("{name}: {line}"));
    }
    Ok(())
}

/// Writes what the others say, no faster than the client reads.
fn deliver(co: &Co, member: &Member) -> Result<()> {
    while let Some(line) = co.yield_from(member.mail.next())? {
        member.writer.write(line.as_bytes())?;
        co.yield_from(member.writer.drain())?;
    }
    member.writer.close();
    Ok(())
}

fn chat(co: &Co, options: &Options) -> Result<()> {
    let room = Rc::new(Room::default());
    let handler = {
        let room = Rc::clone(&room);
        move |co: &Co, reader, writer| serve(co, &room, reader, writer)
    };
    let address = (&*options.host, options.port);
    let server = co.yield_from(start_server(handler, address))?;
    for address in server.sockets() {
        println(&format!("Serving on {address}"))?;
    }
    // Not `serve_forever`: when Ctrl-C cancels that, it closes the clients before it returns, and nobody
    // would hear the last word.
    let end = co.yield_from(Event::new().wait());
    say_goodbye(co, &room, &server)?;
    end
}

/// Ends a server as those wish who use it: nobody new, a last word, and only then the end.
fn say_goodbye(co: &Co, room: &Room, server: &Server) -> Result<()> {
    server.close();
    room.say("", "* the server ends: goodbye");
    room.close();
    let all_left = timeout(PATIENCE, |co| co.yield_from(server.wait_closed()));
    if co.yield_from(all_left).is_err() {
        server.abort_clients(); // who does not read, or has not said a name
    }
    co.yield_from(server.wait_closed())
}

fn println(line: &str) -> Result<()> {
    Ok(writeln!(stdout(), "{line}")?)
}

/// Serves, and writes what has happened if that was asked for.
fn recorded(co: &Co, options: &Options) -> Result<()> {
    let recording = Recording::of_loop(options.trace.as_ref(), &get_running_loop()?)?;
    recording.write_after(chat(co, options))
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(move |co: &Co| recorded(co, &options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<KeyboardInterrupt>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}
