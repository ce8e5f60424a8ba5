//! A server of files: HTTP/1.1 on an event loop, one task for each connection.
//!
//! ```text
//! cargo run --release --example http_server -- --root some/folder --port 8000
//! curl -i http://127.0.0.1:8000/index.html
//! wrk -c 100 http://127.0.0.1:8000/index.html
//! ```

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::http::server::Site;
use examples::http::{Faults, Files};
use yieldfrom::{Co, KeyboardInterrupt, Result, run};

/// Serves the files of a folder.
#[derive(Debug, Parser)]
#[command(name = "http_server")]
struct Options {
    /// Folder of the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,

    /// Address to listen at
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen at; 0 for any that is free
    #[arg(long, default_value = "8000")]
    port: u16,

    /// How long each answer takes, in milliseconds
    #[arg(long, value_name = "MS", default_value = "0")]
    delay: u64,

    /// Close the connection after each answer
    #[arg(long)]
    no_keep_alive: bool,

    #[command(flatten)]
    faults: Faults,
}

fn serve(co: &Co, options: Options) -> Result<()> {
    let address = match options.host.contains(':') {
        true => format!("[{}]:{}", options.host, options.port),
        false => format!("{}:{}", options.host, options.port),
    };
    let site = Site {
        delay: Duration::from_millis(options.delay),
        faults: options.faults,
        keep_alive: !options.no_keep_alive,
        ..Site::new(Files::Folder(options.root))
    };
    let server = co.yield_from(site.serve(&address))?;
    for address in server.sockets() {
        // Whoever closes our standard output does not want to know.
        let _ = writeln!(stdout(), "serving at http://{address}/");
    }
    co.yield_from(server.serve_forever())
}

fn main() -> ExitCode {
    let options = Options::parse();
    match std::fs::read_dir(&options.root) {
        Err(error) => eprintln!(
            "http_server: read the folder {}: {error}",
            options.root.display()
        ),
        Ok(_) => match run(|co: &Co| serve(co, options)) {
            Err(error) if error.is::<KeyboardInterrupt>() => return ExitCode::SUCCESS,
            Err(error) => eprintln!("http_server: {error}"),
            Ok(()) => return ExitCode::SUCCESS,
        },
    }
    ExitCode::FAILURE
}
