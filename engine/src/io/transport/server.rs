//! A server: sockets that listen, and the connections that came through them.

mod accept;
mod members;
mod server_state;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::carrier::Carrier;
use super::socket::Socket;
use crate::combine::{timeout, yield_now};
use crate::errors::{AtCaller, RuntimeError, TimeoutError};
use crate::io::net::Address;
use crate::kernel::{Co, Core, OnDrop, Operation, Reason, Waiter, caller};
use crate::sync::Event;
use accept::Accepting;
use members::Members;
pub(crate) use server_state::Factory;
use server_state::{Listener, ServerState};
use yieldfrom_delegation::{Delegate, Result};

/// So long a client may take nothing of what is left for it, when the server ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server that accepts connections: asyncio's `Server`.
///
/// A clone is the same server. It serves until it is closed or its loop is, also if no handle is
/// left.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, Protocol, create_server, run_sync};
///
/// struct Silent;
/// impl Protocol for Silent {}
///
/// run_sync(|co: &Co| {
///     let server = co.yield_from(create_server(|| Silent, "127.0.0.1:0"))?;
///     println!("listening on {}", server.local_addr()?);
///     assert!(server.is_serving());
///     server.close();
///     co.yield_from(server.wait_closed())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Server(Rc<ServerState>);

impl Server {
    pub(super) fn new(
        core: &Rc<Core>,
        factory: Factory,
        backlog: u32,
        sockets: Vec<Socket>,
    ) -> Self {
        let listeners = sockets.into_iter().map(Listener::new).map(Rc::new);
        Self(Rc::new(ServerState {
            core: Rc::clone(core),
            made_at: caller(),
            factory,
            backlog,
            listeners: RefCell::new(listeners.collect()),
            serving: Cell::new(false),
            closed: Cell::new(false),
            members: Members::default(),
            over: Event::for_operation("Server.wait_closed"),
            forever: RefCell::default(),
        }))
    }

    /// Returns the addresses on which it listens; none once it is closed.
    pub fn sockets(&self) -> Vec<Address> {
        self.0.addresses()
    }

    /// Returns the first IP address and port on which it listens.
    ///
    /// It is what a client connects to. A server of a name may listen on several addresses, and one of
    /// Unix sockets on a path: [`sockets`](Self::sockets) returns those.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the server is closed, or listens on a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, open_connection, run_sync, start_server};
    ///
    /// run_sync(|co: &Co| {
    ///     let server = co.yield_from(start_server(|_, _, _| Ok(()), "127.0.0.1:0"))?;
    ///     assert_ne!(server.local_addr()?.port(), 0);
    ///     co.yield_from(open_connection(server.local_addr()?))?;
    ///     server.close();
    ///     assert!(server.local_addr().is_err());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "getsockname")]
    #[track_caller]
    pub fn local_addr(&self) -> Result<SocketAddr> {
        let addresses = self.sockets();
        let address = addresses.iter().find_map(Address::socket_addr);
        let address = address.ok_or_else(|| {
            let why = match &*addresses {
                [] => "local_addr: the server is closed; ask before that",
                _ => "local_addr: the server listens on a Unix socket; `sockets` returns its path",
            };
            RuntimeError::new(why).into()
        });
        address.at_caller()
    }

    /// Returns whether it accepts connections.
    pub fn is_serving(&self) -> bool {
        self.0.serving.get()
    }

    /// Stops listening at once. Connections that were accepted go on.
    pub fn close(&self) {
        self.0.close();
    }

