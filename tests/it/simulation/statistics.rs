//! Averages over time, tallies, confidence intervals, monitors.

use yieldfrom::Result;
use yieldfrom::simulation::statistics::{Estimate, Histogram, Monitor, Series, Tally};
use yieldfrom::simulation::{Co, Container, Environment, PreemptiveResource, Resource, Store};

fn close(left: Option<f64>, right: f64) {
    let left = left.expect("there is a value");
    assert!((left - right).abs() < 1e-9, "{left} and {right}");
}

#[test]
fn a_series_is_weighted_with_time() {
    let mut series = Series::new(10, 1);
    series.record(12, 3);
    series.record(12, 4); // at the same time: the last one counts
    series.record(16, 0);
    close(series.mean(20), (2.0 + 4.0 * 4.0) / 10.0);
    close(series.mean(14), (2.0 + 2.0 * 4.0) / 4.0);
    close(series.part_of_time(20, |value| value > 0.0), 0.6);
    assert_eq!((series.min(), series.max()), (0.0, 4.0));
    assert_eq!(
        [9, 10, 12, 15, 99].map(|time| series.value_at(time)),
        [None, Some(1.0), Some(4.0), Some(4.0), Some(0.0)]
    );
    assert_eq!(
        (series.mean(10), series.mean(3), series.mean(f64::NAN)),
        (None, None, None)
    );
}

#[test]
fn what_comes_before_a_cut_is_left_out() {
    let mut series = Series::new(0, 5);
    series.record(4, 1);
    series.cut_before(6);
    series.record(8, 3);
    close(series.mean(10), (2.0 + 6.0) / 4.0);
    assert_eq!((series.begin(), series.value_at(5)), (6.0, None));
    // A cut in the future: what happens until then only says with which value it begins.
    let mut later = Series::new(0, 0);
    later.cut_before(10);
    later.record(3, 7);
    later.record(12, 1);
    assert_eq!(later.changes(), [(10.0, 7.0), (12.0, 1.0)]);
    close(later.mean(14), 4.0);
}

#[test]
fn batches_of_a_series_have_one_length() {
    let mut series = Series::new(0, 0);
    for time in 1..100 {
        series.record(time, time % 2);
    }
    let estimate = series.batch_means(100, 10, 0.95).expect("time has passed");
    assert_eq!(
        (estimate.mean(), estimate.half_width(), estimate.count()),
        (0.5, 0.0, 10)
    );
    assert_eq!(series.batch_means(100, 1, 0.95), None);
    assert_eq!(series.batch_means(0, 10, 0.95), None);
}

#[test]
fn an_interval_is_that_of_students_t() {
    // By a table: t(0.975, 4) = 2.776445, t(0.95, 4) = 2.131847.
    let sample = [1.0, 2.0, 3.0, 4.0, 5.0];
    let error = (2.5_f64 / 5.0).sqrt();
    for (level, quantile) in [(0.95, 2.776_445_105), (0.9, 2.131_846_786)] {
        let estimate = Estimate::of(&sample, level).expect("five are enough");
        assert_eq!((estimate.mean(), estimate.level()), (3.0, level));
        assert!(
            (estimate.half_width() - quantile * error).abs() < 1e-6,
            "{estimate:?}"
        );
    }
    for (sample, level) in [
        (&sample[..1], 0.95),
        (&sample[..0], 0.95),
        (&sample, 0.0),
        (&sample, 1.0),
        (&sample, f64::NAN),
    ] {
        assert_eq!(Estimate::of(sample, level), None);
    }
}

#[test]
fn a_tally_has_quantiles_and_batches() {
    let tally: Tally = (0..=100).rev().map(f64::from).collect();
    assert_eq!(
        (tally.count(), tally.mean(), tally.min(), tally.max()),
        (101, Some(50.0), Some(0.0), Some(100.0))
    );
    assert_eq!(
        [0.0, 0.25, 0.905, 1.0].map(|part| tally.quantile(part).unwrap()),
        [0.0, 25.0, 90.5, 100.0]
    );
    assert_eq!(
        [-0.1, 1.1, f64::NAN].map(|part| tally.quantile(part)),
        [None; 3]
    );
    close(tally.standard_deviation(), (858.5_f64).sqrt());
    let batches = tally.batch_means(10, 0.95).expect("there are enough");
    assert_eq!((batches.count(), batches.mean()), (10, 49.5)); // the first one is left out
    let empty = Tally::new();
    assert_eq!(
        (
            empty.mean(),
            empty.quantile(0.5),
            empty.estimate(0.95),
            empty.batch_means(0, 0.95)
        ),
        (None, None, None, None)
    );
}

