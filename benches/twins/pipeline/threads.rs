use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{CAPACITY, Options, steps};

fn produce(count: u64, numbers: SyncSender<u64>) {
    for number in 1..=count {
        if numbers.send(number).is_err() {
            return; // nobody wants more
        }
    }
}

fn measure(numbers: Receiver<u64>, measured: SyncSender<(u64, u64)>) {
    for number in numbers {
        if measured.send((number, steps(number))).is_err() {
            return;
        }
    }
}

fn report(measured: Receiver<(u64, u64)>) {
    let mut record = None;
    for (number, steps) in measured {
        if record < Some(steps) {
            println!("{number} takes {steps} steps");
            record = Some(steps);
        }
    }
}

pub(crate) fn run(options: Options) {
    let (numbers, numbers_out) = sync_channel(CAPACITY);
    let (measured, measured_out) = sync_channel(CAPACITY);
    thread::spawn(move || produce(options.numbers, numbers));
    thread::spawn(move || measure(numbers_out, measured));
    report(measured_out);
}
