//! `tokio-tungstenite`: both ends of a web socket.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{accept_async, client_async};
use yieldfrom::net::{TcpListener, TcpStream, UnixStream};
use yieldfrom::{Co, Result, create_task, from_std, gather, spawn_std};
use yieldfrom_adapters::tokio::Io;

use crate::support::{finished, run};

/// Sends back what comes.
async fn echo(stream: TcpStream) -> std::result::Result<(), Error> {
    let mut socket = accept_async(Io::new(stream)).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

#[test]
fn coroutines_send_text_and_large_messages() {
    run(|co: &Co| {
        let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let server = create_task(move |co: &Co| -> Result<()> {
            let connections = (0..10).map(|_| {
                let (stream, _) = co.yield_from(listener.accept())?;
                Ok(spawn_std(echo(stream)))
            });
            for connection in connections.collect::<Result<Vec<_>>>()? {
                co.yield_from(connection)??;
            }
            Ok(())
        });
        let visits = (0..10).map(|visitor| {
            create_task(move |co: &Co| -> Result<()> {
                let stream = co.yield_from(TcpStream::connect(address))?;
                let opening = client_async("ws://localhost/", Io::new(stream));
                let (mut socket, _) = finished(co, opening)?;
                let text = Message::text(format!("taxi {visitor}"));
                for message in [text, Message::binary(vec![visitor; 300_000])] {
                    finished(co, socket.send(message.clone()))?;
                    let answer = co
                        .yield_from(from_std(socket.next()))?
                        .expect("an answer")?;
                    assert!(answer == message, "another answer");
                }
                finished(co, socket.close(None))?;
                while let Some(message) = co.yield_from(from_std(socket.next()))? {
                    assert!(message?.is_close());
                }
                Ok(())
            })
        });
        co.yield_from(gather(visits.collect::<Vec<_>>()))?;
        co.yield_from(server)
    });
}

#[test]
fn a_socket_is_read_by_one_task_and_written_by_another() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        let accepting = spawn_std(accept_async(Io::new(far)));
        let (near, _) = finished(co, client_async("ws://localhost/", Io::new(near)))?;
        let far = co.yield_from(accepting)??;
        let (mut sink, _stream) = near.split();
        let (_sink, mut stream) = far.split();
        let writing = spawn_std(async move {
            for n in 0..500_u32 {
                sink.send(Message::binary(n.to_be_bytes().repeat(1000)))
                    .await?;
            }
            Ok::<_, Error>(sink)
        });
        for n in 0..500_u32 {
            let message = co
                .yield_from(from_std(stream.next()))?
                .expect("a message")?;
            assert!(
                message.into_data() == n.to_be_bytes().repeat(1000),
                "another message"
            );
        }
        drop(co.yield_from(writing)??);
        Ok(())
    });
}

#[test]
fn the_other_end_goes_away_without_a_word() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        let accepting = spawn_std(accept_async(Io::new(far)));
        let (mut near, _) = finished(co, client_async("ws://localhost/", Io::new(near)))?;
        drop(co.yield_from(accepting)??);
        let error = co.yield_from(from_std(near.next()))?.expect("an error");
        assert!(matches!(error, Err(Error::Protocol(_))), "{error:?}");
        Ok(())
    });
}
