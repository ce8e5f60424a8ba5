//! Asking the system for the names of an address.
#![allow(
    unsafe_code,
    reason = "calls getnameinfo, for which there is no safe wrapper"
)]

use std::ffi::CStr;
use std::io;
use std::net::SocketAddr;

use rustix::net::addr::SocketAddrArg;

/// Room for a name, with its zero: what `NI_MAXHOST` of the system says.
const ROOM: usize = 1025;

/// Returns the name of the host and that of the service, on this thread.
pub(super) fn names_of(address: SocketAddr, flags: i32) -> io::Result<(String, String)> {
    let (mut host, mut service) = ([0_u8; ROOM], [0_u8; ROOM]);
    let (host_room, service_room) = (host.as_mut_ptr(), service.as_mut_ptr());
    let call = |address: *const _, length: u32| {
        // SAFETY: `with_sockaddr` gives an address that is valid during this call, and each buffer has `ROOM` bytes that
        // the call may write to.
        unsafe {
            libc::getnameinfo(
                <*const _>::cast(address),
                length,
                host_room.cast(),
                ROOM as libc::socklen_t,
                service_room.cast(),
                ROOM as libc::socklen_t,
                flags,
            )
        }
    };
    // SAFETY: the call above uses the address only while it lasts.
    let code = unsafe { address.with_sockaddr(call) };
    if code != 0 {
        return Err(failure(address, code));
    }
    Ok((text(&host)?, text(&service)?))
}

fn text(buffer: &[u8]) -> io::Result<String> {
    let name = CStr::from_bytes_until_nul(buffer).map_err(io::Error::other)?;
    Ok(name.to_string_lossy().into_owned())
}

#[cold]
fn failure(address: SocketAddr, code: i32) -> io::Error {
    if code == libc::EAI_SYSTEM {
        return crate::errors::describe(
            io::Error::last_os_error(),
            format!("getnameinfo of {address}"),
        );
    }
    // SAFETY: the call takes any number, and returns a text that lives for ever.
    let why = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
    let kind = match code {
        libc::EAI_NONAME => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(
        kind,
        format!("getnameinfo of {address}: {}", why.to_string_lossy()),
    )
}

#[cfg(test)]
mod tests {
    use super::names_of;

    #[test]
    fn numbers_are_their_own_names() {
        let flags = libc::NI_NUMERICHOST | libc::NI_NUMERICSERV;
        for (text, host) in [("127.0.0.1:7", "127.0.0.1"), ("[::1]:7", "::1")] {
            let names = names_of(text.parse().unwrap(), flags).unwrap();
            assert_eq!(names, (host.to_owned(), "7".to_owned()));
        }
    }

    #[test]
    fn an_address_that_has_to_have_a_name_and_has_none_is_an_error() {
        let address = "192.0.2.1:80".parse().unwrap();
        let contradiction = libc::NI_NAMEREQD | libc::NI_NUMERICHOST;
        let error = names_of(address, contradiction).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("getnameinfo of 192.0.2.1:80: "),
            "{error}"
        );
    }
}
