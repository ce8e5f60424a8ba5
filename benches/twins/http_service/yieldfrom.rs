use std::net::SocketAddr;

use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, Coroutine, Result, coroutine, create_task, from_std, gather, spawn_std};
use yieldfrom_adapters::hyper::Io;

use super::Options;
use super::by_hyper::{answer, get};

fn serve(co: &Co, listener: &TcpListener) -> Result<()> {
    loop {
        let (stream, _) = co.yield_from(listener.accept())?;
        let http = http1::Builder::new();
        spawn_std(http.serve_connection(Io::new(stream), service_fn(answer)));
    }
}

fn client(server: SocketAddr, number: usize, requests: usize) -> Coroutine<anyhow::Result<String>> {
    coroutine(move |co| {
        let stream = co.yield_from(TcpStream::connect(server))?;
        let (service, connection) = co.yield_from(from_std(handshake(Io::new(stream))))??;
        spawn_std(connection);
        co.yield_from(from_std(get(service, number, requests)))
    })
}

pub(crate) fn run(options: Options) -> Result<anyhow::Result<()>> {
    let main = move |co: &Co| {
        let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
        let server = listener.local_addr()?;
        create_task(move |co: &Co| serve(co, &listener));
        let client = |number| client(server, number, options.requests);
        co.yield_from(gather((0..options.clients).map(client)))
    };
    let lines = yieldfrom::run(main)?;
    Ok(lines.into_iter().try_for_each(|line| {
        println!("{}", line?);
        Ok(())
    }))
}
