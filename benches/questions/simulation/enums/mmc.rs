//! Customers who are in the queue or at a server.

use std::collections::VecDeque;

use super::super::model::{ARRIVALS, CUSTOMERS, Draws, Outcome, SERVERS, SERVICE, SERVICES, Tally};
use super::Calendar;

/// The process that makes the customers; those have the numbers from 0 on.
const SOURCE: u32 = u32::MAX;

#[derive(Clone, Copy)]
enum Customer {
    Queueing { arrived: f64, service: f64 },
    Served { waited: f64 },
}

struct Bank {
    calendar: Calendar,
    customers: Vec<Customer>,
    queue: VecDeque<u32>,
    free: usize,
    tally: Tally,
}

pub(super) fn run() -> Outcome {
    let mut bank = Bank {
        calendar: Calendar::with_capacity(SERVERS + 1),
        customers: Vec::with_capacity(CUSTOMERS),
        queue: VecDeque::with_capacity(CUSTOMERS),
        free: SERVERS,
        tally: Tally::default(),
    };
    let (mut arrivals, mut services) = (Draws::of(ARRIVALS), Draws::of(SERVICES));
    bank.calendar.schedule(arrivals.next(), SOURCE, 0);
    while let Some(event) = bank.calendar.next() {
        if event.process != SOURCE {
            bank.leave(event.process);
            continue;
        }
        bank.arrive(SERVICE * services.next());
        if bank.customers.len() < CUSTOMERS {
            bank.calendar.schedule(arrivals.next(), SOURCE, 0);
        }
    }
    bank.tally.outcome()
}

impl Bank {
    fn arrive(&mut self, service: f64) {
        let number = self.customers.len() as u32;
        self.customers.push(Customer::Queueing {
            arrived: self.calendar.now,
            service,
        });
        if self.free > 0 {
            self.free -= 1;
            self.serve(number);
        } else {
            self.queue.push_back(number);
        }
    }

    fn serve(&mut self, number: u32) {
        let customer = &mut self.customers[number as usize];
        if let Customer::Queueing { arrived, service } = *customer {
            *customer = Customer::Served {
                waited: self.calendar.now - arrived,
            };
            self.calendar.schedule(service, number, 0);
        }
    }

    fn leave(&mut self, number: u32) {
        if let Customer::Served { waited } = self.customers[number as usize] {
            self.tally.done(1, self.calendar.now, waited);
        }
        match self.queue.pop_front() {
            Some(next) => self.serve(next),
            None => self.free += 1,
        }
    }
}
