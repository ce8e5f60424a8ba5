//! Flags by https, from the example that serves so.

use crate::harness::{run, scratch, stdout};
use crate::servers::Server;

/// Starts the server on the flags of this package, and returns it with the file of its certificate.
fn start(name: &str) -> (Server, String) {
    let certificate = scratch(&format!("{name}.pem"));
    let certificate = certificate.to_str().unwrap().to_owned();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/flags/gifs");
    let args = ["--port", "0", "--root", root, "--write-cert", &certificate];
    let server = Server::start_saying("https_server", &args, "serving at https://");
    (server, certificate)
}

#[test]
fn all_four_forms_download_by_https() {
    let (server, certificate) = start("all_four_forms");
    let url = format!("https://localhost:{}", server.port());
    let keep_alive = [
        "BR",
        "IN",
        "US",
        "--base-url",
        &url,
        "--cacert",
        &certificate,
        "--keep-alive",
    ];
    let printed = stdout("flags", &keep_alive);
    for form in ["sequential", "threads", "yieldfrom", "flags2"] {
        assert!(printed.contains(&format!("\n{form}:\n")), "{printed}");
    }
    assert!(
        printed.contains("Every file has the right bytes."),
        "{printed}"
    );
}

#[test]
fn a_server_that_is_not_trusted_is_refused_with_the_reason() {
    let (server, _) = start("not_trusted");
    let url = format!("https://localhost:{}", server.port());
    for form in ["sequential", "yieldfrom"] {
        let output = run(
            "flags",
            &["BR", "--base-url", &url, "--form", form, "--verbose"],
        );
        assert!(!output.status.success());
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("not trusted") || said.contains("UnknownIssuer"),
            "{form}: {said}"
        );
    }
}
