//! A server of files by https: `http_server` with TLS.
//!
//! Without a certificate of yours it makes one for `localhost`, and writes it into a file, so that clients can trust
//! it.
//!
//! ```text
//! cargo run --release --features tls --example https_server -- --root some/folder --write-cert cert.pem
//! curl -i --cacert cert.pem https://localhost:8443/index.html
//! cargo run --release --features tls --example https_server -- --cert chain.pem --key key.pem
//! ```

use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use examples::http::Files;
use examples::http::server::Site;
use yieldfrom::tls::ServerContext;
use yieldfrom::{Co, Error, KeyboardInterrupt, Result, run};

/// Serves the files of a folder by https.
#[derive(Debug, Parser)]
#[command(name = "https_server")]
struct Options {
    /// Folder of the files
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,

    /// Address to listen at
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen at; 0 for any that is free
    #[arg(long, default_value = "8443")]
    port: u16,

    /// Certificate, and those that vouch for it, in PEM form
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Private key of the certificate, in PEM form
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Where to write the certificate that is made if none is given
    #[arg(
        long,
        value_name = "FILE",
        default_value = "https_server.pem",
        conflicts_with = "cert"
    )]
    write_cert: PathBuf,
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| Error::msg(format!("read {}: {error}", path.display()));
    std::fs::read(path).map_err(failed)
}

/// Makes a certificate for this machine, which nobody else vouches for.
fn self_signed(path: &Path) -> Result<ServerContext> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    let pem = made.cert.pem();
    let failed = |error| Error::msg(format!("write {}: {error}", path.display()));
    std::fs::write(path, &pem).map_err(failed)?;
    ServerContext::from_pem(pem, made.signing_key.serialize_pem())
}

fn serve(co: &Co, options: Options) -> Result<()> {
    let context = match (&options.cert, &options.key) {
        (Some(chain), Some(key)) => ServerContext::from_pem(read(chain)?, read(key)?)?,
        _ => self_signed(&options.write_cert)?,
    };
    let address = match options.host.contains(':') {
        true => format!("[{}]:{}", options.host, options.port),
        false => format!("{}:{}", options.host, options.port),
    };
    let site = Site::new(Files::Folder(options.root));
    let server = co.yield_from(site.serve_tls(&address, &context))?;
    for address in server.sockets() {
        // Whoever closes our standard output does not want to know.
        let _ = writeln!(stdout(), "serving at https://{address}/");
    }
    co.yield_from(server.serve_forever())
}

fn main() -> ExitCode {
    match run(|co: &Co| serve(co, Options::parse())) {
        Err(error) if !error.is::<KeyboardInterrupt>() => {
            eprintln!("https_server: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
