use std::net::SocketAddr;

use anyhow::Result;
use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::Options;
use super::by_hyper::{answer, get};

async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let http = http1::Builder::new();
        tokio::spawn(http.serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}

async fn client(server: SocketAddr, number: usize, requests: usize) -> Result<String> {
    let stream = TcpStream::connect(server).await?;
    let (service, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    get(service, number, requests).await
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    tokio::spawn(serve(listener));
    let client = |number| tokio::spawn(client(server, number, options.requests));
    let clients: Vec<_> = (0..options.clients).map(client).collect();
    for client in clients {
        println!("{}", client.await??);
    }
    Ok(())
}
