//! How a connection ends that the system reports as failed.

use std::io;
use std::rc::Rc;

use super::scratch::Scratch;
use super::stream::Stream;
use crate::errors::describe;

/// How often a lost connection is read, 64 KiB each time: more than a system keeps.
const MOST_UNREAD: usize = 1024;

/// Returns whether the other side of a terminal was closed, which is one way to end.
fn is_hangup(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

impl Stream {
    #[cold]
    pub(super) fn fail_to_read(self: &Rc<Self>, error: io::Error) {
        if self.end.is_some() && is_hangup(&error) {
            return self.abort(Some(describe(error, "read").into()));
        }
        let error = describe(error, "read").into();
        self.fail(
            &format!("Fatal read error on {} transport", self.kind()),
            error,
        );
    }

    #[cold]
    pub(super) fn fail_to_write(self: &Rc<Self>, error: io::Error) {
        let message = format!("Fatal write error on {} transport", self.kind());
        let error = describe(error, "write").into();
        self.base.report_fatal(&message, &error, self);
        // The peer may have said why before it went: that is still to be read, unless the program
        // has had enough, maybe by the handler of that report.
        let unread = self.end.is_none() && !self.base.closing.get() && !self.ended.get();
        self.abort(Some(error));
        self.unread.set(unread);
    }

    fn kind(&self) -> &'static str {
        match self.end {
            Some(_) => "pipe",
            None => "socket",
        }
    }

    /// Reads what the system still has of a connection that is lost.
    #[cold]
    pub(super) fn read_rest(self: &Rc<Self>) {
        let Some(socket) = self.socket() else { return };
        let mut scratch = Scratch::new();
        for _ in 0..MOST_UNREAD {
            // The protocol may have had enough.
            if !self.unread.get() {
                return;
            }
            match socket.receive_rest(&mut scratch) {
                Ok(0) => return,
                Ok(n) => self.deliver(&scratch[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }
}
