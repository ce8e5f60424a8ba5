//! What sockets have from the standard library as it is.

/// Methods of the standard library's socket, which do not wait.
macro_rules! std_methods {
    (
        impl $([$($generics:tt)*])? $type:ty, example = $example:literal;
        $($(#[$doc:meta])* fn $name:ident($($argument:ident: $argument_type:ty),*) -> $output:ty;)*
    ) => {
        impl $(<$($generics)*>)? $type {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// What the system reports.
                ///
                /// # Examples
                ///
                #[doc = $example]
                pub fn $name(&self, $($argument: $argument_type),*) -> $crate::Result<$output> {
                    let result = self.source.get().$name($($argument),*);
                    Ok(result.map_err(|error| $crate::errors::describe(error, stringify!($name)))?)
                }
            )*
        }
    };
}

/// Conversions from and to the standard library's socket, and its descriptor.
macro_rules! std_conversions {
    ($([$($generics:tt)*] $type:ty => $std:ty, $new:expr;)*) => {$(
        impl<$($generics)*> $type {
            /// Takes over a socket of the standard library, which does not block from now on.
            ///
            /// # Errors
            ///
            /// What the system says to that.
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
            pub fn from_std(socket: $std) -> $crate::Result<Self> {
                let set = socket.set_nonblocking(true);
                set.map_err(|error| $crate::errors::describe(error, "from_std"))?;
                Ok($new(socket))
            }

            /// Gives the standard library's socket back, which does not block; its
            /// `set_nonblocking` changes that.
            ///
            /// # Errors
            ///
            /// [`RuntimeError`](crate::RuntimeError): a coroutine made of one of its operations
            /// still uses it.
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
            pub fn into_std(self) -> $crate::Result<$std> {
                $crate::io::net::options::unshare(self.source)
            }

            /// Makes another socket for the same connection or port, with a descriptor of its own.
            ///
            /// # Errors
            ///
            /// What the system reports, such as that there are no descriptors left.
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
            pub fn try_clone(&self) -> $crate::Result<Self> {
                let clone = self.source.get().try_clone();
                Ok($new(clone.map_err(|error| $crate::errors::describe(error, "try_clone"))?))
            }
        }

        impl<$($generics)*> std::os::fd::AsFd for $type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.source.get().as_fd()
            }
        }

        impl<$($generics)*> std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.source.get(), f)
            }
        }

        /// Takes over a descriptor that does not block, such as one that
        /// [`sock_accept`](crate::EventLoop::sock_accept) gives.
        impl<$($generics)*> From<std::os::fd::OwnedFd> for $type {
            fn from(fd: std::os::fd::OwnedFd) -> Self {
                $new(fd.into())
            }
        }
    )*};
}

pub(super) use {std_conversions, std_methods};

use std::os::fd::AsFd;
use std::rc::Rc;

use crate::Result;
use crate::errors::RuntimeError;
use crate::io::source::Source;

/// Takes a socket out of its shared handle.
pub(super) fn unshare<S: AsFd>(source: Rc<Source<S>>) -> Result<S> {
    match Rc::try_unwrap(source) {
        Ok(source) => Ok(source.into_inner()),
        Err(_) => Err(RuntimeError::new("into_std: an operation still uses the socket").into()),
    }
}
