//! An animation while something slow goes on, by a second thread.
//!
//! `spinner` is the same program on an event loop. A task can be cancelled; a thread has
//! to look at a signal.

use std::io::{self, Write, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use examples::thread_sleep;

struct Signal {
    go: AtomicBool,
}

fn spin(msg: &str, signal: &Signal) -> io::Result<()> {
    let mut out = stdout();
    let mut status = String::new();
    for char in "|/-\\".chars().cycle() {
        status = format!("{char} {msg}");
        write!(out, "{status}")?;
        out.flush()?;
        write!(out, "{}", "\x08".repeat(status.len()))?;
        thread_sleep(Duration::from_millis(100));
        if !signal.go.load(Ordering::Relaxed) {
            break;
        }
    }
    let (blank, back) = (" ".repeat(status.len()), "\x08".repeat(status.len()));
    write!(out, "{blank}{back}")
}

fn slow_function() -> i32 {
    thread_sleep(Duration::from_secs(3)); // pretend to wait for I/O
    42
}

fn supervisor() -> io::Result<i32> {
    let signal = Arc::new(Signal {
        go: AtomicBool::new(true),
    });
    let spinner = thread::Builder::new().name("spinner".to_owned()).spawn({
        let signal = Arc::clone(&signal);
        move || {
            // A thread of std runs at once: this one waits until it has been printed.
            thread::park();
            spin("thinking!", &signal)
        }
    })?;
    println!("spinner object: {:?}", spinner.thread());
    spinner.thread().unpark();
    let result = slow_function();
    signal.go.store(false, Ordering::Relaxed);
    spinner.join().expect("spin does not panic")?;
    Ok(result)
}

fn main() -> io::Result<()> {
    let result = supervisor()?;
    println!("Answer: {result}");
    Ok(())
}
