//! The other ends of connections.

use std::net::{self, SocketAddr};
use std::rc::Rc;
use std::thread::{self, JoinHandle};

use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::net::TcpListener;
use yieldfrom::{Co, Result, Task, create_task};

/// Serves connections on the same loop, each in a region of a task of its own, until it is dropped.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    accepting: Task<()>,
}

impl Host {
    pub(crate) fn start(serve: impl Fn(TcpStream) + 'static) -> Result<Self> {
        let listener = net::TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (listener, serve) = (TcpListener::from_std(listener)?, Rc::new(serve));
        let accepting = create_task(move |co: &Co| -> Result<()> {
            loop {
                let (stream, _) = co.yield_from(listener.accept())?;
                let (stream, serve) = (TcpStream::try_from(stream)?, Rc::clone(&serve));
                create_task(blocking(move || serve(stream)));
            }
        });
        Ok(Self { address, accepting })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.accepting.cancel();
    }
}

/// Takes connections and never answers: the system accepts them.
pub(crate) struct SilentHost {
    pub(crate) address: SocketAddr,
    _listener: net::TcpListener,
}

impl SilentHost {
    pub(crate) fn start() -> Self {
        let listener = net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        Self {
            address,
            _listener: listener,
        }
    }
}

/// Serves a number of connections on a thread of its own, with std's sockets, one after the other.
pub(crate) struct ThreadHost {
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl ThreadHost {
    pub(crate) fn start(
        connections: usize,
        mut serve: impl FnMut(net::TcpStream) + Send + 'static,
    ) -> Self {
        let listener = net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            for _ in 0..connections {
                serve(listener.accept().unwrap().0);
            }
        });
        Self {
            address,
            thread: Some(thread),
        }
    }

    /// Waits until all connections are served.
    pub(crate) fn join(mut self) {
        self.thread.take().unwrap().join().unwrap();
    }
}
