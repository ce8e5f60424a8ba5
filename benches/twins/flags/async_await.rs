use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{BUFFER, Options};
use crate::questions::flags::flag::{Flag, Response};

async fn download(server: SocketAddr, flag: &Flag) -> Result<usize> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(flag.request.as_bytes()).await?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = stream.read(&mut buffer).await?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(flag.gif.len());
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options) -> Result<()> {
    let server = options.server();
    for _ in 0..options.rounds {
        let download = |flag| tokio::spawn(download(server, flag));
        let downloads: Vec<_> = options.flags.iter().map(download).collect();
        for (flag, download) in options.flags.iter().zip(downloads) {
            println!("{} {}", flag.path, download.await??);
        }
    }
    Ok(())
}
