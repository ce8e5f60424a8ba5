//! hyper's server, on our loop and on tokio.

use std::io;

use ::tokio::net::TcpListener as TokioListener;
use ::yieldfrom::net::TcpListener;
use ::yieldfrom::{Co, EventLoop, spawn_std};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use yieldfrom_adapters::hyper::Io;

use crate::peers::runtimes;
use crate::questions::services::items::answer;
use crate::servers::announce;

const ADDRESS: &str = "127.0.0.1:0";

pub(super) fn yieldfrom() {
    let server = |co: &Co| -> ::yieldfrom::Result<()> {
        let listener = co.yield_from(TcpListener::bind(ADDRESS))?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = co.yield_from(listener.accept())?;
            stream.set_nodelay(true)?;
            let http = http1::Builder::new();
            spawn_std(http.serve_connection(Io::new(stream), service_fn(answer)));
        }
    };
    let event_loop = EventLoop::new().expect("the loop starts");
    event_loop.run_until_complete(server).expect("it accepts");
}

pub(super) fn tokio() {
    let server = async {
        let listener = TokioListener::bind(ADDRESS).await?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let http = http1::Builder::new();
            ::tokio::spawn(http.serve_connection(TokioIo::new(stream), service_fn(answer)));
        }
    };
    let end: io::Result<()> = runtimes::tokio().block_on(server);
    end.expect("it accepts");
}
