//! Tickers.

use yieldfrom::{Co, Result, ValueError, create_task, gather, interval, sleep, wait_for};

use crate::support::{failed_with, millis, run_virtual, secs, turns};

#[test]
fn ticks_come_at_once_and_then_at_multiples_of_the_period() {
    let times = run_virtual(|co: &Co| {
        let ticks = interval(0.5);
        co.yield_from(sleep(3))?;
        (0..4)
            .map(|_| co.yield_from(ticks.tick()))
            .collect::<Result<Vec<_>>>()
    });
    let expected = [3000, 3500, 4000, 4500].map(millis);
    assert_eq!(times.unwrap(), expected);
}

#[test]
fn of_those_that_passed_the_last_one_comes_at_once() {
    run_virtual(|co: &Co| {
        let event_loop = yieldfrom::get_running_loop()?;
        let ticks = interval(secs(10));
        co.yield_from(ticks.tick())?;
        for (work, tick, at) in [(35, 30, 35), (1, 40, 40), (9, 50, 50), (10, 60, 60)] {
            co.yield_from(sleep(work))?;
            assert_eq!(co.yield_from(ticks.tick())?, secs(tick));
            assert_eq!(event_loop.time(), secs(at));
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_tick_that_is_due_lets_others_run() {
    run_virtual(|co: &Co| {
        let ticks = interval(1);
        for passed in [0, 100] {
            co.yield_from(sleep(passed))?;
            let other = create_task(|_: &Co| Ok(()));
            co.yield_from(ticks.tick())?;
            assert!(other.done());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_that_is_cancelled_leaves_its_tick() {
    run_virtual(|co: &Co| {
        let ticks = interval(10);
        co.yield_from(ticks.tick())?;
        assert!(co.yield_from(wait_for(ticks.tick(), 3)).is_err());
        assert_eq!(format!("{ticks:?}"), "<Interval period=10s next=10s>");
        let waiting = create_task(ticks.tick());
        co.yield_from(sleep(7))?; // in the turn in which the tick wakes it
        waiting.cancel();
        turns(co, 2)?;
        assert!(waiting.cancelled());
        assert_eq!(co.yield_from(ticks.tick())?, secs(10));
        assert_eq!(co.yield_from(ticks.tick())?, secs(20));
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_tick_goes_to_one_wait() {
    let ticks = run_virtual(|co: &Co| {
        let ticks = interval(1);
        let waits = [ticks.tick(), ticks.clone().tick(), ticks.tick()].map(create_task);
        co.yield_from(gather(waits))
    });
    assert_eq!(ticks.unwrap(), [secs(0), secs(1), secs(2)]);
}

#[test]
fn a_period_of_zero_is_an_error() {
    for period in [0.0, -1.0, f64::NAN] {
        let tick = run_virtual(move |co: &Co| co.yield_from(interval(period).tick()));
        assert!(failed_with::<ValueError, _>(tick));
    }
}
