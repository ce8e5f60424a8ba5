//! Both ends on tokio.

use std::io::Result;
use std::mem;

use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ::tokio::net::{TcpListener, TcpStream};

use super::message::Message;
use super::{BUFFER, processor};
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;
use crate::questions::number;

/// What both ends read from and write to.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Stream for S {}

pub(super) fn plain(case: &str, meter: &Meter) -> Sample {
    round_trips(case, meter, async || {
        let (near, far) = pair().await?;
        ::tokio::spawn(echo(far));
        Ok(near)
    })
}

/// Measures round trips. `connect` makes a client, whose server runs.
pub(super) fn round_trips<C: Stream + Send>(
    case: &str,
    meter: &Meter,
    connect: impl AsyncFn() -> Result<C>,
) -> Sample {
    let (runtime, connections) = (runtimes::tokio(), number(case));
    let mut clients = runtime.block_on(async {
        let mut clients = Vec::with_capacity(connections);
        for _ in 0..connections {
            clients.push(connect().await.expect("both ends are here"));
        }
        clients
    });
    processor(meter, connections, |each| {
        runtime.block_on(async {
            let pings = mem::take(&mut clients).into_iter();
            let pings: Vec<_> = pings
                .map(|client| ::tokio::spawn(ping(client, each)))
                .collect();
            for ping in pings {
                let client = ping.await.expect("it does not panic");
                clients.push(client.expect("all answers come"));
            }
        });
    })
}

/// Makes both ends of a connection.
pub(in crate::questions) async fn pair() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}

/// Sends back what comes, to the end.
pub(super) async fn echo(mut stream: impl Stream) -> Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size]).await?,
        }
        stream.flush().await?;
    }
}

/// Sends so many messages, each when the answer to the last is there; returns the stream.
pub(super) async fn ping<S: Stream>(mut stream: S, count: usize) -> Result<S> {
    let mut message = Message::new();
    let mut buffer = [0; BUFFER];
    for _ in 0..count {
        stream.write_all(message.next()).await?;
        stream.flush().await?;
        let size = stream.read(&mut buffer).await?;
        message.check(&buffer[..size]);
    }
    Ok(stream)
}
