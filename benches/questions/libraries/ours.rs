//! Both ends on a loop of ours: by `yield_from`, and in regions.

use std::io;
use std::mem;

use yieldfrom::blocking::blocking as region;
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::streams::{Read, Write};
use yieldfrom::{
    AwaitableResult, Co, Coroutine, EventLoop, IntoCoroutine, Result, coroutine, create_task,
    gather,
};

use super::message::Message;
use super::{BUFFER, processor, sync};
use crate::measuring::meter::{Meter, Sample};
use crate::questions::number;

/// That of plain tasks.
const STACK: usize = 64 << 10;

pub(super) fn plain(case: &str, meter: &Meter) -> Sample {
    let event_loop = EventLoop::builder().stack_size(STACK).build();
    let connect = |co: &Co| {
        let (near, far) = pair(co)?;
        create_task(move |co: &Co| echo(co, &far));
        Ok(near)
    };
    round_trips(event_loop, case, meter, connect, ping)
}

pub(super) fn blocking(case: &str, meter: &Meter) -> Sample {
    let connect = |co: &Co| {
        let (near, far) = pair(co)?;
        let far = yieldfrom::blocking::TcpStream::try_from(far)?;
        create_task(region(move || sync::echo(far)));
        yieldfrom::blocking::TcpStream::try_from(near)
    };
    round_trips(EventLoop::new(), case, meter, connect, sync_ping)
}

/// Measures round trips. `connect` makes a client, whose server runs; `ping` sends so many messages by it, and returns it.
pub(super) fn round_trips<C: 'static, P>(
    event_loop: Result<EventLoop>,
    case: &str,
    meter: &Meter,
    connect: impl Fn(&Co) -> Result<C> + 'static,
    ping: impl Fn(C, usize) -> P + Copy + 'static,
) -> Sample
where
    P: AwaitableResult<Output = C> + 'static,
{
    let (event_loop, connections) = (event_loop.expect("the loop starts"), number(case));
    let connect = move |co: &Co| (0..connections).map(|_| connect(co)).collect();
    let clients: Result<Vec<C>> = event_loop.run_until_complete(connect);
    let mut clients = clients.expect("both ends are here");
    processor(meter, connections, |each| {
        let pings = mem::take(&mut clients).into_iter();
        let pings = pings.map(move |client| ping(client, each));
        clients = event_loop
            .run_until_complete(move |co: &Co| co.yield_from(gather(pings)))
            .expect("all answers come");
    })
}

/// Makes both ends of a connection.
pub(in crate::questions) fn pair(co: &Co) -> Result<(TcpStream, TcpStream)> {
    let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
    let near = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    let (far, _) = co.yield_from(listener.accept())?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}

/// Sends back what comes, to the end.
pub(super) fn echo(co: &Co, stream: &(impl Read + Write)) -> Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match co.yield_from(stream.read(&mut buffer))? {
            0 => return Ok(()),
            size => co.yield_from(stream.write_all(&buffer[..size]))?,
        }
    }
}

/// Sends so many messages, each when the answer to the last is there; returns the stream.
pub(super) fn ping<S: Read + Write + 'static>(stream: S, count: usize) -> Coroutine<S> {
    coroutine(move |co| {
        let mut message = Message::new();
        let mut buffer = [0; BUFFER];
        for _ in 0..count {
            co.yield_from(stream.write_all(message.next()))?;
            let size = co.yield_from(stream.read(&mut buffer))?;
            message.check(&buffer[..size]);
        }
        Ok(stream)
    })
}

/// The same by a synchronous stream, in a region.
pub(super) fn sync_ping<S: io::Read + io::Write + 'static>(
    stream: S,
    count: usize,
) -> Coroutine<S> {
    let ping = move || sync::ping(stream, count).expect("all answers come");
    region(ping).into_coroutine()
}
