//! What the system can do: a server written by hand, edge-triggered, with as few calls as possible.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::retry_on_intr;

use super::BUFFER;
use crate::servers::announce;

const EVENTS: usize = 1024;
/// Stands for the listener among the events.
const LISTENER: u64 = u64::MAX;

pub(super) fn serve() {
    Server::new()
        .and_then(|mut server| server.run())
        .expect("the server works");
}

struct Server {
    epoll: OwnedFd,
    listener: TcpListener,
    /// By their descriptors, which are small numbers.
    connections: Vec<Option<Connection>>,
}

struct Connection {
    stream: TcpStream,
    /// What the system does not take yet: nothing, as long as the other side reads.
    unsent: Vec<u8>,
}

impl Server {
    fn new() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        announce(listener.local_addr()?.port());
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(LISTENER),
            EventFlags::IN,
        )?;
        Ok(Self {
            epoll,
            listener,
            connections: Vec::new(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        let mut buffer = [0; BUFFER];
        loop {
            let noticed = || epoll::wait(&self.epoll, spare_capacity(&mut events), None);
            retry_on_intr(noticed)?;
            for event in events.drain(..) {
                let data = event.data;
                match data.u64() {
                    LISTENER => self.accept()?,
                    number => self.serve(number as usize, event.flags, &mut buffer),
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        let (stream, _) = match self.listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            accepted => accepted?,
        };
        stream.set_nonblocking(true)?;
        let number = stream.as_raw_fd() as usize;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(
            &self.epoll,
            &stream,
            EventData::new_u64(number as u64),
            flags,
        )?;
        if self.connections.len() <= number {
            self.connections.resize_with(number + 1, || None);
        }
        self.connections[number] = Some(Connection {
            stream,
            unsent: Vec::new(),
        });
        Ok(())
    }

    /// Does what an event calls for; a connection that fails or ends is closed.
    fn serve(&mut self, number: usize, flags: EventFlags, buffer: &mut [u8]) {
        if let Some(connection) = &mut self.connections[number]
            && !connection.progress(flags, buffer).unwrap_or(false)
        {
            self.connections[number] = None;
        }
    }
}

impl Connection {
    /// Receives and sends what can be; returns whether the connection goes on.
    fn progress(&mut self, flags: EventFlags, buffer: &mut [u8]) -> io::Result<bool> {
        if !self.unsent.is_empty() {
            let rest = mem::take(&mut self.unsent);
            if !self.send(&rest)? {
                return Ok(true);
            }
        } else if flags == EventFlags::OUT {
            return Ok(true);
        }
        // An end is not announced twice: it must be read now.
        let ends = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        loop {
            let size = match self.stream.read(buffer) {
                Ok(0) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                size => size?,
            };
            // A short read means that there is no more.
            if !self.send(&buffer[..size])? || size < buffer.len() && !ends {
                return Ok(true);
            }
        }
    }

    /// Sends, and keeps what the system does not take; returns whether it takes all.
    fn send(&mut self, mut data: &[u8]) -> io::Result<bool> {
        while !data.is_empty() {
            match self.stream.write(data) {
                Ok(size) => data = &data[size..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.unsent.extend_from_slice(data);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
