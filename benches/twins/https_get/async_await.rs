use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{NAME, Options, Site, path, request, summary};

async fn get(site: Site, path: String) -> Result<String> {
    let stream = TcpStream::connect(site.address).await?;
    let connector = TlsConnector::from(site.config);
    let mut stream = connector.connect(NAME.try_into()?, stream).await?;
    stream.write_all(request(&path).as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(summary(&path, &response))
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options, site: Site) -> Result<()> {
    let get = |page| tokio::spawn(get(site.clone(), path(page)));
    let gets: Vec<_> = (0..options.pages).map(get).collect();
    for get in gets {
        println!("{}", get.await??);
    }
    Ok(())
}
