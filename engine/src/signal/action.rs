//! What a signal does now (unsafe): the crates that handle signals do not tell.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Returns whether a signal has its default action: nobody handles or ignores it.
#[allow(unsafe_code)]
pub(super) fn has_default(signum: i32) -> io::Result<bool> {
    let mut current = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the call changes nothing, and writes at most one action to memory of our own.
    if unsafe { libc::sigaction(signum, ptr::null(), current.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: an action is plain data, and the memory was zeroed before the call wrote to it.
    let current = unsafe { current.assume_init() };
    Ok(current.sa_sigaction == libc::SIG_DFL)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_signal_is_default_until_somebody_handles_it() {
        assert!(has_default(libc::SIGWINCH).unwrap());
        let flag = Arc::new(AtomicBool::new(false));
        let registered = signal_hook::flag::register(libc::SIGWINCH, flag);
        assert!(!has_default(libc::SIGWINCH).unwrap());
        // The handler of the system stays.
        signal_hook::low_level::unregister(registered.unwrap());
        assert!(!has_default(libc::SIGWINCH).unwrap());
    }

    #[test]
    fn an_ignored_signal_is_not_default() {
        // The standard library ignores it before `main`.
        assert!(!has_default(libc::SIGPIPE).unwrap());
    }

    #[test]
    fn a_number_that_is_no_signal_is_an_error() {
        assert!(has_default(0).is_err());
    }
}
