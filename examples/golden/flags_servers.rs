//! Servers that answer with whatever a test says, and two clients to ask them.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use examples::http::{HttpError, Options, Session, blocking};
use yieldfrom::{Co, run};

/// Starts a server that handles each connection by a function, and returns its URL.
///
/// It lives as long as the tests do.
pub(crate) fn server(handle: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("find a free port");
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || handle(stream));
        }
    });
    url
}

/// Reads a request, and returns its first line; nothing if the client is gone.
pub(crate) fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read(&mut byte), Ok(1)) {
            return None;
        }
        head.extend(byte);
    }
    let head = String::from_utf8(head).expect("requests are ASCII");
    head.lines().next().map(str::to_owned)
}

/// Reads a request, and sends something.
pub(crate) fn reply(stream: &mut TcpStream, bytes: &str) {
    if request(stream).is_some() {
        // Clients go away when they have seen enough.
        let _ = stream.write_all(bytes.as_bytes());
    }
}

/// A status and a body.
pub(crate) type Answer = (u16, Vec<u8>);

/// Options of a client that is not patient.
pub(crate) fn options() -> Options {
    Options {
        timeout: Duration::from_secs(10),
        ..Options::default()
    }
}

/// Asks with the client that blocks.
pub(crate) fn ask_blocking(urls: &[&str], options: Options) -> Vec<Result<Answer, HttpError>> {
    let session = blocking::Session::new(options);
    let ask = |url: &&str| {
        let mut resp = session.get(url)?;
        Ok((resp.head.status, resp.read()?))
    };
    urls.iter().map(ask).collect()
}

/// Asks with the client on the event loop. An error that is none of HTTP's keeps its message.
pub(crate) fn ask_loop(urls: &[&str], options: Options) -> Vec<Result<Answer, HttpError>> {
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    let answers = run(move |co: &Co| {
        let session = Session::new(options);
        let ask = |url: &String| {
            co.yield_from(|co: &Co| {
                let mut resp = co.yield_from(session.get(url))?;
                Ok((resp.head.status, co.yield_from(resp.read())?))
            })
        };
        Ok(urls.iter().map(ask).collect::<Vec<_>>())
    });
    let http = |error: yieldfrom::Error| match error.downcast::<HttpError>() {
        Ok(error) => error,
        Err(error) => match error.downcast::<std::io::Error>() {
            Ok(error) => HttpError::io("", error),
            Err(error) => panic!("neither HTTP's nor the system's: {error}"),
        },
    };
    let answers = answers.expect("run the loop");
    answers
        .into_iter()
        .map(|answer| answer.map_err(http))
        .collect()
}

/// Asks one URL with both clients.
pub(crate) fn ask(url: &str, options: Options) -> [Result<Answer, HttpError>; 2] {
    [ask_blocking, ask_loop].map(|ask| ask(&[url], options).remove(0))
}
