//! The crate `redis` over a stream of a region: its own connection opens a socket that blocks.

use std::io::{BufReader, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use redis::{Cmd, ConnectionLike, Parser, RedisResult, Value, cmd};
use yieldfrom::blocking::TcpStream;

/// A server that is not there for this long does not start.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may be late by.
const PAUSE: Duration = Duration::from_millis(2);

/// A connection to a server, on which one command is sent after the other.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    parser: Parser,
    /// Whether each command so far has had its answer.
    is_open: bool,
}

impl Connection {
    pub(crate) fn connect(server: SocketAddr) -> RedisResult<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            parser: Parser::new(),
            is_open: true,
        })
    }

    fn send(&mut self, commands: &[u8]) -> RedisResult<()> {
        self.is_open = false;
        Ok(self.stream.get_mut().write_all(commands)?)
    }

    fn receive(&mut self) -> RedisResult<Value> {
        self.parser.parse_value(&mut self.stream)
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        self.send(command)?;
        let value = self.receive()?;
        self.is_open = true;
        Ok(value)
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        self.send(commands)?;
        for _ in 0..offset {
            self.receive()?.extract_error()?;
        }
        let values = (0..count).map(|_| self.receive());
        let values = values.collect::<RedisResult<_>>()?;
        self.is_open = true;
        Ok(values)
    }

    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.req_packed_command(&command.get_packed_command())
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        cmd("PING").query::<String>(self).is_ok()
    }

    fn is_open(&self) -> bool {
        self.is_open
    }
}

/// Waits until a server that was started listens.
pub(crate) fn wait_for(server: SocketAddr) -> Result<()> {
    let start = Instant::now();
    loop {
        let connected = std::net::TcpStream::connect(server);
        if connected.is_ok() || start.elapsed() > PATIENCE {
            return connected.map(drop).context("redis-server does not listen");
        }
        thread::sleep(PAUSE);
    }
}
