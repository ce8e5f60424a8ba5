use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

use super::Options;
use super::by_httparse::{answer, get};

fn serve(listener: &TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        thread::spawn(|| answer(stream));
    }
}

fn client(server: SocketAddr, number: usize, requests: usize) -> Result<String> {
    let stream = TcpStream::connect(server)?;
    get(stream, number, requests)
}

pub(crate) fn run(options: Options) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    thread::spawn(move || serve(&listener));
    let client = |number| thread::spawn(move || client(server, number, options.requests));
    let clients: Vec<_> = (0..options.clients).map(client).collect();
    for client in clients {
        println!("{}", client.join().expect("it does not panic")?);
    }
    Ok(())
}
