//! `tokio-util`: messages in a stream of bytes, over sockets and over memory.

use std::io::ErrorKind;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio_util::bytes::Bytes;
use tokio_util::codec::{Framed, LengthDelimitedCodec, LinesCodec, LinesCodecError};
use yieldfrom::net::UnixStream;
use yieldfrom::streams::{PollRead, PollWrite, duplex};
use yieldfrom::{Co, Result, create_task, from_std, spawn_std};
use yieldfrom_adapters::tokio::Io;

use crate::support::{finished, run};

/// Answers lines by the same in capitals, until the other end says goodbye, or a line is too long.
async fn shout<S: PollRead + PollWrite>(stream: S) -> std::result::Result<(), LinesCodecError> {
    let mut lines = Framed::new(Io::new(stream), LinesCodec::new_with_max_length(100));
    while let Some(line) = lines.next().await {
        lines.send(line?.to_uppercase()).await?;
    }
    Ok(())
}

/// Sends lines to and fro.
fn talk<S: PollRead + PollWrite + 'static>(co: &Co, near: S, far: S) -> Result<()> {
    let server = spawn_std(shout(far));
    let mut lines = Framed::new(Io::new(near), LinesCodec::new());
    for n in 0..200 {
        finished(co, lines.send(format!("taxi {n}")))?;
        let answer = co.yield_from(from_std(lines.next()))?.expect("an answer")?;
        assert_eq!(answer, format!("TAXI {n}"));
    }
    drop(lines);
    Ok(co.yield_from(server)??)
}

#[test]
fn lines_go_over_a_socket_and_over_memory() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        talk(co, near, far)?;
        let (near, far) = duplex(7);
        talk(co, near, far)
    });
}

#[test]
fn a_line_that_is_too_long_ends_a_connection() {
    run(|co: &Co| {
        let (near, far) = duplex(7);
        let server = spawn_std(shout(far));
        let mut lines = Framed::new(Io::new(near), LinesCodec::new());
        // The server goes away before it has read all of that.
        let error = finished(co, lines.send("x".repeat(1000))).unwrap_err();
        let error = error
            .downcast_ref::<LinesCodecError>()
            .expect("the codec's error");
        assert!(
            matches!(error, LinesCodecError::Io(error) if error.kind() == ErrorKind::BrokenPipe)
        );
        let error = co.yield_from(server)?.unwrap_err();
        assert!(matches!(error, LinesCodecError::MaxLineLengthExceeded));
        Ok(())
    });
}

#[test]
fn large_messages_with_their_lengths_go_both_ways_at_once() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        let [near, far] =
            [near, far].map(|stream| Framed::new(Io::new(stream), LengthDelimitedCodec::new()));
        let sides = [near, far].map(|side| {
            let (mut sink, mut stream) = side.split();
            let sending = spawn_std(async move {
                for n in 0..50 {
                    sink.send(Bytes::from(vec![n; 100_000])).await?;
                }
                std::io::Result::Ok(())
            });
            let receiving = create_task(move |co: &Co| -> Result<()> {
                for n in 0..50 {
                    let message = co
                        .yield_from(from_std(stream.next()))?
                        .expect("a message")?;
                    assert!(message == vec![n; 100_000], "another message");
                }
                Ok(())
            });
            (sending, receiving)
        });
        for (sending, receiving) in sides {
            co.yield_from(sending)??;
            co.yield_from(receiving)?;
        }
        Ok(())
    });
}

#[test]
fn a_proxy_copies_both_ways() {
    run(|co: &Co| {
        let (client, mut outside) = UnixStream::pair().map(|(a, b)| (a, Io::new(b)))?;
        let (mut inside, server) = UnixStream::pair().map(|(a, b)| (Io::new(a), b))?;
        let proxy = spawn_std(async move { copy_bidirectional(&mut outside, &mut inside).await });
        let answering = create_task(move |co: &Co| {
            let mut text = String::new();
            let mut server = BufReader::new(Io::new(server));
            finished(co, server.read_to_string(&mut text))?;
            finished(co, server.write_all(text.to_uppercase().as_bytes()))
        });
        let mut client = Io::new(client);
        let text = "taxi ".repeat(100_000);
        let asking = async {
            client.write_all(text.as_bytes()).await?;
            client.shutdown().await?;
            let mut answer = String::new();
            client.read_to_string(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        assert!(
            finished(co, asking)? == text.to_uppercase(),
            "another answer"
        );
        co.yield_from(answering)?;
        assert_eq!(co.yield_from(proxy)??, (500_000, 500_000));
        Ok(())
    });
}
