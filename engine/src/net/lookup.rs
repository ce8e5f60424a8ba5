//! stub
use super::Target;
use crate::{Co, Result};
use std::net::{SocketAddr, ToSocketAddrs as _};
pub(crate) fn resolve(_co: &Co, target: Target) -> Result<Vec<SocketAddr>> {
    match target {
        Target::Addresses(addresses) => Ok(addresses),
        Target::Name(host, port) => Ok((host.as_str(), port).to_socket_addrs()?.collect()),
    }
}
