//! The path of a monitor's socket.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::{Folder, Viewer};
use crate::EventLoop;
use crate::insight::monitor::MonitorSocket;

fn files(folder: &Folder) -> usize {
    fs::read_dir(&folder.0).unwrap().count()
}

fn refusal(path: &Path) -> String {
    let refused = EventLoop::builder().monitor(path).build();
    let error = refused.expect_err("it is refused").to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    error
}

#[test]
fn the_socket_is_its_owners_and_is_removed_at_the_end() {
    let folder = Folder::new();
    let event_loop = EventLoop::builder().monitor(folder.path()).build().unwrap();
    let mode = fs::symlink_metadata(folder.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(files(&folder), 1);
    event_loop.close().unwrap();
    assert_eq!(files(&folder), 0);
    drop(EventLoop::builder().monitor(folder.path()).build().unwrap());
    assert_eq!(files(&folder), 0, "the last handle closes the loop");
}

#[test]
fn a_stale_socket_is_replaced() {
    let folder = Folder::new();
    drop(UnixListener::bind(folder.path()).unwrap());
    assert_eq!(files(&folder), 1);
    let event_loop = EventLoop::builder().monitor(folder.path()).build().unwrap();
    assert_eq!(
        Viewer::new(&folder.path()).ask("snapshot")["is_running"],
        false
    );
    event_loop.close().unwrap();
}

#[test]
fn a_path_that_another_loop_has_is_refused() {
    let folder = Folder::new();
    let first = EventLoop::builder().monitor(folder.path()).build().unwrap();
    let error = refusal(&folder.path());
    assert!(
        error.contains("another loop or program listens there"),
        "{error}"
    );
    assert_eq!(
        Viewer::new(&folder.path()).ask("snapshot")["is_running"],
        false
    );
    first.close().unwrap();
    EventLoop::builder().monitor(folder.path()).build().unwrap();
}

#[test]
fn a_program_that_listens_and_never_accepts_keeps_its_path() {
    let folder = Folder::new();
    let _listener = UnixListener::bind(folder.path()).unwrap();
    for _ in 0..5000 {
        // Until the queue of the listener is full, and then as well.
        let error = refusal(&folder.path());
        assert!(
            error.contains("another loop or program listens there"),
            "{error}"
        );
    }
}

#[test]
fn files_and_directories_are_left_alone() {
    let folder = Folder::new();
    assert!(refusal(&folder.0).contains("it is a directory"));
    fs::write(folder.path(), "mine").unwrap();
    assert!(refusal(&folder.path()).contains("there is a file already"));
    assert_eq!(fs::read(folder.path()).unwrap(), b"mine");
    std::os::unix::fs::symlink("nowhere", folder.0.join("link")).unwrap();
    assert!(refusal(&folder.0.join("link")).contains("there is a file already"));
}

#[test]
fn a_path_that_cannot_be_is_refused() {
    let folder = Folder::new();
    refusal(&folder.0.join("no/such/folder"));
    fs::write(folder.path(), "").unwrap();
    refusal(&folder.path().join("socket"));
    let long = "x".repeat(120);
    let error = refusal(&folder.0.join(&long).join("socket"));
    assert!(!error.is_empty());
    fs::create_dir(folder.0.join(&long)).unwrap();
    let error = refusal(&folder.0.join(&long).join("socket"));
    assert!(error.contains("too long for a socket"), "{error}");
    assert!(refusal(Path::new("/")).contains("it is a directory"));
    assert!(EventLoop::builder().monitor("").build().is_err());
}

#[test]
fn a_file_that_has_taken_the_path_is_not_removed() {
    let folder = Folder::new();
    let event_loop = EventLoop::builder().monitor(folder.path()).build().unwrap();
    fs::remove_file(folder.path()).unwrap();
    fs::write(folder.path(), "mine").unwrap();
    event_loop.close().unwrap();
    assert_eq!(fs::read(folder.path()).unwrap(), b"mine");
}

#[test]
fn a_fork_leaves_the_path_to_its_parent() {
    let folder = Folder::new();
    let mut socket = MonitorSocket::listen(&folder.path()).unwrap();
    socket.process += 1;
    drop(socket);
    assert_eq!(files(&folder), 1);
}
