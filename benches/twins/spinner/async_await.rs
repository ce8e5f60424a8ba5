use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::{Options, show};

async fn spin(msg: &str, picture: Duration, mut stop: oneshot::Receiver<()>) -> io::Result<()> {
    for char in "|/-\\".chars().cycle() {
        show(&format!("{char} {msg}"))?;
        if timeout(picture, &mut stop).await.is_ok() {
            break;
        }
    }
    show(&" ".repeat(msg.len() + 2))
}

async fn slow_function(work: Duration) -> i32 {
    sleep(work).await; // pretend to wait for I/O
    42
}

async fn supervisor(options: &Options) -> io::Result<i32> {
    let (stop, stopped) = oneshot::channel();
    let spinner = tokio::spawn(spin("thinking!", options.picture(), stopped));
    let result = slow_function(options.work()).await;
    drop(stop);
    spinner.await??;
    Ok(result)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options) -> io::Result<()> {
    let result = supervisor(&options).await?;
    println!("Answer: {result}");
    Ok(())
}
