//! Stacks: sizes, reuse and release.

mod limits_of_the_system;

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, create_task, gather, sleep};
use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Builder, Generator, Result, stack};

use crate::support::{in_a_child, test_path};

fn suspended(size: usize) -> Result<Generator<i32>> {
    let g: Generator<i32> = Builder::new().stack_size(size).build(|co| co.yield_(1));
    assert_eq!(g.next()?, Yielded(1));
    Ok(g)
}

#[test]
fn a_generator_takes_a_stack_when_it_starts_and_gives_it_back_when_it_ends() {
    thread::spawn(|| {
        let g: Generator<i32> = Generator::new(|co| co.yield_(1));
        assert_eq!(stack::stats(), stack::Stats::default());
        let _ = g.next().unwrap();
        assert_eq!(stack::stats().live, 1);
        let _ = g.next().unwrap();
        let stats = stack::stats();
        assert_eq!(
            (stats.live, stats.idle, stats.slabs),
            (0, 1, 1),
            "though the handle lives on"
        );
    })
    .join()
    .unwrap();
}

#[test]
fn impossible_sizes_are_errors_and_leave_the_generator_unstarted() {
    for size in [
        0,
        1,
        stack::MIN_SIZE - 1,
        usize::MAX,
        usize::MAX / 2,
        1 << 62,
    ] {
        let g: Generator<i32> = Builder::new().stack_size(size).build(|co| co.yield_(1));
        let error = g.next().unwrap_err();
        assert!(
            error.is_stack() && error.to_string().contains("stack size"),
            "{error}"
        );
        assert!(g.next().unwrap_err().is_stack(), "it can be tried again");
        assert!(stack::prewarm(1, size).unwrap_err().is_stack());
    }
    // Each takes half of the address space of most systems there are.
    let huge: Vec<_> = (0..3).map(|_| suspended(1 << 46)).collect();
    let no_room = huge
        .into_iter()
        .find_map(Result::err)
        .expect("not three of them");
    assert!(no_room.is_stack(), "{no_room}");
}

#[test]
fn a_delegate_without_a_stack_is_an_error_in_the_delegator() {
    let g: Generator<i32> = Generator::new(|co| {
        let huge = Builder::new()
            .stack_size(usize::MAX)
            .build(|co| co.yield_(1));
        assert!(co.yield_from(huge).unwrap_err().is_stack());
        co.yield_(2)
    });
    assert_eq!(g.next().unwrap(), Yielded(2));
}

#[test]
fn the_smallest_and_odd_sizes_work() {
    for size in [stack::MIN_SIZE, stack::MIN_SIZE + 1, 100_000, 1 << 20] {
        let generators: Vec<_> = (0..100).map(|_| suspended(size).unwrap()).collect();
        for g in &generators {
            g.close().unwrap();
        }
    }
}

#[test]
fn a_larger_stack_holds_a_deeper_recursion() {
    fn depth(n: usize) -> usize {
        let frame = black_box([n; 128]);
        if n == 0 {
            0
        } else {
            depth(n - 1) + usize::from(frame[5] == n)
        }
    }
    let g: Generator<usize> = Builder::new()
        .stack_size(64 << 20)
        .build(|co| co.yield_(depth(10_000)));
    assert_eq!(g.next().unwrap(), Yielded(10_000));
}

#[test]
fn stacks_are_reused_last_in_first_out() {
    thread::spawn(|| {
        for _ in 0..10_000 {
            drop(suspended(64 << 10).unwrap());
        }
        let stats = stack::stats();
        assert_eq!((stats.live, stats.idle), (0, 1));
    })
    .join()
    .unwrap();
}

#[test]
fn neighbouring_stacks_start_in_different_cache_sets() {
    let sets: std::collections::BTreeSet<usize> = (0..64)
        .map(|_| {
            let g: Generator<usize> = Generator::new(|co| {
                let local = 0u8;
                co.yield_(black_box(&raw const local).addr())
            });
            let Ok(Yielded(address)) = g.next() else {
                unreachable!("it yields")
            };
            std::mem::forget(g);
            address % 4096 / 64
        })
        .collect();
    assert!(sets.len() >= 16, "only {} of 32", sets.len());
}

