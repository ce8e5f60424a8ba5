//! The monitor's thread.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::SendFlags;

use super::answer::{Answerer, error_line};
use super::client::{Client, Wish};
use super::link::MonitorLink;
use super::socket::MonitorSocket;
use crate::errors::panics;
use crate::insight::watch::Stop;
use crate::kernel::OnDrop;
use yieldfrom_delegation::report;

/// How many clients there may be.
const MOST_CLIENTS: usize = 8;
/// How many connections are looked at before those who are served have their turn.
const MOST_ACCEPTED: usize = 64;
/// How long no client is accepted when the system refuses to give one.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves the clients of one loop.
pub(in crate::insight) struct Server {
    socket: MonitorSocket,
    /// Ends when the thread is to end.
    stop: UnixStream,
    link: Arc<MonitorLink>,
    answerer: Answerer,
    clients: Vec<Client>,
}

impl Server {
    pub(in crate::insight) fn new(
        socket: MonitorSocket,
        stop: UnixStream,
        link: Arc<MonitorLink>,
    ) -> Self {
        Self {
            socket,
            stop,
            answerer: Answerer::new(Arc::clone(&link)),
            link,
            clients: Vec::new(),
        }
    }

    /// Serves until it is to stop.
    pub(in crate::insight) fn run(mut self, stop: &Stop) {
        let link = Arc::clone(&self.link);
        let _unwatched = OnDrop::new(|| link.set_watched(false));
        if let Err(error) = self.serve(stop) {
            panics::contain(|| {
                report!(target: "yieldfrom::monitor", Error, "the monitor has ended: {error}");
            });
        }
    }

    fn serve(&mut self, stop: &Stop) -> rustix::io::Result<()> {
        loop {
            let ready = self.wait()?;
            if ready[0] {
                return Ok(());
            }
            // From the last on, so that those before keep their places.
            for at in (0..self.clients.len()).rev() {
                let is_late = self.clients[at].deadline() <= Instant::now();
                if is_late || ready[at + 2] && !self.go_on(at, stop) {
                    self.clients.swap_remove(at);
                }
            }
            if ready[1] {
                self.accept();
            }
            self.link.set_watched(!self.clients.is_empty());
        }
    }

    /// Waits until something happens, and returns what: the end, a connection, or something of a client.
    fn wait(&self) -> rustix::io::Result<Vec<bool>> {
        let mut fds = vec![
            PollFd::new(&self.stop, PollFlags::IN),
            PollFd::new(&self.socket, PollFlags::IN),
        ];
        let clients = self.clients.iter();
        fds.extend(
            clients.map(|client| PollFd::from_borrowed_fd(client.as_fd(), client.interest())),
        );
        let deadline = self.clients.iter().map(Client::deadline).min();
        let timeout = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            Timespec::try_from(left).unwrap_or_default()
        });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(fds.iter().map(|fd| !fd.revents().is_empty()).collect())
    }

    /// Serves a client; returns false if it is to be forgotten.
    fn go_on(&mut self, at: usize, stop: &Stop) -> bool {
        let client = &mut self.clients[at];
        let mut wish = client.serve(Instant::now());
        loop {
            match wish {
                Wish::Nothing => return true,
                Wish::Gone => return false,
                // A loop that is closed answers nothing, and waits for this thread.
                Wish::Answer(_) if stop.is_asked() => return false,
                Wish::Answer(request) => {
                    let answer = self.answerer.answer(&request);
                    wish = client.answer(answer, Instant::now());
                }
            }
        }
    }

    /// Accepts those who wait. Those who are too many are told so.
    fn accept(&mut self) {
        for _ in 0..MOST_ACCEPTED {
            match self.socket.accept() {
                Ok(stream) if self.clients.len() < MOST_CLIENTS => {
                    self.clients.push(Client::new(stream, Instant::now()));
                }
                Ok(stream) => {
                    let line = error_line("too many programs watch this loop; close one of them");
                    let _ = rustix::net::send(stream.as_fd(), &line, SendFlags::NOSIGNAL);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // It is out of descriptors, for example: they are not waited for in haste.
                Err(_) => return thread::sleep(PAUSE),
            }
        }
    }
}
