//! Where a body ends.

use super::error::{BODY, HttpError, Result};
use super::head::Limits;

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Its length is announced.
    #[default]
    Length,
    /// It comes in chunks, each with its length; the last one is empty.
    Chunked,
    /// It ends with the connection.
    UntilClose,
}

#[derive(Debug)]
enum State {
    /// This many bytes are left of the body.
    Length(u64),
    /// A line with the size of a chunk.
    ChunkSize,
    /// This many bytes are left of a chunk.
    Chunk(u64),
    /// The end of the line after a chunk.
    ChunkEnd,
    /// Headers after the last chunk, up to an empty line; so many bytes of them have come.
    Trailers(usize),
    UntilClose,
    Complete,
}

/// Takes a body out of what a connection delivers.
#[derive(Debug)]
pub(crate) struct BodyParser {
    state: State,
    body: Vec<u8>,
    /// How long it will be, if that is known.
    expected: Option<u64>,
    /// The part of a line that is there.
    line: Vec<u8>,
    limits: Limits,
}

impl BodyParser {
    /// Makes one for a body of a known length.
    ///
    /// # Errors
    ///
    /// Fails if it is longer than allowed.
    pub(crate) fn with_length(length: u64, limits: Limits) -> Result<Self> {
        if length > limits.body {
            return Err(HttpError::BodyTooLong(limits.body));
        }
        let state = match length {
            0 => State::Complete,
            _ => State::Length(length),
        };
        Ok(Self::new(state, Some(length), limits))
    }

    pub(crate) fn chunked(limits: Limits) -> Self {
        Self::new(State::ChunkSize, None, limits)
    }

    pub(crate) fn until_close(limits: Limits) -> Self {
        Self::new(State::UntilClose, None, limits)
    }

    fn new(state: State, expected: Option<u64>, limits: Limits) -> Self {
        Self {
            state,
            body: Vec::new(),
            expected,
            line: Vec::new(),
            limits,
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete)
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// Takes what belongs to the body, and returns what does not.
    ///
    /// # Errors
    ///
    /// Fails if it is too long, or not what the framing says.
    pub(crate) fn receive<'a>(&mut self, mut data: &'a [u8]) -> Result<&'a [u8]> {
        while !data.is_empty() && !self.is_complete() {
            data = match self.state {
                State::Length(left) => self.content(data, left, State::Length)?,
                State::Chunk(left) => self.content(data, left, State::Chunk)?,
                State::UntilClose => self.content(data, u64::MAX, |_| State::UntilClose)?,
                State::ChunkSize | State::ChunkEnd | State::Trailers(_) => self.line(data)?,
                State::Complete => data,
            };
        }
        Ok(data)
    }

    /// Takes bytes of the body, of which `left` are to come.
    fn content<'a>(
        &mut self,
        data: &'a [u8],
        left: u64,
        goes_on: impl FnOnce(u64) -> State,
    ) -> Result<&'a [u8]> {
        let (content, rest) =
            data.split_at(data.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        if (self.body.len() + content.len()) as u64 > self.limits.body {
            return Err(HttpError::BodyTooLong(self.limits.body));
        }
        self.body.extend_from_slice(content);
        self.state = match (left - content.len() as u64, &self.state) {
            (0, State::Length(_)) => State::Complete,
            (0, State::Chunk(_)) => State::ChunkEnd,
            (left, _) => goes_on(left),
        };
        Ok(rest)
    }

    /// Takes a line that stands around a chunk, or a part of it.
    fn line<'a>(&mut self, data: &'a [u8]) -> Result<&'a [u8]> {
        let end = memchr::memchr(b'\n', data);
        let (part, rest) = data.split_at(end.map_or(data.len(), |end| end + 1));
        self.line.extend_from_slice(part);
        if self.line.len() > self.limits.head {
            let limit = self.limits.head;
            let why = format!("a line among the chunks of more than {limit} bytes");
            return Err(HttpError::HeadTooLong(why));
        }
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            self.state = self.after_line(&line)?;
        }
        Ok(rest)
    }

    fn after_line(&self, line: &[u8]) -> Result<State> {
        let is_empty = line == b"\r\n" || line == b"\n";
        match self.state {
            State::ChunkSize => self.chunk(line),
            State::ChunkEnd if line == b"\r\n" => Ok(State::ChunkSize),
            State::ChunkEnd => Err(HttpError::garbage("a chunk that is longer than announced")),
            _ if is_empty => Ok(State::Complete),
            State::Trailers(before) if before + line.len() > self.limits.head => {
                let limit = self.limits.head;
                let why = format!("more than {limit} bytes after the last chunk");
                Err(HttpError::HeadTooLong(why))
            }
            State::Trailers(before) => Ok(State::Trailers(before + line.len())),
            _ => unreachable!("only lines are taken here"),
        }
    }

    fn chunk(&self, line: &[u8]) -> Result<State> {
        // A parser that finds no digit takes it for a zero.
        let has_size = line.first().is_some_and(u8::is_ascii_hexdigit);
        match httparse::parse_chunk_size(line) {
            _ if !has_size => Err(chunk_garbage(line)),
            Ok(httparse::Status::Complete((_, 0))) => Ok(State::Trailers(0)),
            Ok(httparse::Status::Complete((_, size))) if size > self.limits.body => {
                Err(HttpError::BodyTooLong(self.limits.body))
            }
            Ok(httparse::Status::Complete((_, size))) => Ok(State::Chunk(size)),
            Ok(httparse::Status::Partial) | Err(_) => Err(chunk_garbage(line)),
        }
    }

    /// Takes the end of the connection.
    ///
    /// # Errors
    ///
    /// Fails if more of the body should have come.
    pub(crate) fn receive_end(&mut self) -> Result<()> {
        match self.state {
            State::UntilClose | State::Complete => {
                self.state = State::Complete;
                Ok(())
            }
            _ => Err(HttpError::IncompleteRead {
                part: BODY,
                partial: self.body.len() as u64,
                expected: self.expected,
            }),
        }
    }
}

fn chunk_garbage(line: &[u8]) -> HttpError {
    let line = String::from_utf8_lossy(&line[..line.len().min(20)]);
    HttpError::garbage(format!("a chunk of size {:?}", line.trim_end()))
}