#[test]
fn a_histogram_has_all_finite_observations() {
    let histogram = Histogram::of(&[0.0, 1.0, 2.5, 9.9, 10.0, f64::NAN, f64::INFINITY], 4);
    let counts: Vec<_> = histogram.bins().iter().map(|bin| bin.count).collect();
    assert_eq!((counts, histogram.count()), (vec![2, 1, 0, 2], 5));
    assert_eq!(
        (histogram.bins()[1].low, histogram.bins()[3].high),
        (2.5, 10.0)
    );
    assert_eq!(Histogram::of(&[3.0, 3.0], 3).count(), 2);
    assert!(Histogram::of(&[], 3).bins().is_empty() && Histogram::of(&[1.0], 0).bins().is_empty());
}

/// A customer every two hours, each of whom takes three.
fn busy_counter(env: &Environment) -> Result<Resource> {
    let counter = Resource::new(env, 1)?;
    for arrival in [0, 2, 4] {
        let (env, counter) = (env.handle(), counter.clone());
        env.clone()
            .named_process(format!("at {arrival}"), move |co: &Co| {
                co.yield_from(env.timeout(arrival))?;
                let _turn = co.yield_from(counter.request())?;
                co.yield_from(env.timeout(3))
            });
    }
    Ok(counter)
}

#[test]
fn a_monitor_knows_queue_level_waits_and_holdings() -> Result<()> {
    let env = Environment::new();
    let counter = busy_counter(&env)?;
    let monitor = Monitor::of(&counter);
    env.run_until(12)?;
    close(monitor.level().mean(12), 0.75);
    close(monitor.queue().mean(12), 0.25); // from 2 to 3, and from 4 to 6
    assert_eq!(monitor.utilisation(), 0.75);
    assert_eq!(monitor.waiting_times().observations(), [0.0, 1.0, 2.0]);
    assert_eq!(monitor.holding_times().observations(), [3.0; 3]);
    let holdings: Vec<_> = monitor
        .holdings()
        .iter()
        .map(|it| (it.process.clone(), it.from, it.until))
        .collect();
    assert_eq!(holdings[1], ("at 2".to_owned(), 3.0, Some(6.0)));
    assert_eq!(
        monitor.to_string(),
        "level 0.7500, queue 0.2500, utilisation 0.7500, 3 requests waited 1.0000"
    );
    Ok(())
}

#[test]
fn a_warm_up_is_left_out() -> Result<()> {
    let env = Environment::new();
    let counter = busy_counter(&env)?;
    let monitor = Monitor::of(&counter).warm_up(5);
    env.run_until(10)?;
    assert_eq!(monitor.waiting_times().observations(), [2.0]);
    assert_eq!(monitor.utilisation(), 0.8);
    close(monitor.queue().mean(10), 0.2);
    Ok(())
}

#[test]
fn a_slot_that_is_taken_away_is_no_longer_held() -> Result<()> {
    let env = Environment::new();
    let machine = PreemptiveResource::new(&env, 1)?;
    let monitor = Monitor::of(&machine);
    for (start, priority) in [(0, 1), (2, 0)] {
        let (env, machine) = (env.handle(), machine.clone());
        env.clone().process(move |co: &Co| {
            co.yield_from(env.timeout(start))?;
            let _slot = co.yield_from(machine.request(priority))?;
            let _ = co.yield_from(env.timeout(5));
            Ok(())
        });
    }
    env.run()?;
    let held: Vec<_> = monitor
        .holdings()
        .iter()
        .map(|it| (it.from, it.until))
        .collect();
    assert_eq!(held, [(0.0, Some(2.0)), (2.0, Some(7.0))]);
    Ok(())
}

#[test]
fn containers_and_stores_are_watched_as_well() -> Result<()> {
    let env = Environment::new();
    let (tank, shelf) = (Container::new(&env), Store::new(&env));
    let (fuel, parcels) = (Monitor::of(&tank), Monitor::of(&shelf));
    drop((tank.put(8), shelf.get()));
    env.run_until(2)?;
    drop((tank.get(6), shelf.put("parcel"), shelf.put("another")));
    env.run_until(4)?;
    close(fuel.level().mean(4), 5.0);
    close(parcels.get_queue().mean(4), 0.5);
    assert_eq!(
        (parcels.level().value_at(4), fuel.utilisation()),
        (Some(1.0), 0.0)
    );
    Ok(())
}
