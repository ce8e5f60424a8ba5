//! TLS for connections, servers, streams and transports.

use std::net::IpAddr;

use super::context::{ClientContext, ServerContext};
use super::session::Session;
use crate::errors::{RuntimeError, ValueError};
use crate::io::net::Target;
use crate::io::streams::{OpenConnection, StartServer, StreamWriter};
use crate::io::transport::{
    CreateConnection, CreateServer, Filter, FilterFactory, FilterFor, Transport,
};
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::Result;

fn client(context: &ClientContext, name: Option<&str>) -> FilterFor {
    let (context, name) = (context.clone(), name.map(str::to_owned));
    Box::new(move |target| {
        let name = name.map_or_else(|| host_of(target), Ok)?;
        boxed(context.begin(&name))
    })
}

fn server(context: &ServerContext) -> FilterFactory {
    let context = context.clone();
    Box::new(move || boxed(context.begin()))
}

fn boxed(session: Result<Session>) -> Result<Box<dyn Filter>> {
    Ok(Box::new(session?))
}

/// Returns the host as it was given, which may be an address.
fn host_of(target: &Target) -> Result<String> {
    match target {
        Target::Name(host, _) => Ok(host.clone()),
        Target::Addresses(addresses) => match &addresses[..] {
            [address] => Ok(IpAddr::to_string(&address.ip())),
            _ => {
                let why = "tls: there are several addresses, so the name of the server is not known; call tls_with_name";
                Err(ValueError::new(why).into())
            }
        },
    }
}

/// Gives what connects the options of TLS.
macro_rules! connecting {
    ($([$($generics:tt)*] $type:ty, $what:literal;)*) => {$(
        impl<$($generics)*> $type {
            #[doc = concat!("Makes ", $what, " with TLS, to the server of the name that was given to connect to: asyncio's `ssl=`.")]
            ///
            /// Both sides have a minute to agree; [`wait_for`](crate::wait_for()) sets a shorter limit. Needs the
            /// feature `tls`.
            ///
            /// # Errors
            ///
            /// `yield_from` also gives the errors of [`tls::connect`](crate::tls::connect).
            pub fn tls(mut self, context: &ClientContext) -> Self {
                self.filter = Some(client(context, None));
                self
            }

            /// Works as [`tls`](Self::tls), to a server that shows another name: asyncio's `server_hostname=`.
            pub fn tls_with_name(mut self, context: &ClientContext, server_hostname: &str) -> Self {
                self.filter = Some(client(context, Some(server_hostname)));
                self
            }
        }
    )*};
}

connecting! {
    [] OpenConnection, "the connection";
    [F] CreateConnection<F>, "the connection";
}

impl StartServer {
    /// Serves with TLS: asyncio's `ssl=`.
    ///
    /// The handler begins when both sides have agreed; a client with which that fails is logged at level debug. Needs
    /// the feature `tls`.
    pub fn tls(mut self, context: &ServerContext) -> Self {
        self.filter = Some(server(context));
        self
    }
}

impl CreateServer {
    /// Serves with TLS: asyncio's `ssl=`.
    ///
    /// `connection_made` is called when both sides have agreed; a client with which that fails is logged at level
    /// debug. Needs the feature `tls`.
    pub fn tls(mut self, context: &ServerContext) -> Self {
        self.set_filter(server(context));
        self
    }
}

impl Transport {
    /// Begins TLS on this connection, as a client: asyncio's `loop.start_tls`.
    ///
    /// The protocol stays, and is given what was decrypted from then on. A transport that was paused reads again, so
    /// pause it where nothing is to be read too early. If this fails or is cancelled, the connection is lost. Needs
    /// the feature `tls`.
    ///
    /// # Errors
    ///
    /// `yield_from` gives the errors of [`tls::connect`](crate::tls::connect), of kind `UnexpectedEof` also if the
    /// peer has ended its half before; a [`RuntimeError`] if the transport is closing, has ended its half by
    /// `write_eof`, or has TLS already.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn start_tls(
        &self,
        context: &ClientContext,
        server_hostname: &str,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let (stream, session) = (self.0.clone(), context.begin(server_hostname));
        Operation::new("start_tls", move |co| {
            stream.start_filter(co, "start_tls", boxed(session)?)
        })
    }

    /// Begins TLS on this connection, as a server: asyncio's `loop.start_tls(..., server_side=True)`. The rest is as
    /// for [`start_tls`](Self::start_tls).
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn accept_tls(
        &self,
        context: &ServerContext,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let (stream, session) = (self.0.clone(), context.begin());
        Operation::new("accept_tls", move |co| {
            stream.start_filter(co, "accept_tls", boxed(session)?)
        })
    }
}

impl StreamWriter {
    /// Begins TLS on this connection, as a client: 3.11's `StreamWriter.start_tls`.
    ///
    /// The reader of the connection goes on with what was decrypted. If this fails or is cancelled, the connection is
    /// lost. Needs the feature `tls`.
    ///
    /// # Errors
    ///
    /// As [`Transport::start_tls`]; a [`RuntimeError`] if the reader still has bytes that came without encryption, as
    /// somebody else may have sent them.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn start_tls(
        &self,
        context: &ClientContext,
        server_hostname: &str,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let (writer, session) = (self.clone(), context.begin(server_hostname));
        Operation::new("start_tls", move |co| {
            writer.start(co, "start_tls", boxed(session)?)
        })
    }

    /// Begins TLS on this connection, as a server; the rest is as for [`start_tls`](Self::start_tls).
    ///
    /// The server reads the request for TLS, drains its answer, and calls this.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn accept_tls(
        &self,
        context: &ServerContext,
    ) -> Operation<impl FnOnce(&Co) -> Result<()> + use<>> {
        let (writer, session) = (self.clone(), context.begin());
        Operation::new("accept_tls", move |co| {
            writer.start(co, "accept_tls", boxed(session)?)
        })
    }

    fn start(&self, co: &Co, operation: &'static str, filter: Box<dyn Filter>) -> Result<()> {
        let unread = self.unread();
        if unread > 0 {
            let why = format!(
                "{operation}: {unread} bytes came without encryption before TLS began, and were not read; somebody may have put them \
                 in, so close the connection"
            );
            return Err(RuntimeError::new(why).into());
        }
        self.transport().0.start_filter(co, operation, filter)
    }
}
