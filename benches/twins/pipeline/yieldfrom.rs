use yieldfrom::{Co, Coroutine, Queue, Result, coroutine, create_task, get_event_loop};

use super::{CAPACITY, Options, steps};

fn produce(count: u64, numbers: Queue<Option<u64>>) -> Coroutine<()> {
    coroutine(move |co| {
        for number in 1..=count {
            co.yield_from(numbers.put(Some(number)))?;
        }
        co.yield_from(numbers.put(None))
    })
}

fn measure(numbers: Queue<Option<u64>>, measured: Queue<Option<(u64, u64)>>) -> Coroutine<()> {
    coroutine(move |co| {
        while let Some(number) = co.yield_from(numbers.get())? {
            co.yield_from(measured.put(Some((number, steps(number)))))?;
        }
        co.yield_from(measured.put(None))
    })
}

fn report(measured: Queue<Option<(u64, u64)>>) -> Coroutine<()> {
    coroutine(move |co| {
        let mut record = None;
        while let Some((number, steps)) = co.yield_from(measured.get())? {
            if record < Some(steps) {
                println!("{number} takes {steps} steps");
                record = Some(steps);
            }
        }
        Ok(())
    })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let event_loop = get_event_loop()?;
    event_loop.run_until_complete(move |co: &Co| {
        let numbers = Queue::with_maxsize(CAPACITY);
        let measured = Queue::with_maxsize(CAPACITY);
        create_task(produce(options.numbers, numbers.clone()));
        create_task(measure(numbers, measured.clone()));
        co.yield_from(report(measured))
    })?;
    event_loop.close()
}
