//! Between a loop and other threads, or two loops.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot, watch};
use yieldfrom::{Co, Result, create_task, from_std, gather, spawn_std};

use crate::support::run;

#[test]
fn threads_send_to_a_loop_that_sleeps() {
    run(|co: &Co| {
        let (sender, mut receiver) = mpsc::channel(1);
        let threads = (0..4_u64).map(|thread| {
            let sender = sender.clone();
            thread::spawn(move || {
                for n in 0..1000 {
                    sender.blocking_send(1000 * thread + n).unwrap();
                }
            })
        });
        let threads: Vec<_> = threads.collect();
        drop(sender);
        let mut sum = 0;
        while let Some(n) = co.yield_from(from_std(receiver.recv()))? {
            sum += n;
        }
        assert_eq!(sum, 3999 * 4000 / 2);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        Ok(())
    });
}

#[test]
fn a_loop_sends_to_threads_that_are_slower() {
    run(|co: &Co| {
        let (sender, receiver) = async_channel::bounded(1);
        let threads = (0..4).map(|_| {
            let receiver = receiver.clone();
            thread::spawn(move || std::iter::from_fn(|| receiver.recv_blocking().ok()).sum::<u64>())
        });
        let threads: Vec<_> = threads.collect();
        let senders = (0..4).map(|task| {
            let sender = sender.clone();
            create_task(move |co: &Co| -> Result<()> {
                (0..1000)
                    .try_for_each(|n| Ok(co.yield_from(from_std(sender.send(1000 * task + n)))??))
            })
        });
        co.yield_from(gather(senders.collect::<Vec<_>>()))?;
        drop(sender);
        let sums = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(sums.sum::<u64>(), 3999 * 4000 / 2);
        Ok(())
    });
}

#[test]
fn a_thread_answers_questions_by_oneshots() {
    run(|co: &Co| {
        let (sender, receiver) = async_channel::unbounded::<(u64, oneshot::Sender<u64>)>();
        let thread = thread::spawn(move || {
            while let Ok((question, answer)) = receiver.recv_blocking() {
                // Who has asked may be cancelled.
                let _ = answer.send(question * question);
            }
        });
        let asking = (0..100).map(|n| {
            let sender = sender.clone();
            spawn_std(async move {
                for n in 100 * n..100 * (n + 1) {
                    let (answer, answered) = oneshot::channel();
                    sender.send((n, answer)).await.expect("the thread is there");
                    assert_eq!(answered.await, Ok(n * n));
                }
            })
        });
        let asking: Vec<_> = asking.collect();
        drop(sender);
        for (n, task) in asking.into_iter().enumerate() {
            if n % 10 == 0 && task.cancel() {
                assert!(co.yield_from(task).unwrap_err().is_cancelled());
            } else {
                co.yield_from(task)?;
            }
        }
        thread.join().unwrap();
        Ok(())
    });
}

#[test]
fn a_thread_notifies_and_watches() {
    run(|co: &Co| {
        let (asked, (sender, mut receiver)) = (Arc::new(Notify::new()), watch::channel(0));
        let notified = Arc::clone(&asked);
        let thread = thread::spawn(move || {
            for n in 1..=1000 {
                smol::block_on(notified.notified());
                sender.send(n).unwrap();
            }
        });
        for n in 1..=1000 {
            asked.notify_one();
            co.yield_from(from_std(receiver.changed()))??;
            assert_eq!(*receiver.borrow_and_update(), n);
        }
        thread.join().unwrap();
        Ok(())
    });
}

#[test]
fn two_loops_play_ping_pong() {
    run(|co: &Co| {
        let ((to, from), (back, answers)) = (async_channel::bounded(1), async_channel::bounded(1));
        let other = thread::spawn(move || {
            run(move |co: &Co| {
                while let Ok(n) = co.yield_from(from_std(from.recv()))? {
                    co.yield_from(from_std(back.send(n + 1)))??;
                }
                Ok(())
            });
        });
        for n in 0..1000 {
            co.yield_from(from_std(to.send(n)))??;
            let answer: i32 = co.yield_from(from_std(answers.recv()))??;
            assert_eq!(answer, n + 1);
        }
        drop(to);
        other.join().unwrap();
        Ok(())
    });
}
