//! `serde_json`, `csv` and `flate2`: streams of values over a socket.

use std::io::{self, BufReader, BufWriter, Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, TimeoutError, create_task, timeout};

use crate::support::{
    Host, SilentHost, ThreadHost, assert_cannot_be_swallowed, cancel_later_and_later, crowd,
    in_a_child, run, test_path,
};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Row {
    number: u32,
    text: String,
}

fn row(number: u32) -> Row {
    let text = format!("number \"{number}\", in words");
    Row { number, text }
}

const ROWS: u32 = 20_000;

/// Answers each document with the same, at once.
fn echo_json(stream: impl Read + Write) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let documents = serde_json::Deserializer::from_reader(&mut stream);
        let Some(document) = documents.into_iter::<Row>().next() else {
            return Ok(());
        };
        serde_json::to_writer(stream.get_mut(), &document?)?;
        stream.get_mut().flush()?;
    }
}

fn exchange_json(stream: &mut BufReader<impl Read + Write>, number: u32) -> io::Result<()> {
    serde_json::to_writer(stream.get_mut(), &row(number))?;
    let mut documents = serde_json::Deserializer::from_reader(stream).into_iter::<Row>();
    let answer = documents.next().ok_or(io::ErrorKind::UnexpectedEof)??;
    assert_eq!(answer, row(number));
    Ok(())
}

/// Sends a table, packed.
pub(crate) fn send_table(stream: impl Write) -> io::Result<()> {
    let packer = GzEncoder::new(BufWriter::new(stream), Compression::fast());
    let mut table = csv::Writer::from_writer(packer);
    for number in 0..ROWS {
        table.serialize(row(number))?;
    }
    let packer = table.into_inner().map_err(|error| error.into_error())?;
    packer.finish()?.flush()
}

/// Reads a packed table while it comes.
pub(crate) fn read_table(stream: impl Read) -> csv::Result<()> {
    let mut table = csv::Reader::from_reader(GzDecoder::new(stream));
    let mut rows = 0;
    for (found, number) in table.deserialize::<Row>().zip(0..) {
        assert_eq!(found?, row(number));
        rows += 1;
    }
    // The crate takes an error that it meets in the header for the end of an empty table.
    match rows {
        ROWS => Ok(()),
        _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

#[test]
fn documents_of_json_go_to_and_fro() {
    run(|co: &Co| {
        let host = Host::start(|stream| echo_json(stream).unwrap())?;
        let address = host.address;
        co.yield_from(blocking(|| {
            let mut stream = BufReader::new(TcpStream::connect(address)?);
            (0..100).try_for_each(|number| exchange_json(&mut stream, number))
        }))??;
        Ok(())
    });
}

#[test]
fn a_packed_table_is_sent_and_read_on_one_loop() {
    run(|co: &Co| {
        let host = Host::start(|stream| send_table(stream).unwrap())?;
        let address = host.address;
        Ok(co.yield_from(blocking(|| read_table(TcpStream::connect(address)?)))??)
    });
}

#[test]
fn a_packed_table_comes_from_a_thread_and_goes_to_one() {
    let from = ThreadHost::start(1, |stream| send_table(stream).unwrap());
    let to = ThreadHost::start(1, |stream| read_table(stream).unwrap());
    let addresses = (from.address, to.address);
    run(move |co: &Co| {
        co.yield_from(blocking(|| read_table(TcpStream::connect(addresses.0)?)))??;
        Ok(co.yield_from(blocking(|| send_table(TcpStream::connect(addresses.1)?)))??)
    });
    from.join();
    to.join();
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| echo_json(stream).unwrap())?;
        let address = host.address;
        crowd(co, move |member| {
            let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
            member.wait_for_the_others();
            for number in 0..20 {
                exchange_json(&mut stream, number).unwrap();
                member.note_answer();
            }
        })
    });
}

#[test]
fn a_reader_and_its_sender_can_be_cancelled_at_any_turn() {
    if !in_a_child(test_path!(
        "a_reader_and_its_sender_can_be_cancelled_at_any_turn"
    )) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| drop(send_table(stream)))?;
        let address = host.address;
        let cancelled = cancel_later_and_later(co, || {
            create_task(move |co: &Co| {
                let read = blocking(|| read_table(TcpStream::connect(address)?));
                Ok(co.yield_from(read)??)
            })
        })?;
        assert!(cancelled > 2, "there are that many waits: {cancelled}");
        Ok(())
    });
}

#[test]
fn no_code_around_a_reader_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let host = SilentHost::start();
        let address = host.address;
        assert_cannot_be_swallowed(co, move || read_table(TcpStream::connect(address)?))?;
        assert_cannot_be_swallowed(co, move || {
            let stream = TcpStream::connect(address).map_err(serde_json::Error::io)?;
            serde_json::from_reader::<_, Row>(stream)
        })?;
        let reads = blocking(move || read_table(TcpStream::connect(address)?));
        let error = co.yield_from(timeout(0.01, |co: &Co| co.yield_from(reads)));
        assert!(error.unwrap_err().is::<TimeoutError>());
        Ok(())
    });
}

#[test]
fn a_table_that_breaks_off_is_an_error() {
    let host = ThreadHost::start(1, |mut stream| {
        let mut packed = Vec::new();
        send_table(&mut packed).unwrap();
        stream.write_all(&packed[..packed.len() / 2]).unwrap();
    });
    let address = host.address;
    let error = run(move |co: &Co| {
        let result = co.yield_from(blocking(|| read_table(TcpStream::connect(address)?)))?;
        Ok(result.unwrap_err())
    });
    assert!(error.is_io_error(), "{error}");
    host.join();
}
