use yieldfrom::net::TcpStream;
use yieldfrom::streams::{Read, Write};
use yieldfrom::{Coroutine, Result, coroutine, gather, get_event_loop, tls};

use super::{NAME, Options, Site, path, request, summary};

fn get(site: Site, path: String) -> Coroutine<String> {
    coroutine(move |co| {
        let stream = co.yield_from(TcpStream::connect(site.address))?;
        let context = site.config.into();
        let stream = co.yield_from(tls::connect(stream, &context, NAME))?;
        co.yield_from(stream.write_all(request(&path).as_bytes()))?;
        let response = co.yield_from(stream.read_to_string())?;
        Ok(summary(&path, &response))
    })
}

pub(crate) fn run(options: Options, site: Site) -> Result<()> {
    let event_loop = get_event_loop()?;
    let gets = (0..options.pages).map(|page| get(site.clone(), path(page)));
    for summary in event_loop.run_until_complete(gather(gets))? {
        println!("{summary}");
    }
    event_loop.close()
}
