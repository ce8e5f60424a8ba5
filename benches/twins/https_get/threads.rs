use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use anyhow::Result;
use rustls::{ClientConnection, StreamOwned};

use super::{NAME, Options, Site, path, request, summary};

fn get(site: Site, path: &str) -> Result<String> {
    let stream = TcpStream::connect(site.address)?;
    let connection = ClientConnection::new(site.config, NAME.try_into()?)?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(request(path).as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(summary(path, &response))
}

pub(crate) fn run(options: Options, site: Site) -> Result<()> {
    let get = |page| {
        let site = site.clone();
        thread::spawn(move || get(site, &path(page)))
    };
    let gets: Vec<_> = (0..options.pages).map(get).collect();
    for get in gets {
        println!("{}", get.join().expect("it does not panic")?);
    }
    Ok(())
}
