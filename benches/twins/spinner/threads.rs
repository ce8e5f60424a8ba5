use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, sleep};
use std::time::Duration;

use super::{Options, show};

fn spin(msg: &str, picture: Duration, stop: &Receiver<()>) -> io::Result<()> {
    for char in "|/-\\".chars().cycle() {
        show(&format!("{char} {msg}"))?;
        if stop.recv_timeout(picture) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    show(&" ".repeat(msg.len() + 2))
}

fn slow_function(work: Duration) -> i32 {
    sleep(work); // pretend to wait for I/O
    42
}

fn supervisor(options: &Options) -> io::Result<i32> {
    let (stop, stopped) = channel();
    let picture = options.picture();
    let spinner = thread::spawn(move || spin("thinking!", picture, &stopped));
    let result = slow_function(options.work());
    drop(stop);
    spinner.join().expect("spin does not panic")?;
    Ok(result)
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let result = supervisor(&options)?;
    println!("Answer: {result}");
    Ok(())
}
