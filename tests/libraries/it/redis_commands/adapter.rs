//! The adapter: `redis::Connection` opens its own socket, but all commands run on a `ConnectionLike`.

use std::io::{BufReader, Write};
use std::net::SocketAddr;

use redis::{Cmd, ConnectionLike, Parser, RedisResult, Value, cmd};
use yieldfrom::blocking::TcpStream;

/// A connection to a Redis server over a stream that suspends.
pub(super) struct Redis {
    stream: BufReader<TcpStream>,
    parser: Parser,
    /// Whether each command so far has got its whole answer.
    is_open: bool,
}

impl Redis {
    pub(super) fn connect(address: SocketAddr) -> RedisResult<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            parser: Parser::new(),
            is_open: true,
        })
    }

    /// Returns the stream, such as for its timeouts.
    pub(super) fn stream(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Sends commands, and reads that many answers. After an error in between, nobody knows to which command the next
    /// answer belongs.
    fn request(&mut self, commands: &[u8], answers: usize) -> RedisResult<Vec<Value>> {
        if !self.is_open {
            let closed = std::io::Error::new(
                std::io::ErrorKind::NotConnected,
                "redis: the connection has failed before; open another one",
            );
            return Err(closed.into());
        }
        self.is_open = false;
        self.stream.get_mut().write_all(commands)?;
        let values = (0..answers).map(|_| self.parser.parse_value(&mut self.stream));
        let values = values.collect::<RedisResult<_>>()?;
        self.is_open = true;
        Ok(values)
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        let mut values = self.request(command, 1)?;
        Ok(values.remove(0))
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        offset: usize,
        count: usize,
    ) -> RedisResult<Vec<Value>> {
        let mut values = self.request(commands, offset + count)?;
        let answers = values.split_off(offset);
        // Of a transaction, the first answers say only that the commands are queued.
        for value in values {
            value.extract_error()?;
        }
        Ok(answers)
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