#[test]
fn idle_stacks_are_released_by_trim_and_after_a_peak() {
    thread::spawn(|| {
        let size = 32 << 10;
        stack::prewarm(5_000, size).unwrap();
        assert_eq!(stack::stats().idle, 5_000);
        assert_eq!(stack::trim(), 5_000);
        assert_eq!((stack::stats().idle, stack::stats().released), (0, 5_000));
        let g = suspended(size).unwrap();
        assert_eq!(
            stack::stats().released,
            4_999,
            "the one that is used has memory again"
        );
        drop(g);
        assert_eq!((stack::stats().idle, stack::stats().released), (1, 4_999));

        stack::prewarm(5_000, size).unwrap();
        for _ in 0..200_000 {
            drop(suspended(size).unwrap());
        }
        let stats = stack::stats();
        assert!(
            stats.idle < 1_000 && stats.idle + stats.released == 5_000,
            "{stats:?}"
        );
    })
    .join()
    .unwrap();
}

/// Idle stacks come back while loops with each reactor have nothing to do.
#[test]
fn a_quiet_loop_gives_idle_stacks_back() {
    for portable in [false, true] {
        let quiet = move || {
            let builder = EventLoop::builder();
            let builder = match portable {
                true => builder.portable_reactor(),
                false => builder,
            };
            let event_loop = builder.build().unwrap();
            let busy = |co: &Co| {
                let nap = |co: &Co| co.yield_from(sleep(Duration::ZERO));
                let fleet: Vec<_> = (0..5_000).map(|_| create_task(nap)).collect();
                co.yield_from(gather(fleet)).map(drop)
            };
            event_loop.run_until_complete(busy).unwrap();
            let before = stack::stats();
            assert!(before.idle >= 4_000, "{before:?}");
            let rest = |co: &Co| {
                let mut turns = 0;
                while stack::stats().idle > 300 {
                    co.yield_from(sleep(Duration::from_millis(200)))?;
                    turns += 1;
                    assert!(turns < 1_000, "{:?}", stack::stats());
                }
                Ok(())
            };
            event_loop.run_until_complete(rest).unwrap();
            assert!(stack::stats().released >= 4_000);
        };
        thread::spawn(quiet).join().unwrap();
    }
}

#[test]
fn a_fleet_that_comes_and_goes_keeps_its_stacks_warm() {
    thread::spawn(|| {
        for _ in 0..5 {
            let fleet: Vec<_> = (0..20_000).map(|_| suspended(32 << 10).unwrap()).collect();
            drop(fleet);
        }
        assert_eq!((stack::stats().idle, stack::stats().released), (20_000, 0));
    })
    .join()
    .unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_thread_unmaps_its_stacks_but_not_those_of_forgotten_generators() {
    if !in_a_child(test_path!(
        "a_thread_unmaps_its_stacks_but_not_those_of_forgotten_generators"
    )) {
        return;
    }
    let address_space = || {
        let status = std::fs::read_to_string("/proc/self/statm").expect("procfs is mounted");
        status
            .split(' ')
            .next()
            .and_then(|pages| pages.parse::<usize>().ok())
            .expect("a number")
            * 4096
    };
    let run = |forget: bool| {
        thread::spawn(move || {
            let g = suspended(16 << 20).unwrap();
            if forget {
                std::mem::forget(g)
            }
            stack::stats().reserved
        })
        .join()
        .unwrap()
    };
    run(false);
    let before = address_space();
    let slab = run(false);
    assert!(address_space() < before + slab / 2, "the slab is gone");
    run(true);
    assert!(
        address_space() >= before + slab / 2,
        "the slab with a live stack stays"
    );
}

#[test]
fn generators_in_a_thread_local_may_outlive_the_pool() {
    thread_local! {
        static KEPT: std::cell::RefCell<Vec<Generator<i32>>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    thread::spawn(|| {
        KEPT.with_borrow_mut(|kept| kept.extend((0..10).map(|_| suspended(64 << 10).unwrap())));
    })
    .join()
    .unwrap();
}
