//! The conversions between our sockets and the standard library's sockets.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net as unix;
use std::rc::Rc;
use std::{fmt, net};

use super::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use crate::errors::{RuntimeError, describe};
use crate::io::source::Source;
use yieldfrom_delegation::Result;

/// Gives sockets the conversions from and to the standard library's socket, and its descriptor.
macro_rules! std_conversions {
    ($($type:ty => $std:ty;)*) => {$(
        impl $type {
            pub(crate) fn new(socket: $std) -> Self {
                let source = Rc::new(Source::new(socket));
                Self { source }
            }

            /// Takes the socket out of its shared handle; `None` if an operation still uses it.
            pub(crate) fn into_source(self) -> Option<Source<$std>> {
                Rc::into_inner(self.source)
            }

            /// Takes over a socket of the standard library, and sets it to non-blocking mode.
            ///
            /// # Errors
            ///
            /// The error of the system, if it refuses the mode.
            ///
            /// # Examples
            ///
            /// ```
            /// use yieldfrom::net::TcpListener;
            ///
            /// let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
            /// assert_ne!(listener.local_addr()?.port(), 0);
            /// # Ok::<(), yieldfrom::Error>(())
            /// ```
            #[track_caller]
            pub fn from_std(socket: $std) -> Result<Self> {
                let set = socket.set_nonblocking(true);
                set.map_err(|error| describe(error, "from_std"))?;
                Ok(Self::new(socket))
            }

            /// Gives the standard library's socket back. It is still in non-blocking mode; its
            /// `set_nonblocking` changes that.
            ///
            /// # Errors
            ///
            /// [`RuntimeError`](crate::RuntimeError): one of its operations still uses the socket,
            /// such as one that has become a task.
            ///
            /// # Examples
            ///
            /// ```
            /// use yieldfrom::net::TcpListener;
            ///
            /// let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
            /// let listener: std::net::TcpListener = listener.into_std()?;
            /// listener.set_nonblocking(false)?;
            /// # Ok::<(), yieldfrom::Error>(())
            /// ```
            #[track_caller]
            pub fn into_std(self) -> Result<$std> {
                let in_use = || RuntimeError::new("into_std: an operation still uses the socket");
                Ok(self.into_source().ok_or_else(in_use)?.into_inner())
            }

            /// Makes another socket for the same connection or port, with a descriptor of its own.
            ///
            /// # Errors
            ///
            /// The error of the system, for instance if there are no descriptors left.
            ///
            /// # Examples
            ///
            /// ```
            /// use yieldfrom::net::TcpListener;
            ///
            /// let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
            /// assert_eq!(listener.try_clone()?.local_addr()?, listener.local_addr()?);
            /// # Ok::<(), yieldfrom::Error>(())
            /// ```
            #[track_caller]
            pub fn try_clone(&self) -> Result<Self> {
                let clone = self.source.get().try_clone();
                Ok(Self::new(clone.map_err(|error| describe(error, "try_clone"))?))
            }
        }

        impl AsFd for $type {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.source.as_fd()
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.source.fmt(f)
            }
        }

        /// Takes over a descriptor in non-blocking mode, such as one that
        /// [`sock_accept`](crate::EventLoop::sock_accept) returns.
        impl From<OwnedFd> for $type {
            fn from(fd: OwnedFd) -> Self {
                Self::new(fd.into())
            }
        }
    )*};
}

std_conversions! {
    TcpListener => net::TcpListener;
    TcpStream => net::TcpStream;
    UdpSocket => net::UdpSocket;
    UnixDatagram => unix::UnixDatagram;
    UnixListener => unix::UnixListener;
    UnixStream => unix::UnixStream;
}
