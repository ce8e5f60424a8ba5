//! `async-net`: sockets with a reactor of their own, whose thread wakes the loop.

use async_net::{TcpListener, TcpStream, UdpSocket};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::stream::StreamExt;
use yieldfrom::{Co, Result, create_task, from_std, gather, spawn_std, wait_for};

use crate::support::{finished, run};

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let mut incoming = listener.incoming();
    while let Some(stream) = incoming.next().await {
        let stream = stream?;
        spawn_std(async move { smol::io::copy(stream.clone(), stream).await });
    }
    Ok(())
}

#[test]
fn many_coroutines_echo_over_sockets_of_another_reactor() {
    run(|co: &Co| {
        let listener = finished(co, TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let server = spawn_std(serve(listener));
        let visits = (0..20_u8).map(|visitor| {
            create_task(move |co: &Co| -> Result<()> {
                let mut stream = finished(co, TcpStream::connect(address))?;
                for n in 0..20_u8 {
                    let sent = vec![visitor ^ n; 5000];
                    finished(co, stream.write_all(&sent))?;
                    let mut answer = vec![0; sent.len()];
                    finished(co, stream.read_exact(&mut answer))?;
                    assert!(answer == sent, "another answer");
                }
                Ok(())
            })
        });
        co.yield_from(gather(visits.collect::<Vec<_>>()))?;
        server.cancel();
        assert!(co.yield_from(server).unwrap_err().is_cancelled());
        Ok(())
    });
}

#[test]
fn datagrams_come_or_time_runs_out() {
    run(|co: &Co| {
        let [one, other] = [(), ()].map(|()| UdpSocket::bind("127.0.0.1:0"));
        let (one, other) = (finished(co, one)?, finished(co, other)?);
        let mut buffer = [0; 10];
        let limited = wait_for(from_std(one.recv(&mut buffer)), 0.001);
        assert!(
            co.yield_from(limited)
                .unwrap_err()
                .is::<yieldfrom::TimeoutError>()
        );
        finished(co, other.send_to(b"taxi", one.local_addr()?))?;
        let (n, from) = finished(co, one.recv_from(&mut buffer))?;
        assert_eq!((&buffer[..n], from), (&b"taxi"[..], other.local_addr()?));
        Ok(())
    });
}
