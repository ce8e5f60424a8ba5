//! The stacks that regions run on.

use std::hint::black_box;

use yieldfrom::blocking::{self, STACK_SIZE, blocking};
use yieldfrom::{Co, CoroutineBuilder, LoopBuilder, create_task, delegation::stack, yield_now};

use crate::support::{again, is_child, output, run_virtual, stderr, test_path};

/// Uses about this much stack, and suspends there.
fn use_stack(kib: usize) -> usize {
    let frame = black_box([kib; 64]);
    if kib == 0 {
        blocking::wait(yield_now()).unwrap();
        return 0;
    }
    use_stack(kib - 1) + black_box(frame)[0]
}

#[test]
fn a_region_has_the_room_that_was_asked_for() {
    run_virtual(|co| {
        co.yield_from(blocking(|| use_stack(STACK_SIZE / 1024 / 4)))?;
        co.yield_from(blocking(|| use_stack(4 << 10)).stack_size(16 << 20))?;
        let task = create_task(blocking(|| use_stack(4 << 10)).stack_size(16 << 20));
        co.yield_from(task)?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_region_that_fits_runs_on_the_stack_of_its_coroutine() {
    let body = |co: &Co| {
        let own = stack::bounds();
        let inside = co.yield_from(blocking(stack::bounds))?;
        let outside = co.yield_from(blocking(stack::bounds).stack_size(64 << 20))?;
        Ok((own == inside, own == outside))
    };
    let settings = CoroutineBuilder::new().stack_size(4 << 20);
    let event_loop = LoopBuilder::new().virtual_clock().build().unwrap();
    let same = event_loop.run_until_complete(settings.build(body)).unwrap();
    assert_eq!(same, (true, false));
}

#[test]
fn a_stack_that_cannot_be_had_is_an_error() {
    run_virtual(|co| {
        let error = co
            .yield_from(blocking(|| ()).stack_size(usize::MAX))
            .unwrap_err();
        assert!(error.is_stack(), "{error}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_overflow_in_a_region_is_reported_with_the_name_of_the_task() {
    let test = test_path!("an_overflow_in_a_region_is_reported_with_the_name_of_the_task");
    if is_child() {
        let large = std::env::var_os("LARGE").is_some();
        let settings = CoroutineBuilder::new().stack_size(if large { 1 << 20 } else { 64 << 10 });
        let _ = run_virtual(move |co| {
            let body = |co: &Co| {
                let region = blocking(|| black_box(use_stack(8 << 10)));
                co.yield_from(region.stack_size(128 << 10))
            };
            let task = create_task(settings.build(body)).named("download(BR)");
            co.yield_from(task)
        });
        return;
    }
    for (large, size) in [(false, "of 144 KiB"), (true, "of 1024 KiB")] {
        let mut command = again(test);
        if large {
            command.env("LARGE", "1");
        }
        let child = output(&mut command);
        let report = stderr(&child);
        assert!(!child.status.success(), "it survived its overflow");
        assert!(
            report.contains(&format!("{size}, in task download(BR)")),
            "{report}"
        );
        assert!(
            report.contains("a region: Blocking::stack_size"),
            "{report}"
        );
    }
}
