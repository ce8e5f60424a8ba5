use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{CAPACITY, Options, steps};

async fn produce(count: u64, numbers: Sender<u64>) {
    for number in 1..=count {
        if numbers.send(number).await.is_err() {
            return; // nobody wants more
        }
    }
}

async fn measure(mut numbers: Receiver<u64>, measured: Sender<(u64, u64)>) {
    while let Some(number) = numbers.recv().await {
        if measured.send((number, steps(number))).await.is_err() {
            return;
        }
    }
}

async fn report(mut measured: Receiver<(u64, u64)>) {
    let mut record = None;
    while let Some((number, steps)) = measured.recv().await {
        if record < Some(steps) {
            println!("{number} takes {steps} steps");
            record = Some(steps);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options) {
    let (numbers, numbers_out) = channel(CAPACITY);
    let (measured, measured_out) = channel(CAPACITY);
    tokio::spawn(produce(options.numbers, numbers));
    tokio::spawn(measure(numbers_out, measured));
    report(measured_out).await;
}
