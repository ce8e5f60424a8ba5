//! Sending a file over a socket: by the system where it can, and by reading blocks otherwise.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use crate::errors::{ValueError, describe};
use crate::kernel::{Co, OnDrop};
use crate::threads::to_thread;
use yieldfrom_delegation::{Delegate, Result};

/// How many bytes are read at once, where the system does not send the file itself: as in asyncio.
const BLOCK: usize = 256 << 10;

/// The part of a file that is left to be sent.
pub(super) struct FilePart<'a> {
    file: &'a File,
    offset: u64,
    left: u64,
}

impl FilePart<'_> {
    /// Has the system send some bytes to a socket; none if it cannot do that with this file.
    #[cfg(target_os = "linux")]
    pub(super) fn send_to(&mut self, socket: impl AsFd) -> rustix::io::Result<Option<usize>> {
        use rustix::io::Errno;
        let most = self.left.min(1 << 30) as usize;
        match rustix::fs::sendfile(socket, self.file, Some(&mut self.offset), most) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(None),
            result => result.map(Some),
        }
    }

    /// Other systems differ, so the blocks are read.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn send_to(&mut self, _: impl AsFd) -> rustix::io::Result<Option<usize>> {
        Ok(None)
    }

    /// Reads the next block, on another thread, since a disk can be slow.
    fn read_block(&self, co: &Co) -> Result<Vec<u8>> {
        let most = self.left.min(BLOCK as u64) as usize;
        let (file, offset) = (self.file.try_clone()?, self.offset);
        let read = to_thread(move || {
            let mut block = vec![0; most];
            let n = file.read_at(&mut block, offset)?;
            block.truncate(n);
            io::Result::Ok(block)
        });
        Ok(read.delegate(co)??)
    }
}

/// Sends a file from `offset` on, `count` bytes of it or all; returns how many. Afterwards the position in the file
/// is behind what was sent, also if this fails.
///
/// `by_system` sends some bytes, and returns none if the system cannot do it. `by_hand` sends a block.
pub(super) fn send_file(
    co: &Co,
    operation: &str,
    file: &File,
    (offset, count): (u64, Option<u64>),
    mut by_system: impl FnMut(&Co, &mut FilePart<'_>) -> Result<Option<usize>>,
    mut by_hand: impl FnMut(&Co, &[u8]) -> Result<()>,
) -> Result<u64> {
    if count == Some(0) {
        let why =
            format!("{operation}: zero bytes are nothing to send; give None for all of the file");
        return Err(ValueError::new(why).into());
    }
    let end = Cell::new(offset);
    let _position = OnDrop::new(|| {
        let mut file = file;
        // A pipe has no position.
        let _ = file.seek(SeekFrom::Start(end.get()));
    });
    let mut part = FilePart {
        file,
        offset,
        left: count.unwrap_or(u64::MAX),
    };
    let mut is_by_system = true;
    while part.left > 0 {
        let mut sent = None;
        if is_by_system {
            sent = by_system(co, &mut part)?;
            is_by_system = sent.is_some();
        }
        let n = match sent {
            Some(n) => n,
            None => {
                let block = part
                    .read_block(co)
                    .map_err(|error| describe_read(error, operation))?;
                by_hand(co, &block)?;
                part.offset += block.len() as u64;
                block.len()
            }
        };
        if n == 0 {
            break;
        }
        part.left -= n as u64;
        end.set(part.offset);
    }
    Ok(part.offset - offset)
}

#[cold]
fn describe_read(error: crate::Error, operation: &str) -> crate::Error {
    match error.downcast::<io::Error>() {
        Ok(error) => describe(error, format!("{operation}: read the file")).into(),
        Err(error) => error,
    }
}
