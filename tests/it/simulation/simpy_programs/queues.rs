//! Containers and stores.

use super::{Say, assert_prints_as_in_simpy};
use yieldfrom::Result;
use yieldfrom::simulation::{Co, Container, Env, FilterStore, PriorityItem, PriorityStore, Store};

#[test]
fn a_tank_serves_what_is_taken_and_filled_in_order() {
    assert_prints_as_in_simpy("tank", |env, say| {
        let t = Container::with_capacity(env, 10, 4)?;
        env.process(taker(env, say, &t, "a", 0, 6));
        env.process(taker(env, say, &t, "b", 1, 1));
        env.process(filler(env, say, &t, "f", 2, 3));
        env.process(filler(env, say, &t, "g", 3, 9));
        env.process(taker(env, say, &t, "c", 4, 5));
        env.run()
    });
}

fn taker(
    env: &Env,
    say: &Say,
    t: &Container,
    name: &'static str,
    at: i32,
    n: i32,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, t) = (env.clone(), say.clone(), t.clone());
    move |co| {
        co.yield_from(env.timeout(at))?;
        say.say(format_args!("{name} wants {n} level {}", t.level()));
        co.yield_from(t.get(n))?;
        say.say(format_args!("{name} got {n} level {}", t.level()));
        Ok(())
    }
}

fn filler(
    env: &Env,
    say: &Say,
    t: &Container,
    name: &'static str,
    at: i32,
    n: i32,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, t) = (env.clone(), say.clone(), t.clone());
    move |co| {
        co.yield_from(env.timeout(at))?;
        co.yield_from(t.put(n))?;
        say.say(format_args!("{name} put {n} level {}", t.level()));
        Ok(())
    }
}

#[test]
fn stores_give_the_first_item_one_that_a_filter_accepts_or_the_least() {
    assert_prints_as_in_simpy("stores", |env, say| {
        first_in_first_out(env, say)?;
        filtered(env, say)?;
        let p = PriorityStore::new(env);
        env.process(by_priority(say, &p));
        env.run()
    });
}

fn first_in_first_out(env: &Env, say: &Say) -> Result<()> {
    let s = Store::with_capacity(env, 2)?;
    env.process(producer(env, say, &s));
    env.process(consumer(env, say, &s));
    env.run()
}

fn producer(env: &Env, say: &Say, s: &Store<i32>) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, s) = (env.clone(), say.clone(), s.clone());
    move |co| {
        for i in 0..5 {
            co.yield_from(s.put(i))?;
            say.say(format_args!("put {i} items {:?}", s.items()));
            co.yield_from(env.timeout(0.5))?;
        }
        Ok(())
    }
}

fn consumer(env: &Env, say: &Say, s: &Store<i32>) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, s) = (env.clone(), say.clone(), s.clone());
    move |co| {
        co.yield_from(env.timeout(2))?;
        loop {
            let item = co.yield_from(s.get())?;
            say.say(format_args!("got {item}"));
            if item == 4 {
                return Ok(());
            }
            co.yield_from(env.timeout(1))?;
        }
    }
}

fn filtered(env: &Env, say: &Say) -> Result<()> {
    let f = FilterStore::new(env);
    for (name, want) in [("sevens", 7), ("threes", 3)] {
        let (f, say) = (f.clone(), say.clone());
        env.process(move |co: &Co| {
            let item = co.yield_from(f.get(move |i| i % want == 0))?;
            say.say(format_args!("{name} filtered {item}"));
            Ok(())
        });
    }
    env.process(feed(env, say, &f));
    env.run()
}

fn feed(env: &Env, say: &Say, f: &FilterStore<i32>) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (env, say, f) = (env.clone(), say.clone(), f.clone());
    move |co| {
        for i in [1, 2, 9, 5, 14] {
            co.yield_from(env.timeout(1))?;
            co.yield_from(f.put(i))?;
            say.say(format_args!("fed {i} left {:?}", f.items()));
        }
        Ok(())
    }
}

fn by_priority(
    say: &Say,
    p: &PriorityStore<PriorityItem<i32, &'static str>>,
) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let (say, p) = (say.clone(), p.clone());
    move |co| {
        for (priority, item) in [(3, "three"), (1, "one"), (2, "two")] {
            co.yield_from(p.put(PriorityItem::new(priority, item)))?;
        }
        for _ in 0..3 {
            let item = co.yield_from(p.get())?;
            say.say(format_args!("{} {}", item.priority, item.item));
        }
        Ok(())
    }
}
