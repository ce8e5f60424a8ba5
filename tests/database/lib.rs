//! A real PostgreSQL server, for a test, a benchmark or an example.
//!
//! Each [`Database`] is a server of its own, with a directory and a port of its own, so tests that run at the same
//! time do not disturb each other. Where PostgreSQL is not installed, there is none, and a test can be skipped.
//!
//! # Examples
//!
//! ```
//! use std::net::TcpStream;
//!
//! use database::Database;
//!
//! let Some(database) = Database::start() else {
//!     return; // A message has said what is missing.
//! };
//! let connection = TcpStream::connect(("127.0.0.1", database.port()));
//! assert!(connection.is_ok());
//! ```

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rcgen::Certificate;
use tempfile::TempDir;

use guard::Guard;
use installation::Installation;

mod certificates;
mod guard;
mod installation;

const USER: &str = "yieldfrom";

/// Below the server's directory: where its data is, and what it logs.
const DATA: &str = "data";
const LOG: &str = "log";

/// A PostgreSQL server, which ends when this is dropped.
///
/// It also ends when this process ends without dropping it, as for a value in a `static`, or for a process that is
/// killed. Its directory is removed in each case.
///
/// Everyone on this machine may connect, without a password. The one database is `postgres`. What was written is safe
/// from an end of the server, but not from one of the machine.
#[derive(Debug)]
pub struct Database {
    port: u16,
    certificate: Option<Certificate>,
    installation: Installation,
    // The guard ends the server. So it is dropped before the directory, which is removed then.
    _guard: Guard,
    directory: TempDir,
}

impl Database {
    /// Starts a server, and waits until it accepts connections.
    ///
    /// Returns `None`, after a message on standard error, if PostgreSQL is not installed.
    ///
    /// # Panics
    ///
    /// Panics if PostgreSQL is installed but does not start. The message has what it logged.
    pub fn start() -> Option<Self> {
        let mut database = Self::create()?;
        database.launch_on_a_free_port();
        Some(database)
    }

    /// Starts a server as [`start`](Self::start) does, which accepts connections with TLS as well.
    ///
    /// It shows a certificate for `localhost` and for 127.0.0.1. Clients have to trust its root, which
    /// [`certificate`](Self::certificate) returns.
    ///
    /// # Panics
    ///
    /// Panics if PostgreSQL is installed but does not start. The message has what it logged.
    pub fn start_with_tls() -> Option<Self> {
        let mut database = Self::create()?;
        database.certificate = Some(database.add_certificates().expect("the files of TLS"));
        database.launch_on_a_free_port();
        Some(database)
    }

    /// Returns the port, on 127.0.0.1. It stays the same for as long as this lives.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the directory in which the server's Unix socket stands.
    ///
    /// The socket's name is `.s.PGSQL.` with the port. Clients usually take the directory for the host.
    pub fn socket_directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the name of the user, who may do everything and has no password.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Returns the URL by which clients connect over TCP: `postgres://yieldfrom@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the root that clients have to trust. Its methods give it as DER and as PEM.
    ///
    /// # Panics
    ///
    /// Panics if the server was not started by [`start_with_tls`](Self::start_with_tls).
    pub fn certificate(&self) -> &Certificate {
        let certificate = self.certificate.as_ref();
        certificate.expect("a database that was started with TLS")
    }

    /// Stops the server if it runs, which cuts all connections, and starts it again on the same port.
    ///
    /// Returns when it accepts connections. The data is still there.
    ///
    /// # Panics
    ///
    /// Panics if the server does not stop or does not start, as when another program has taken its port.
    pub fn restart(&self) {
        self.stop();
        // While the server is away, a connection of another program may get the port, usually not for long.
        let started = (0..50).any(|_| self.launch(self.port));
        assert!(started, "another program keeps port {}", self.port);
    }

    /// Stops the server if it runs, which cuts all connections. [`restart`](Self::restart) starts it again.
    ///
    /// Returns when it has ended.
    ///
    /// # Panics
    ///
    /// Panics if the server does not stop.
    pub fn stop(&self) {
        if self.path("data/postmaster.pid").exists() {
            let stopped = self.pg_ctl(&["stop", "-m", "fast"]);
            assert!(stopped, "PostgreSQL does not stop: {}", self.log());
        }
    }

    /// Makes a server that has not been started.
    fn create() -> Option<Self> {
        let installation = Installation::find()?;
        let directory = tempfile::Builder::new()
            .prefix("postgres-")
            .tempdir()
            .expect("a temporary directory");
        installation.give(directory.path()).expect("a chown");
        let guard = Guard::start(&installation, directory.path());
        let database = Self {
            port: 0,
            certificate: None,
            installation,
            _guard: guard,
            directory,
        };
        database.initialize();
        database.configure().expect("the settings can be written");
        Some(database)
    }

    fn initialize(&self) {
        let mut initdb = self.installation.command("initdb", self.directory.path());
        initdb.args(["-D", DATA, "-U", USER, "--auth=trust", "--no-sync"]);
        // Without a locale, it sorts and speaks in the same way on all machines.
        initdb.args(["--encoding=UTF8", "--no-locale"]);
        let output = initdb.output().expect("initdb can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb fails: {said}");
    }

    fn configure(&self) -> io::Result<()> {
        let directory = self.directory.path().to_string_lossy().replace('\'', "''");
        self.add_settings(&format!(
            "listen_addresses = '127.0.0.1'\n\
             unix_socket_directories = '{directory}'\n\
             max_connections = 200\n\
             shared_buffers = 16MB\n\
             fsync = off\n"
        ))
    }

    /// Makes the files that the server needs for TLS, and returns the root.
    fn add_certificates(&self) -> io::Result<Certificate> {
        let made = certificates::make();
        fs::write(self.path("data/server.crt"), made.certificate)?;
        let key = self.path("data/server.key");
        self.installation.write_secret(&key, &made.key)?;
        self.add_settings("ssl = on\n")?;
        Ok(made.root)
    }

    /// Appends to the settings. Of two that are the same, the later one counts.
    fn add_settings(&self, settings: &str) -> io::Result<()> {
        let file = self.path("data/postgresql.conf");
        let mut file = OpenOptions::new().append(true).open(file)?;
        file.write_all(settings.as_bytes())
    }

    fn launch_on_a_free_port(&mut self) {
        let mut ports = (0..10).map(|_| free_port());
        let port = ports.find(|&port| self.launch(port));
        self.port = port.expect("a port that no other program takes");
    }

    /// Starts the server, and waits until it accepts connections. Returns whether it got the port.
    fn launch(&self, port: u16) -> bool {
        // What an earlier start logged would be taken for this one's.
        let _ = fs::remove_file(self.path(LOG));
        let started = self.pg_ctl(&["start", "-l", LOG, "-o", &format!("-p {port}")]);
        if !started {
            let log = self.log();
            let is_taken = log.contains("Address already in use");
            assert!(is_taken, "PostgreSQL does not start: {log}");
        }
        started
    }

    /// Runs `pg_ctl`, which waits until what it does is done. Returns whether it succeeded.
    fn pg_ctl(&self, arguments: &[&str]) -> bool {
        let mut pg_ctl = self.installation.command("pg_ctl", self.directory.path());
        // Its usual limit of a minute can be too short on a busy machine.
        pg_ctl.args(["-D", DATA, "-w", "-t", "600"]).args(arguments);
        let output = pg_ctl.output().expect("pg_ctl can be run");
        output.status.success()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path(LOG)).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// Returns a port that is free now. Another program may take it before the server does.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
