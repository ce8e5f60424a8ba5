//! A small server of IMAP, with one user and three messages.

use std::io::{self, BufRead, BufReader, Read, Write};

/// Returns a message: the third is longer than what fits into one packet.
pub(super) fn message(number: usize) -> Vec<u8> {
    let body = "line of text\r\n".repeat(number * number * 1000);
    format!("Subject: number {number}\r\n\r\n{body}").into_bytes()
}

/// Serves one connection. A client that is idle gets mail when `until_mail` returns.
pub(crate) fn serve(stream: impl Read + Write, until_mail: impl Fn()) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"* OK ready\r\n")?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let [tag, command, arguments @ ..] = &words[..] else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let to = stream.get_mut();
        match (*command, arguments) {
            ("LOGIN", [_, password]) if password.trim_matches('"') != "secret" => {
                write!(to, "{tag} NO not that one\r\n")?;
                continue;
            }
            ("SELECT", _) => to.write_all(b"* 3 EXISTS\r\n* 0 RECENT\r\n")?,
            ("FETCH", [number, ..]) => send_message(to, number.parse().unwrap_or(1))?,
            ("LOGOUT", _) => to.write_all(b"* BYE until later\r\n")?,
            ("IDLE", _) => {
                to.write_all(b"+ idling\r\n")?;
                until_mail();
                stream.get_mut().write_all(b"* 4 EXISTS\r\n")?;
                // The client says DONE.
                stream.read_line(&mut String::new())?;
            }
            _ => {}
        }
        write!(stream.get_mut(), "{tag} OK done\r\n")?;
        if *command == "LOGOUT" {
            return Ok(());
        }
    }
}

fn send_message(to: &mut impl Write, number: usize) -> io::Result<()> {
    let message = message(number);
    write!(to, "* {number} FETCH (RFC822 {{{}}}\r\n", message.len())?;
    to.write_all(&message)?;
    to.write_all(b")\r\n")
}