    /// Closes the connections that it has accepted, each when what is buffered has been written.
    ///
    /// # Examples
    ///
    /// A server that ends gracefully, but not without limit:
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, Result, Server, wait_for};
    ///
    /// fn shut_down(co: &Co, server: &Server) -> Result<()> {
    ///     server.close();
    ///     server.close_clients();
    ///     if co.yield_from(wait_for(server.wait_closed(), Duration::from_secs(10))).is_err() {
    ///         server.abort_clients();
    ///     }
    ///     co.yield_from(server.wait_closed())
    /// }
    /// ```
    pub fn close_clients(&self) {
        for stream in self.0.members.all() {
            stream.close();
        }
    }

    /// Closes the connections that it has accepted, now; what they have buffered is lost.
    pub fn abort_clients(&self) {
        for stream in self.0.members.all() {
            stream.abort(None);
        }
    }

    /// Waits until the server is closed and all its connections are lost, as Python 3.12 does.
    ///
    /// # Errors
    ///
    /// Fails only if the wait is cancelled.
    #[must_use = "waits for nothing unless delegated to: co.yield_from(server.wait_closed())?"]
    pub fn wait_closed(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let state = Rc::clone(&self.0);
        Operation::new("Server.wait_closed", move |co| {
            state.over.wait().delegate(co)
        })
    }

    /// Begins to accept, for a server made with `start_serving(false)`. It has no effect if the
    /// server accepts already.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]: the server is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::{Co, Protocol, create_server, run_sync};
    ///
    /// struct Silent;
    /// impl Protocol for Silent {}
    ///
    /// run_sync(|co: &Co| {
    ///     let server = create_server(|| Silent, "127.0.0.1:0").start_serving(false);
    ///     let server = co.yield_from(server)?;
    ///     assert!(!server.is_serving());
    ///     co.yield_from(server.start_serving())?;
    ///     assert!(server.is_serving());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "starts nothing unless delegated to: co.yield_from(server.start_serving())?"]
    pub fn start_serving(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let server = self.clone();
        Operation::new("Server.start_serving", move |co| {
            server.begin()?;
            yield_now().delegate(co)
        })
    }

    /// Accepts connections until the wait is cancelled, which closes the server, or until the server
    /// is closed.
    ///
    /// # Errors
    ///
    /// - `is_cancelled`: always in the end. If the wait itself is cancelled, this first closes the
    ///   server and its connections and waits for their end, as Python 3.13 does. A connection ends when
    ///   what it has still to send is sent. A client that takes nothing of it for two seconds is put out, as
    ///   by [`abort_clients`](Self::abort_clients).
    /// - [`RuntimeError`]: the server is closed, or another coroutine does this already.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use yieldfrom::{Co, EventLoop, Protocol, TimeoutError, create_server, wait_for};
    ///
    /// struct Silent;
    /// impl Protocol for Silent {}
    ///
    /// EventLoop::builder().virtual_clock().run(|co: &Co| {
    ///     let server = co.yield_from(create_server(|| Silent, "127.0.0.1:0"))?;
    ///     let served = co.yield_from(wait_for(server.serve_forever(), Duration::from_millis(1)));
    ///     assert!(served.unwrap_err().is::<TimeoutError>() && !server.is_serving());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[must_use = "serves nobody unless delegated to: co.yield_from(server.serve_forever())?"]
    pub fn serve_forever(&self) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let server = self.clone();
        Operation::new("Server.serve_forever", move |co| server.serve(co))
    }

    pub(super) fn begin(&self) -> Result<()> {
        let state = &self.0;
        if state.closed.get() {
            let why = "the server is closed and cannot serve any more; make a new one";
            return Err(RuntimeError::new(why).into());
        }
        if state.serving.replace(true) {
            return Ok(());
        }
        let listeners = state.listeners.borrow().clone();
        listeners
            .iter()
            .try_for_each(|listener| Accepting::start(state, listener))
            .inspect_err(|_| state.serving.set(false))
    }

    fn serve(&self, co: &Co) -> Result<()> {
        let state = &self.0;
        if state.forever.borrow().is_some() {
            let why = "serve_forever: another coroutine does that already";
            return Err(RuntimeError::new(why).into());
        }
        self.begin()?;
        let waiter = Waiter::new(Reason::io("Server.serve_forever"));
        let before = state.forever.replace(Some(Rc::clone(&waiter)));
        drop(before);
        let serving = OnDrop::new(|| drop(state.forever.take()));
        let served = waiter.wait(co);
        drop(serving);
        if served.as_ref().is_err_and(|error| error.is_cancelled()) {
            state.close();
            self.dismiss_clients(co)?;
        }
        served
    }

    /// Closes the connections, and waits for their end. Clients that stay, or do not read, would keep the server
    /// from ending: one that takes nothing for a while is put out.
    fn dismiss_clients(&self, co: &Co) -> Result<()> {
        self.close_clients();
        loop {
            let left = self.0.members.unsent();
            let ended = timeout(PATIENCE, |co: &Co| self.0.over.wait().delegate(co)).delegate(co);
            match ended {
                Err(error) if error.is::<TimeoutError>() => self.0.members.abort_stuck(&left),
                ended => return ended,
            }
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
