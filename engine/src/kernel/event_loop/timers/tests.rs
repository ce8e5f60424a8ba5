//! The order of timers, and what is left of cancelled ones.

use std::cell::Cell;

use super::*;

#[derive(Default)]
struct Probe {
    cancelled: Cell<bool>,
}

impl Timed for Probe {
    fn is_live(&self, _: u64) -> bool {
        !self.cancelled.get()
    }

    fn fire(self: Rc<Self>, _: &Core) {
        unreachable!("there is no loop here")
    }
}

type Key = (Nanos, u64);

/// Timers, and what is known of them by their address.
#[derive(Default)]
struct Bench {
    timers: Timers,
    keys: HashMap<*const (), Key>,
    /// Kept, so that no address is used again.
    probes: Vec<Rc<Probe>>,
    now: Nanos,
}

impl Bench {
    fn add(&mut self, deadline: Nanos) -> (Key, Rc<Probe>) {
        let probe = Rc::new(Probe::default());
        let key = (deadline, self.timers.next_number());
        self.timers.insert(self.now, deadline, key.1, probe.clone());
        self.keys.insert(Rc::as_ptr(&probe).cast(), key);
        self.probes.push(Rc::clone(&probe));
        (key, probe)
    }

    /// Lets time jump from deadline to deadline, and returns the order.
    fn drain(&mut self) -> Vec<Key> {
        let (mut lost, mut order) = (Lost::new(), Vec::new());
        while let Some(now) = self.timers.earliest(&mut lost) {
            while let Some(timed) = self.timers.pop_due(now, &mut lost) {
                order.push(self.keys[&Rc::as_ptr(&timed).cast()]);
            }
        }
        order
    }
}

/// A small generator of numbers: what matters is only that they differ.
fn scatter(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn any_number_of_timers_comes_in_order_of_deadline_and_making() {
    let sizes = [
        (3, 2),
        (600, 5),
        (5_000, 1 << 20),
        (5_000, 1 << 33),
        (3_000, 1 << 62),
    ];
    for (count, spread) in sizes {
        let (mut bench, mut seed) = (Bench::default(), count);
        let mut expected = Vec::new();
        for _ in 0..count {
            let far = scatter(&mut seed).wrapping_mul(scatter(&mut seed) | 1);
            let (key, probe) = bench.add(far % spread);
            if scatter(&mut seed).is_multiple_of(4) {
                probe.cancelled.set(true);
                bench.timers.cancel();
            } else {
                expected.push(key);
            }
        }
        expected.sort_unstable();
        assert_eq!(bench.drain(), expected, "{count} within {spread}");
        assert_eq!(bench.timers.len(), 0);
    }
}

/// Timers that were made, cancelled and taken out by chance, and what is left of them.
struct Chance {
    bench: Bench,
    left: BTreeMap<Key, Rc<Probe>>,
    seed: u64,
}

impl Chance {
    fn new(seed: u64) -> Self {
        let (bench, left) = (Bench::default(), BTreeMap::new());
        Self { bench, left, seed }
    }

    /// Makes some timers, close to each other: beside the earliest, or at any distance.
    fn add_some(&mut self) {
        let far = self.bench.now + (scatter(&mut self.seed) << (scatter(&mut self.seed) % 16));
        let first = self.left.keys().next().map_or(far, |first| first.0);
        let (from, spread) = match scatter(&mut self.seed) % 2 {
            0 => (first, 1 << NARROW),
            _ => (far, 1 << (scatter(&mut self.seed) % 32)),
        };
        for _ in 0..scatter(&mut self.seed) % 300 {
            let (key, probe) = self.bench.add(from + scatter(&mut self.seed) % spread);
            self.left.insert(key, probe);
        }
    }

    /// Takes out those that are due when the clock has come to one of the next deadlines.
    fn pop_some(&mut self) {
        let far = scatter(&mut self.seed) as usize % 200;
        let Some(&(now, _)) = self.left.keys().nth(far) else {
            return;
        };
        self.bench.now = now;
        let mut lost = Lost::new();
        while let Some(timed) = self.bench.timers.pop_due(now, &mut lost) {
            let key = self.bench.keys[&Rc::as_ptr(&timed).cast()];
            assert_eq!(self.left.pop_first().map(|first| first.0), Some(key));
        }
        assert!(self.left.keys().all(|key| key.0 > now));
    }

    fn cancel_some(&mut self) {
        let every = 1 + scatter(&mut self.seed) % 10;
        let chosen = self.left.keys().filter(|key| key.1 % every == 0);
        for key in Vec::from_iter(chosen.copied()) {
            self.left[&key].cancelled.set(true);
            self.left.remove(&key);
            self.bench.timers.cancel();
        }
    }

    fn check_earliest(&mut self) {
        let earliest = self.bench.timers.earliest(&mut Lost::new());
        assert_eq!(earliest, self.left.keys().next().map(|key| key.0));
    }
}

#[test]
fn timers_that_come_and_go_by_chance_keep_their_order() {
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        for _ in 0..60 {
            match scatter(&mut chance.seed) % 16 {
                0..8 => chance.add_some(),
                8..12 => chance.check_earliest(),
                12..15 => chance.pop_some(),
                _ => chance.cancel_some(),
            }
        }
        let deadlines = chance.bench.timers.deadlines(|_| true);
        let known = |key: &Key| deadlines.get(&key.1) == Some(&key.0);
        assert!(chance.left.keys().all(known));
        let left = Vec::from_iter(chance.left.keys().copied());
        assert_eq!(chance.bench.drain(), left, "with seed {seed}");
    }
}

#[test]
fn the_end_of_time_never_comes() {
    let mut bench = Bench::default();
    bench.add(Nanos::MAX);
    let (soon, _) = bench.add(5);
    assert_eq!(bench.drain(), [soon]);
}

#[test]
fn a_crowd_before_a_bucket_that_has_come_up_does_not_go_into_the_heap() {
    let mut bench = Bench::default();
    let mut add = |count: usize, second: Nanos| {
        (0..count).for_each(|_| drop(bench.add(second * 1_000_000_000)));
        let earliest = bench.timers.earliest(&mut Lost::new());
        assert_eq!(earliest, Some(second * 1_000_000_000));
    };
    add(FEW + 1, 3);
    add(FEW + 1, 2);
    add(FEW + 1, 1);
    assert_eq!(bench.timers.near.len(), FEW);
    assert!(bench.drain().is_sorted());
}

#[test]
fn cancelled_timers_do_not_pile_up() {
    for live in [0, 2 * FEW] {
        let mut bench = Bench::default();
        let living = Vec::from_iter((0..live).map(|_| bench.add(1).1));
        bench.timers.earliest(&mut Lost::new());
        for n in 0..100_000 {
            let (_, probe) = bench.add(n << 15);
            probe.cancelled.set(true);
            bench.timers.cancel();
            let most = 2 * live.max(TOLERATED);
            assert!(bench.timers.len() <= most, "{n}: {}", bench.timers.len());
        }
        for probe in living {
            probe.cancelled.set(true);
            bench.timers.cancel();
        }
        assert!(bench.timers.len() <= TOLERATED, "{}", bench.timers.len());
    }
}
