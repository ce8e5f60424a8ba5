//! Servers that end with what they were started for.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use database::Database;

use crate::client::{connect, connect_to, log_in, wait_until_cut};
use crate::watchdog::Watchdog;

#[test]
fn of_two_servers_only_the_dropped_one_ends() {
    let _watchdog = Watchdog::start("two servers");
    let (Some(first), Some(second)) = (Database::start(), Database::start()) else {
        return;
    };
    let mut connection = connect(&first);
    log_in(&mut connection);
    let (port, directory) = (first.port(), first.socket_directory().to_owned());
    let process = process_of(&first);
    assert!(is_alive(&process));
    drop(first);
    // It has ended when the drop returns.
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!directory.exists());
    wait_until_cut(connection);
    wait_while(|| is_alive(&process));
    log_in(&mut connect(&second));
}

fn process_of(database: &Database) -> String {
    let file = database.socket_directory().join("data/postmaster.pid");
    let text = fs::read_to_string(file).unwrap();
    text.lines().next().unwrap().to_owned()
}

/// A process that has ended has no command line, even if nobody has asked for its status.
fn is_alive(process: &str) -> bool {
    let folder = Path::new("/proc").join(process);
    fs::read(folder.join("cmdline")).is_ok_and(|line| !line.is_empty())
}

/// What the system does soon, but says to nobody.
fn wait_while(condition: impl Fn() -> bool) {
    while condition() {
        thread::yield_now();
    }
}

const CHILD: &str = "YIELDFROM_TEST_CHILD";

#[test]
fn it_does_not_survive_a_process_that_is_killed() {
    if env::var_os(CHILD).is_some() {
        return serve_until_killed();
    }
    let _watchdog = Watchdog::start("a server without its owner");
    let mut child = again("ends::it_does_not_survive_a_process_that_is_killed");
    let Some((port, directory)) = read_address(&mut child) else {
        assert!(child.wait().unwrap().success(), "it is skipped");
        return;
    };
    let mut connection = connect_to(port);
    log_in(&mut connection);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until_cut(connection);
    wait_while(|| Path::new(&directory).exists());
}

fn serve_until_killed() {
    let Some(database) = Database::start() else {
        return;
    };
    let directory = database.socket_directory().display();
    println!("\nserves {} {directory}", database.port());
    // Its end means that the parent is gone.
    io::stdin().read_line(&mut String::new()).unwrap();
}

/// Runs a test in a process of its own.
fn again(test: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads the port and the directory that a child says, if it has not skipped its test.
fn read_address(child: &mut Child) -> Option<(u16, String)> {
    let output = BufReader::new(child.stdout.as_mut().unwrap());
    let mut lines = output.lines().map(Result::unwrap).peekable();
    lines.find(|line| line == "running 1 test").unwrap();
    let address = lines.find_map(|line| line.strip_prefix("serves ").map(str::to_owned))?;
    let (port, directory) = address.split_once(' ').unwrap();
    Some((port.parse().unwrap(), directory.to_owned()))
}
