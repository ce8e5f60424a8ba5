//! The monitor's socket: how it gets its path, and how it leaves it.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::errors::describe;
use yieldfrom_delegation::Result;

const BACKLOG: i32 = 16;
/// Only the owner may connect.
const MODE: u32 = 0o600;

/// A socket that listens at a path, which is removed with it.
pub(in crate::insight) struct MonitorSocket {
    socket: OwnedFd,
    path: PathBuf,
    /// The file's device and number: by the end, another file may have the path.
    file: (u64, u64),
    /// The process that made it: a fork of it leaves the path alone.
    pub(super) process: u32,
}

impl MonitorSocket {
    /// Listens at a path. A socket at which nobody listens any more is replaced.
    pub(in crate::insight) fn listen(path: &Path) -> Result<Self> {
        let failed = |error| describe(error, format!("monitor at {}", path.display()));
        // The program may change its folder.
        let path = &std::path::absolute(path).map_err(failed)?;
        let is_stale = check_path(path).map_err(failed)?;
        // It listens before it has its path, so that nobody takes it for a stale one, and it has its mode before it
        // listens, so that nobody else connects.
        let hidden = hidden_beside(path);
        let socket = listen_hidden(&hidden).map_err(failed)?;
        let moved = move_to(&hidden, path, is_stale);
        let _ = fs::remove_file(&hidden);
        moved.map_err(failed)?;
        let file = identity(path).map_err(failed)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
            file,
            process: process::id(),
        })
    }

    pub(super) fn accept(&self) -> io::Result<UnixStream> {
        let accepted = rustix::net::accept_with(&self.socket, FLAGS)?;
        Ok(UnixStream::from(accepted))
    }
}

impl AsFd for MonitorSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for MonitorSocket {
    fn drop(&mut self) {
        let is_ours = identity(&self.path).is_ok_and(|file| file == self.file);
        if is_ours && self.process == process::id() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

fn new_socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        FLAGS,
        None,
    )?)
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Refuses a path that something has; returns whether that is a socket which nobody serves.
fn check_path(path: &Path) -> io::Result<bool> {
    let kind = match fs::symlink_metadata(path) {
        Ok(file) => file.file_type(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let taken = |why| Err(io::Error::new(ErrorKind::AlreadyExists, why));
    if kind.is_dir() {
        return taken("it is a directory; give the path of a file in it");
    }
    if !kind.is_socket() {
        return taken("there is a file already; remove it, or give another path");
    }
    match is_served(path)? {
        true => taken("another loop or program listens there; give each loop a path of its own"),
        false => Ok(true),
    }
}

/// Returns whether somebody listens at a socket.
fn is_served(path: &Path) -> io::Result<bool> {
    let address = SocketAddrUnix::new(path)?;
    match rustix::net::connect(&new_socket()?, &address) {
        // Nobody may be left to accept it, but the queue is full of such connections.
        Ok(()) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns a path in the same folder that no other call returns while this process lives.
fn hidden_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".yf{:x}-{count:x}", process::id()))
}

fn listen_hidden(hidden: &Path) -> io::Result<OwnedFd> {
    let address = SocketAddrUnix::new(hidden).map_err(|_| {
        io::Error::new(
            ErrorKind::InvalidInput,
            "the path is too long for a socket; give a shorter one",
        )
    })?;
    // What an ended process with this number has left.
    if fs::symlink_metadata(hidden).is_ok_and(|file| file.file_type().is_socket()) {
        fs::remove_file(hidden)?;
    }
    let socket = new_socket()?;
    // Linux makes the file with the mode of the socket; elsewhere it gets its mode before anybody can connect.
    let permissions = fs::Permissions::from_mode(MODE);
    fs::File::from(socket.try_clone()?).set_permissions(permissions)?;
    rustix::net::bind(&socket, &address)?;
    let listens = fs::set_permissions(hidden, fs::Permissions::from_mode(MODE))
        .and_then(|()| Ok(rustix::net::listen(&socket, BACKLOG)?));
    if let Err(error) = listens {
        let _ = fs::remove_file(hidden);
        return Err(error);
    }
    Ok(socket)
}

/// Gives the socket its path, unless another loop was quicker.
fn move_to(hidden: &Path, path: &Path, is_stale: bool) -> io::Result<()> {
    if is_stale && !is_served(path)? {
        fs::remove_file(path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
    }
    match fs::hard_link(hidden, path) {
        // A file system without links.
        Err(error) if is_without_links(&error) => fs::rename(hidden, path),
        linked => linked,
    }
}

fn is_without_links(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unsupported | ErrorKind::PermissionDenied
    )
}
