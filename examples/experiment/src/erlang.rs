//! Exact formulas of steady state: Erlang C for M/M/c, and Erlang A (Palm) for customers with patience.

use crate::study::{Patience, Point};

/// What a very long simulation would measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exact {
    pub(crate) mean_wait: f64,
    pub(crate) utilisation: f64,
    pub(crate) waiting: f64,
    pub(crate) reneged: f64,
}

/// Returns the exact values of a point; `None` if the queue grows without bound, or nearly.
pub(crate) fn exact(point: &Point) -> Option<Exact> {
    let Point {
        servers,
        load,
        patience,
        ..
    } = *point;
    match patience {
        Patience::Forever if point.is_unstable() => None,
        Patience::Forever => Some(without_reneging(servers, load)),
        Patience::Mean(mean) => with_reneging(servers, load, mean),
    }
}

/// Returns the probability that all servers are busy in a system without a queue (Erlang B), by its recursion over
/// the number of servers.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, n| {
        let arriving = offered * blocked;
        arriving / (f64::from(n) + arriving)
    })
}

/// Returns the probability that a customer waits in M/M/c (Erlang C).
pub(crate) fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = erlang_b(servers, load * f64::from(servers));
    blocked / (1.0 - load * (1.0 - blocked))
}

fn without_reneging(servers: u32, load: f64) -> Exact {
    let waiting = erlang_c(servers, load);
    Exact {
        mean_wait: waiting / (f64::from(servers) * (1.0 - load)),
        utilisation: load,
        waiting,
        reneged: 0.0,
    }
}

/// Returns `None` if the queue is so long that the sum has more terms than anybody wants to wait for.
fn with_reneging(servers: u32, load: f64, patience: f64) -> Option<Exact> {
    let arrivals = load * f64::from(servers);
    let queue = Queue::sum(f64::from(servers), arrivals, patience)?;
    let blocked = erlang_b(servers, arrivals);
    let all = queue.empty * (1.0 / blocked - 1.0) + queue.any;
    let mean_wait = queue.length / all / arrivals; // Little's law
    let reneged = mean_wait / patience;
    Some(Exact {
        mean_wait,
        utilisation: load * (1.0 - reneged),
        waiting: queue.any / all,
        reneged,
    })
}

/// Sums over the lengths of a queue behind busy servers. All have one unknown factor in common.
struct Queue {
    /// The probability of nobody in the queue.
    empty: f64,
    /// The probability of any length.
    any: f64,
    /// The mean length, with the times at which a server is free counting as zero.
    length: f64,
}

impl Queue {
    const MOST_TERMS: u32 = 10_000_000;
    /// Sums are made smaller before they get too large for a float.
    const LARGE: f64 = 1e200;

    /// Each in the queue leaves at the rate of one over the patience.
    fn sum(servers: f64, arrivals: f64, patience: f64) -> Option<Self> {
        let mut sums = Self {
            empty: 1.0,
            any: 1.0,
            length: 0.0,
        };
        let mut term = 1.0;
        for queued in 1..=Self::MOST_TERMS {
            let queued = f64::from(queued);
            let factor = arrivals / (servers + queued / patience);
            term *= factor;
            sums.any += term;
            sums.length += queued * term;
            if term > Self::LARGE {
                term /= Self::LARGE;
                sums.shrink();
            }
            // From here on the terms fall at least as fast as those of a geometric series.
            let rest = term * (queued + 1.0 / (1.0 - factor)) / (1.0 - factor);
            if factor < 1.0 && rest <= sums.length * 1e-17 {
                return Some(sums);
            }
        }
        None
    }

    fn shrink(&mut self) {
        for sum in [&mut self.empty, &mut self.any, &mut self.length] {
            *sum /= Self::LARGE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Length;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found} is not {expected}"
        );
    }

    fn point(servers: u32, load: f64, patience: Patience) -> Point {
        Point {
            servers,
            load,
            patience,
            length: Length::Customers(1),
            warm_up: 0.0,
        }
    }

    /// The first four are fractions that one can work out; the others stand in printed tables of Erlang C.
    #[test]
    fn erlang_c_has_the_values_of_tables() {
        close(erlang_c(1, 0.7), 0.7, 1e-15);
        close(erlang_c(2, 0.5), 1.0 / 3.0, 1e-15);
        close(erlang_c(3, 2.0 / 3.0), 4.0 / 9.0, 1e-15);
        close(erlang_c(2, 0.75), 9.0 / 14.0, 1e-15);
        close(erlang_c(5, 0.8), 0.5541, 5e-5);
        close(erlang_c(10, 0.8), 0.4092, 5e-5);
        close(erlang_c(10, 0.5), 0.0361, 5e-5);
    }

    #[test]
    fn one_server_waits_as_the_formula_of_m_m_1_says() {
        let exact = exact(&point(1, 0.9, Patience::Forever)).expect("it is stable");
        close(exact.mean_wait, 9.0, 1e-12);
    }

    #[test]
    fn an_unstable_queue_has_no_steady_state_unless_customers_leave() {
        assert_eq!(exact(&point(2, 1.0, Patience::Forever)), None);
        assert_eq!(exact(&point(2, 1.5, Patience::Forever)), None);
        assert!(exact(&point(2, 1.5, Patience::Mean(3.0))).is_some());
    }

    /// If a customer leaves at the rate at which it would be served, the number of customers is a Poisson variable.
    #[test]
    fn patience_as_long_as_a_service_makes_a_poisson_distribution() {
        let exact = exact(&point(1, 0.8, Patience::Mean(1.0))).expect("it is stable");
        let empty = (-0.8_f64).exp();
        close(exact.waiting, 1.0 - empty, 1e-14);
        close(exact.mean_wait, (0.8 - (1.0 - empty)) / 0.8, 1e-14);
        close(exact.utilisation, 1.0 - empty, 1e-14);
        close(exact.reneged, exact.mean_wait, 1e-14);
    }

    #[test]
    fn endless_patience_is_no_reneging() {
        let patient = exact(&point(4, 0.8, Patience::Mean(1e9))).expect("it is stable");
        let forever = exact(&point(4, 0.8, Patience::Forever)).expect("it is stable");
        close(patient.mean_wait, forever.mean_wait, 1e-6);
        close(patient.waiting, forever.waiting, 1e-6);
    }

    /// In a crowd nearly all servers work all the time, and the others leave.
    #[test]
    fn a_long_queue_is_within_reach_of_floats() {
        let exact = exact(&point(1, 1.5, Patience::Mean(1e5))).expect("it is stable");
        close(exact.utilisation, 1.0, 1e-9);
        close(exact.reneged, 1.0 / 3.0, 1e-9);
    }
}
