//! How many descriptors this process may have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Returns whether this process can have so many descriptors at once, and raises its limit for that. Otherwise it says
/// that a test is skipped.
pub(crate) fn may_open(count: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let suffices = |limit: Option<u64>| limit.is_none_or(|limit| limit >= count);
    if suffices(limit.current) {
        return true;
    }
    if suffices(limit.maximum) {
        let raised = Rlimit {
            current: Some(count),
            ..limit
        };
        return setrlimit(Resource::Nofile, raised).is_ok();
    }
    eprintln!("skipped: a process may not have {count} descriptors");
    false
}
