//! TLS over any stream.

use std::cell::{Cell, RefCell, RefMut};
use std::fmt;
use std::io;
use std::mem;
use std::time::Duration;

use rustls::Connection;

use super::context::{ClientContext, ServerContext};
use super::session::Session;
use crate::combine::timeout;
use crate::errors::{RuntimeError, describe};
use crate::io::traits::{Read, Write};
use crate::io::transport::Filter;
use crate::kernel::{Co, Operation, current_task};
use crate::sync::Lock;
use yieldfrom_delegation::{Delegate, Error, Result};

/// How many encrypted bytes are read at once: a record of TLS has at most this many, and a little more.
const BLOCK: usize = 18 << 10;
/// How long the peer has to take an alert.
const ALERT_LIMIT: Duration = Duration::from_secs(1);
/// How many bytes are encrypted at once.
const PIECE: usize = 16 << 10;

/// Puts TLS on a stream to a server, and makes sure that the server is the one of this name.
///
/// In the handshake, both sides may write some bytes before they read. So a stream in memory needs room for 16 bytes
/// at least.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`ValueError`](crate::ValueError): the name is neither a DNS name nor an IP address.
/// - [`std::io::Error`]: of kind `InvalidData` for a certificate that is not accepted, with the reason; of kind
///   `UnexpectedEof` if the server ends the connection; otherwise the error of the stream.
///
/// # Examples
///
/// ```no_run
/// use yieldfrom::net::TcpStream;
/// use yieldfrom::streams::{Read, Write};
/// use yieldfrom::{Co, run, tls};
///
/// run(|co: &Co| {
///     let stream = co.yield_from(TcpStream::connect("example.org:443"))?;
///     let stream = co.yield_from(tls::connect(stream, &tls::ClientContext::new(), "example.org"))?;
///     co.yield_from(stream.write_all(b"GET / HTTP/1.0\r\nHost: example.org\r\n\r\n"))?;
///     println!("{}", co.yield_from(stream.read_to_string())?);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it happens when a coroutine delegates to it by yield_from"]
pub fn connect<S: Read + Write>(
    stream: S,
    context: &ClientContext,
    server_name: &str,
) -> Operation<impl FnOnce(&Co) -> Result<TlsStream<S>> + use<S>> {
    let session = context.begin(server_name);
    Operation::new("tls.connect", move |co| {
        TlsStream::open(co, stream, session?)
    })
}

/// Puts TLS on a stream from a client.
///
/// # Errors
///
/// `yield_from` gives an [`std::io::Error`], as [`connect`] does.
#[must_use = "it happens when a coroutine delegates to it by yield_from"]
pub fn accept<S: Read + Write>(
    stream: S,
    context: &ServerContext,
) -> Operation<impl FnOnce(&Co) -> Result<TlsStream<S>> + use<S>> {
    let session = context.begin();
    Operation::new("tls.accept", move |co| {
        TlsStream::open(co, stream, session?)
    })
}

/// A stream with TLS: what [`connect`] and [`accept`] return.
///
/// It is [`Read`] and [`Write`]. One task can read while another one writes. [`close_writing`](Write::close_writing)
/// tells the peer that nothing more comes; without it, the peer gets an error at the end, as it cannot know that
/// nothing is missing.
pub struct TlsStream<S> {
    stream: S,
    /// Never borrowed while something waits.
    session: RefCell<Session>,
    received: RefCell<Received>,
    /// What was encrypted and not yet written.
    output: RefCell<Vec<u8>>,
    /// The writer of `output`.
    writing: Lock,
    /// The reader of the stream below.
    reading: Lock,
    /// Why nothing more can be decrypted.
    failure: RefCell<Option<Error>>,
    /// Nothing more is to be written.
    has_ended_writing: Cell<bool>,
}

/// Bytes that were decrypted, of which those from `start` were not read.
#[derive(Default)]
struct Received {
    plaintext: Vec<u8>,
    start: usize,
    /// A block for encrypted bytes that nobody uses now.
    block: Vec<u8>,
}

impl<S: Read + Write> TlsStream<S> {
    fn open(co: &Co, stream: S, session: Session) -> Result<Self> {
        let stream = Self {
            stream,
            session: RefCell::new(session),
            received: RefCell::default(),
            output: RefCell::default(),
            writing: Lock::new(),
            reading: Lock::new(),
            failure: RefCell::default(),
            has_ended_writing: Cell::new(false),
        };
        stream.shake_hands(co)?;
        Ok(stream)
    }

    fn shake_hands(&self, co: &Co) -> Result<()> {
        loop {
            // What is left then goes out with the first data: the peer may read nothing before it has written.
            if self.session()?.has_only_tickets() {
                return Ok(());
            }
            self.write_output(co)?;
            if !self.session()?.is_handshaking() {
                return Ok(());
            }
            self.receive(co)?;
            self.check()?;
        }
    }

    /// Fails as the decryption has failed.
    fn check(&self) -> Result<()> {
        self.failure.borrow().clone().map_or(Ok(()), Err)
    }

