use std::net::SocketAddr;

use yieldfrom::net::TcpStream;
use yieldfrom::{Coroutine, Result, coroutine, gather, get_event_loop};

use super::{BUFFER, Options};
use crate::questions::flags::flag::{Flag, Response};

fn download(server: SocketAddr, flag: &'static Flag) -> Coroutine<usize> {
    coroutine(move |co| {
        let stream = co.yield_from(TcpStream::connect(server))?;
        co.yield_from(stream.write_all(flag.request.as_bytes()))?;
        let mut response = Response::default();
        let mut buffer = [0; BUFFER];
        loop {
            let size = co.yield_from(stream.read(&mut buffer))?;
            if response.receive(&buffer[..size], flag)? {
                return Ok(flag.gif.len());
            }
        }
    })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let server = options.server();
    let event_loop = get_event_loop()?;
    for _ in 0..options.rounds {
        let downloads = gather(options.flags.iter().map(|flag| download(server, flag)));
        let sizes = event_loop.run_until_complete(downloads)?;
        for (flag, size) in options.flags.iter().zip(sizes) {
            println!("{} {size}", flag.path);
        }
    }
    event_loop.close()
}
