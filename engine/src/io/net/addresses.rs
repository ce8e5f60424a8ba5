//! Addresses, and the types that can be turned into addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::Path;

use crate::errors::ValueError;
use yieldfrom_delegation::Result;

/// The address of a socket's end: what asyncio calls `peername` and `sockname`.
///
/// # Examples
///
/// ```
/// use std::net::SocketAddr;
/// use yieldfrom::net::Address;
///
/// let address = Address::from("127.0.0.1:80".parse::<SocketAddr>()?);
/// assert_eq!(address.to_string(), "127.0.0.1:80");
/// assert!(address.ip().unwrap().is_loopback());
/// assert_eq!(address.port(), Some(80));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Address {
    /// The address of an IP socket.
    Inet(SocketAddr),
    /// The address of a Unix socket, which may have no name. It is boxed, as it takes 112 bytes, and each
    /// connection keeps two addresses.
    Unix(Box<UnixAddr>),
}

impl Address {
    /// Returns the IP address and the port of an IP socket; `None` for a Unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use yieldfrom::net::Address;
    ///
    /// let address: SocketAddr = "[::1]:80".parse()?;
    /// assert_eq!(Address::from(address).socket_addr(), Some(address));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[doc(alias = "as_socket")]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Returns the IP address of an IP socket, without its port; `None` for a Unix socket.
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|address| address.ip())
    }

    /// Returns the port of an IP socket; `None` for a Unix socket.
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|address| address.port())
    }

    /// Returns the path of a Unix socket; `None` if it has no path, or is an IP socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use yieldfrom::net::Address;
    ///
    /// let path = Path::new("/tmp/socket");
    /// assert_eq!(Address::try_from(path)?.path(), Some(path));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Inet(_) => None,
            Self::Unix(address) => address.as_pathname(),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Inet(address)
    }
}

impl From<UnixAddr> for Address {
    fn from(address: UnixAddr) -> Self {
        Self::Unix(Box::new(address))
    }
}

impl TryFrom<&Path> for Address {
    type Error = std::io::Error;

    /// Makes the address of a Unix socket; fails if the path is too long for one.
    fn try_from(path: &Path) -> std::io::Result<Self> {
        UnixAddr::from_pathname(path).map(Self::from)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Inet(one), Self::Inet(other)) => one == other,
            (Self::Unix(one), Self::Unix(other)) => one.as_pathname() == other.as_pathname(),
            _ => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Unix(address) => match address.as_pathname() {
                Some(path) => path.display().fmt(f),
                None => f.write_str("(unnamed)"),
            },
        }
    }
}

/// The place to connect to or to listen on: addresses, or a name that stands for some.
#[derive(Clone, Debug)]
pub enum Target {
    Addresses(Vec<SocketAddr>),
    Name(String, u16),
}

impl Target {
    /// Makes a target of a host, which may be a name, an address, or an address in brackets.
    fn host(host: &str, port: u16) -> Self {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        match bare.parse::<IpAddr>() {
            Ok(address) => Self::Addresses(vec![SocketAddr::new(address, port)]),
            Err(_) => Self::Name(host.to_owned(), port),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::Addresses(vec![address]));
        }
        let wrong = |what: &str| {
            ValueError::new(format!(
                "the address {text:?} {what}; write it as \"host:port\", and an IPv6 address as \
                 \"[::1]:port\""
            ))
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| wrong("has no port"))?;
        let port = port
            .parse()
            .map_err(|_| wrong("has a port that is not a number up to 65535"))?;
        if host.contains(':') && !host.starts_with('[') {
            return Err(wrong("is ambiguous").into());
        }
        Ok(Self::host(host, port))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(addresses) => match addresses.as_slice() {
                [only] => only.fmt(f),
                several => write!(f, "{several:?}"),
            },
            Self::Name(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

/// A type that can be turned into addresses.
///
/// It works like the trait of this name in std, but another thread looks names up while the loop
/// goes on. Addresses, slices of addresses, `"host:port"`, and pairs of a host and a port implement
/// it. Other crates cannot implement it.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::TcpStream;
///
/// let by_text = TcpStream::connect("localhost:80");
/// let by_host = TcpStream::connect(("localhost", 80));
/// let by_address = TcpStream::connect(([127, 0, 0, 1], 80));
/// ```
pub trait ToSocketAddrs: sealed::Sealed {
    #[doc(hidden)]
    fn target(self) -> Result<Target>;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! to_socket_addrs {
    ($($type:ty: |$this:ident| $target:expr;)*) => {$(
        impl sealed::Sealed for $type {}

        impl ToSocketAddrs for $type {
            fn target(self) -> Result<Target> {
                let $this = self;
                $target
            }
        }
    )*};
}

to_socket_addrs! {
    &str: |text| Target::parse(text);
    &String: |text| Target::parse(text);
    String: |text| Target::parse(&text);
    (&str, u16): |pair| Ok(Target::host(pair.0, pair.1));
    (String, u16): |pair| Ok(Target::host(&pair.0, pair.1));
    SocketAddr: |address| Ok(Target::Addresses(vec![address]));
    std::net::SocketAddrV4: |address| Ok(Target::Addresses(vec![address.into()]));
    std::net::SocketAddrV6: |address| Ok(Target::Addresses(vec![address.into()]));
    (IpAddr, u16): |pair| Ok(Target::Addresses(vec![pair.into()]));
    ([u8; 4], u16): |pair| Ok(Target::Addresses(vec![pair.into()]));
    (std::net::Ipv4Addr, u16): |pair| Ok(Target::Addresses(vec![pair.into()]));
    (std::net::Ipv6Addr, u16): |pair| Ok(Target::Addresses(vec![pair.into()]));
    &[SocketAddr]: |addresses| Ok(Target::Addresses(addresses.to_vec()));
    Vec<SocketAddr>: |addresses| Ok(Target::Addresses(addresses));
}
