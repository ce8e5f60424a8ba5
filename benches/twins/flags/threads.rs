use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use anyhow::Result;

use super::{BUFFER, Options};
use crate::questions::flags::flag::{Flag, Response};

fn download(server: SocketAddr, flag: &Flag) -> Result<usize> {
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(flag.request.as_bytes())?;
    let mut response = Response::default();
    let mut buffer = [0; BUFFER];
    loop {
        let size = stream.read(&mut buffer)?;
        if response.receive(&buffer[..size], flag)? {
            return Ok(flag.gif.len());
        }
    }
}

pub(crate) fn run(options: Options) -> Result<()> {
    let server = options.server();
    for _ in 0..options.rounds {
        let download = |flag| thread::spawn(move || download(server, flag));
        let downloads: Vec<_> = options.flags.iter().map(download).collect();
        for (flag, download) in options.flags.iter().zip(downloads) {
            let size = download.join().expect("it does not panic")?;
            println!("{} {size}", flag.path);
        }
    }
    Ok(())
}
