//! Clients that do not read, when a server ends.

use std::io::Read;
use std::os::unix::net::UnixStream as StdStream;
use std::{env, fs, process};

use yieldfrom::{
    Co, EventLoop, Protocol, Result, StreamReader, Transport, create_task, create_unix_server,
    open_unix_connection, sleep,
};

use crate::support::{run_io_on, until};

/// More than fits into the buffers of the system.
const MUCH: usize = 2 << 20;

/// Says much at once.
struct Talkative;

impl Protocol for Talkative {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        transport.write(&[b'x'; MUCH])
    }
}

/// Reads a part each second; returns how much came until the end.
fn read_slowly(co: &Co, reader: &StreamReader) -> Result<usize> {
    let mut read = 0;
    loop {
        for _ in 0..4 {
            let part = co.yield_from(reader.read(64 << 10))?.len();
            if part == 0 {
                return Ok(read);
            }
            read += part;
        }
        co.yield_from(sleep(1))?;
    }
}

#[test]
fn they_do_not_keep_a_server_that_is_cancelled_and_slow_ones_get_all() {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let path = env::temp_dir().join(format!("yieldfrom-mute-{}", process::id()));
    run_io_on(&event_loop, move |co: &Co| {
        let server = co.yield_from(create_unix_server(|| Talkative, &path))?;
        let forever = create_task(server.serve_forever());
        let (slow, _writer) = co.yield_from(open_unix_connection(&path))?;
        let mut mute = StdStream::connect(&path)?;
        until(co, || format!("{server:?}").contains("connections=2"))?;
        forever.cancel();
        assert_eq!(read_slowly(co, &slow)?, MUCH);
        assert!(co.yield_from(forever).unwrap_err().is_cancelled());
        // It gets what the system had for it.
        assert!(mute.read_to_end(&mut Vec::new())? < MUCH);
        Ok(fs::remove_file(&path)?)
    })
    .unwrap();
}
