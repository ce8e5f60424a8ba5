//! A server in a thread of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use yieldfrom::net::Address;
use yieldfrom::{Co, Error, EventLoop, LoopHandle, Result};

use super::Site;

/// A server with an event loop and a thread of its own, which stops when this is dropped.
#[derive(Debug)]
pub struct Background {
    address: SocketAddr,
    event_loop: LoopHandle,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts to serve at some free port of this machine.
    ///
    /// # Errors
    ///
    /// Fails if the system has no thread, no port or no descriptors left.
    pub fn start(site: Site) -> Result<Self> {
        let (started, start) = mpsc::channel();
        let thread = thread::Builder::new().name("http server".to_owned());
        let thread = thread.spawn(move || {
            let failed = started.clone();
            if let Err(error) = serve(site, started) {
                // Once it has started, there is nobody to tell but the log.
                let _ = failed.send(Err(error.to_string()));
            }
        })?;
        let message = start.recv();
        let message = message.unwrap_or_else(|_| Err("its thread has ended".to_owned()));
        let why = |why| Error::msg(format!("start the embedded server: {why}"));
        let (address, event_loop) = message.map_err(why)?;
        Ok(Self {
            address,
            event_loop,
            thread: Some(thread),
        })
    }

    /// Returns the URL of its files.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Where a server listens, and how to reach its loop.
type Started = std::result::Result<(SocketAddr, LoopHandle), String>;

fn serve(site: Site, started: mpsc::Sender<Started>) -> Result<()> {
    let event_loop = EventLoop::new()?;
    let start = move |co: &Co| co.yield_from(site.serve("127.0.0.1:0"));
    let server = event_loop.run_until_complete(start)?;
    let Some(Address::Inet(address)) = server.sockets().into_iter().next() else {
        return Err(Error::msg("it listens nowhere"));
    };
    let _ = started.send(Ok((address, event_loop.handle())));
    event_loop.run_forever()?;
    server.close();
    server.abort_clients();
    event_loop.close()
}

impl Drop for Background {
    fn drop(&mut self) {
        let stop = || {
            if let Ok(event_loop) = yieldfrom::get_running_loop() {
                event_loop.stop();
            }
        };
        // If the loop is closed, its thread has ended already.
        let _ = self.event_loop.call_soon_threadsafe(stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
