//! The end of a stream after the system has failed to read or write.

use std::io;
use std::rc::Rc;

use super::carrier::Carrier;
use super::protocol::Stream;
use super::scratch::with_scratch;
use crate::errors::describe;

/// How often a lost connection is read, 64 KiB each time. No system keeps more than that.
const MOST_UNREAD: usize = 1024;

/// Returns whether the other side of a terminal was closed, which is one way to end.
fn is_hangup(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

impl Stream {
    #[cold]
    pub(super) fn fail_to_read(self: &Rc<Self>, error: io::Error) {
        let ends_terminal = self.end.is_some() && is_hangup(&error);
        let error = describe(error, "read").into();
        if ends_terminal {
            return self.abort(Some(error));
        }
        self.fail(&self.fatal("read"), error);
    }

    #[cold]
    pub(super) fn fail_to_write(self: &Rc<Self>, error: io::Error) {
        let error = describe(error, "write").into();
        self.report_fatal(&self.fatal("write"), &error);
        // The peer may have said why, before it went. Those bytes are still to be read, unless the
        // program has closed the transport, maybe in the handler of that report.
        let unread = self.end.is_none() && !self.is_closing() && !self.ended.get();
        self.abort(Some(error));
        self.unread.set(unread);
    }

    fn fatal(&self, operation: &str) -> String {
        let kind = self.end.map_or("socket", |_| "pipe");
        format!("Fatal {operation} error on {kind} transport")
    }

    /// Delivers what the system still has of a connection that is lost.
    #[cold]
    pub(super) fn deliver_rest(self: &Rc<Self>) {
        let Some(socket) = self.state.socket() else {
            return;
        };
        with_scratch(|scratch| {
            for _ in 0..MOST_UNREAD {
                // The protocol may close the transport meanwhile.
                if !self.unread.get() {
                    return;
                }
                match socket.receive_rest(scratch) {
                    Ok(0) => return,
                    Ok(n) => self.take_bytes(&scratch[..n]),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        });
    }
}