    /// Waits for encrypted bytes, and decrypts them. If these are damaged, [`check`](Self::check) fails from then on.
    fn receive(&self, co: &Co) -> Result<()> {
        let mut block = mem::take(&mut self.received.borrow_mut().block);
        block.resize(BLOCK, 0);
        let n = self.stream.read_with(co, &mut block)?;
        // Nothing waits from here to the end, so that several readers keep the order of what they have read.
        let mut received = self.received.borrow_mut();
        let Received {
            plaintext, start, ..
        } = &mut *received;
        plaintext.drain(..mem::take(start));
        let mut session = self.session()?;
        let result = match n {
            0 => session.receive_end(),
            n => session.receive(&block[..n], plaintext),
        };
        received.block = block;
        drop((session, received));
        if let Err(error) = result {
            self.failure.replace(Some(error.into()));
            // The peer learns why. It may be gone already, or never read.
            let told = timeout(ALERT_LIMIT, |co| self.write_output(co)).delegate(co);
            return match told {
                Err(error) if error.is_cancelled() || error.is_generator_exit() => Err(error),
                _ => Ok(()),
            };
        }
        Ok(())
    }

    /// Takes bytes that were decrypted; zero at the end. None if there are none yet.
    fn take(&self, buffer: &mut [u8]) -> Result<Option<usize>> {
        let mut received = self.received.borrow_mut();
        let rest = &received.plaintext[received.start..];
        if !rest.is_empty() || buffer.is_empty() {
            let n = rest.len().min(buffer.len());
            buffer[..n].copy_from_slice(&rest[..n]);
            received.start += n;
            return Ok(Some(n));
        }
        drop(received);
        if self.session()?.has_ended() {
            return Ok(Some(0));
        }
        self.check().map(|()| None)
    }

    /// Borrows the session, whose verifier is code of the program and may be running.
    fn session(&self) -> Result<RefMut<'_, Session>> {
        self.session.try_borrow_mut().map_err(|_| {
            RuntimeError::new("tls: the stream is used by its own configuration, such as by the verifier of certificates").into()
        })
    }

    /// Writes what the session has for the peer.
    fn write_output(&self, co: &Co) -> Result<()> {
        let has_output = self.session()?.has_output() || !self.output.borrow().is_empty();
        if !has_output && !self.writing.locked() {
            return Ok(());
        }
        let _writing = self.writing.acquire().delegate(co)?;
        loop {
            let mut output = self.output.take();
            self.session()?.take_output(&mut output)?;
            if output.is_empty() {
                return self.stream.flush_with(co);
            }
            let mut unwritten = Unwritten {
                output,
                written: 0,
                home: &self.output,
            };
            unwritten.write(co, &self.stream)?;
        }
    }

    /// Returns the stream below, such as to ask for its addresses. Do not read from it or write to it.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Calls a function with the connection of `rustls`, which knows the certificates, the version and the protocol
    /// (ALPN). The function must not use the stream.
    ///
    /// # Panics
    ///
    /// Panics if the configuration's own code calls this while the stream decrypts.
    pub fn with_connection<R>(&self, look: impl FnOnce(&Connection) -> R) -> R {
        look(self.session.borrow().connection())
    }
}

/// Encrypted bytes that are being written. Those that are left go back where they were, whatever happens.
struct Unwritten<'a> {
    output: Vec<u8>,
    written: usize,
    home: &'a RefCell<Vec<u8>>,
}

impl Unwritten<'_> {
    fn write(&mut self, co: &Co, stream: &impl Write) -> Result<()> {
        while self.written < self.output.len() {
            match stream.write_with(co, &self.output[self.written..])? {
                0 => return Err(describe(io::ErrorKind::WriteZero.into(), "write").into()),
                n => self.written += n,
            }
        }
        Ok(())
    }
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        self.output.drain(..self.written);
        self.home.replace(mem::take(&mut self.output));
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        if let Some(n) = self.take(buffer)? {
            return Ok(n);
        }
        let _reading = self.reading.acquire().delegate(co)?;
        loop {
            // The reader before may have left some.
            if let Some(n) = self.take(buffer)? {
                return Ok(n);
            }
            // Answers of the protocol itself, such as to a new key, go out with the next data: a writer may be
            // waiting for the peer, which may be waiting for this reader.
            self.receive(co)?;
        }
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        if self.has_ended_writing.get() {
            let why = "write: this end has ended its writing";
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, why).into());
        }
        // What was encrypted before goes first: so only one piece waits in memory.
        self.write_output(co)?;
        let piece = &bytes[..bytes.len().min(PIECE)];
        self.session()?.send(piece)?;
        match (self.write_output(co), current_task()) {
            // The piece is encrypted, and goes out with the next one. The cancellation comes again at the next wait.
            (Err(error), Some(task)) if error.is_cancelled() => task.renew_cancellation(),
            (result, _) => result?,
        }
        Ok(piece.len())
    }

    fn flush_with(&self, co: &Co) -> Result<()> {
        self.write_output(co)
    }

    fn close_writing_with(&self, co: &Co) -> Result<()> {
        self.session()?.end()?;
        self.has_ended_writing.set(true);
        let ended = self
            .write_output(co)
            .and_then(|()| self.stream.close_writing_with(co));
        match ended {
            // The peer has said that nothing more comes, and may be gone since.
            Err(error) if is_lost(&error) && self.session()?.has_ended() => Ok(()),
            ended => ended,
        }
    }
}

/// Returns whether an error says that the peer is gone.
fn is_lost(error: &Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(BrokenPipe | ConnectionReset | NotConnected))
}

impl<S: fmt::Debug> fmt::Debug for TlsStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}
