//! Those who download.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::thread;

use ::smol::LocalExecutor;
use ::yieldfrom::{Co, EventLoop, coroutine, gather};
use anyhow::{Result, anyhow};

use super::flag::{Flag, Response};
use super::measured;
use crate::measuring::meter::{Meter, Samples};
use crate::peers::runtimes;

/// How much is received at once.
const BUFFER: usize = 4096;

pub(super) fn sequential(server: SocketAddr, _case: &str, meter: &Meter) -> Result<Samples> {
    let flags = Flag::all()?;
    measured(meter, || {
        flags.iter().try_for_each(|flag| download(server, flag))?;
        Ok(())
    })
}

pub(super) fn threads(server: SocketAddr, _case: &str, meter: &Meter) -> Result<Samples> {
    let flags = Flag::all()?;
    measured(meter, || {
        thread::scope(|scope| {
            let download = |flag| scope.spawn(move || download(server, flag));
            let threads: Vec<_> = flags.iter().map(download).collect();
            for thread in threads {
                thread.join().expect("it does not panic")?;
            }
            Ok(())
        })
    })
}

fn download(server: SocketAddr, flag: &Flag) -> io::Result<()> {
    let mut stream = std::net::TcpStream::connect(server)?;
    stream.write_all(flag.request.as_bytes())?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = stream.read(&mut buffer)?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(());
        }
    }
}

pub(super) fn tokio(server: SocketAddr, _case: &str, meter: &Meter) -> Result<Samples> {
    let flags = Flag::all()?;
    let runtime = runtimes::tokio();
    measured(meter, || {
        runtime.block_on(async {
            let create = |flag| ::tokio::spawn(tokio_download(server, flag));
            for task in flags.iter().map(create).collect::<Vec<_>>() {
                task.await??;
            }
            Ok(())
        })
    })
}

async fn tokio_download(server: SocketAddr, flag: &Flag) -> io::Result<()> {
    use ::tokio::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = ::tokio::net::TcpStream::connect(server).await?;
    stream.write_all(flag.request.as_bytes()).await?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = stream.read(&mut buffer).await?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(());
        }
    }
}

pub(super) fn smol(server: SocketAddr, _case: &str, meter: &Meter) -> Result<Samples> {
    let flags = Flag::all()?;
    let executor = LocalExecutor::new();
    measured(meter, || {
        runtimes::smol(&executor, async {
            let create = |flag| executor.spawn(smol_download(server, flag));
            for task in flags.iter().map(create).collect::<Vec<_>>() {
                task.await?;
            }
            Ok(())
        })
    })
}

async fn smol_download(server: SocketAddr, flag: &Flag) -> io::Result<()> {
    use ::smol::io::{AsyncReadExt, AsyncWriteExt};

    let mut stream = ::smol::net::TcpStream::connect(server).await?;
    stream.write_all(flag.request.as_bytes()).await?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = stream.read(&mut buffer).await?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(());
        }
    }
}

pub(super) fn yieldfrom(server: SocketAddr, _case: &str, meter: &Meter) -> Result<Samples> {
    let flags = Flag::all()?;
    let event_loop = EventLoop::new().expect("the loop starts");
    measured(meter, || {
        let main = move |co: &Co| {
            let create = |flag| coroutine(move |co| yieldfrom_download(co, server, flag));
            co.yield_from(gather(flags.iter().map(create)))
        };
        let all = event_loop.run_until_complete(main);
        all.map(drop).map_err(|error| anyhow!("{error}"))
    })
}

fn yieldfrom_download(co: &Co, server: SocketAddr, flag: &Flag) -> ::yieldfrom::Result<()> {
    let stream = co.yield_from(::yieldfrom::net::TcpStream::connect(server))?;
    co.yield_from(stream.write_all(flag.request.as_bytes()))?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = co.yield_from(stream.read(&mut buffer))?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(());
        }
    }
}
