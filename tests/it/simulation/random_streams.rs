//! Streams of random numbers by name.

use yieldfrom::Result;
use yieldfrom::simulation::random::{Stream, Streams};
use yieldfrom::simulation::{Co, Environment};

fn draws(stream: &Stream) -> [i64; 6] {
    [(); 6].map(|()| stream.integer(0, 999))
}

#[test]
fn a_stream_depends_on_seed_replication_and_name_only() {
    let first = draws(&Streams::new(5).stream("arrivals"));
    let streams = Streams::new(5);
    draws(&streams.stream("service"));
    assert_eq!(draws(&streams.stream("arrivals")), first);
    for other in [
        Streams::new(6).stream("arrivals"),
        Streams::for_replication(5, 1).stream("arrivals"),
        Streams::new(5).stream("arrival"),
        Streams::new(5).stream(""),
    ] {
        assert_ne!(draws(&other), first);
    }
}

/// They must not change: whoever has noted a seed counts on them.
#[test]
fn the_numbers_are_always_the_same() {
    let stream = Streams::for_replication(42, 7).stream("machines");
    assert_eq!(draws(&stream), NUMBERS);
    assert_eq!(
        format!(
            "{:.6} {:.6}",
            stream.uniform(1.0, 3.0),
            stream.exponential(10.0)
        ),
        UNIFORM_AND_EXPONENTIAL
    );
}

const NUMBERS: [i64; 6] = [223, 40, 677, 838, 150, 488];
const UNIFORM_AND_EXPONENTIAL: &str = "1.693471 10.549646";

#[test]
fn all_who_ask_for_a_name_share_its_stream() {
    let streams = Streams::new(1);
    let both = [streams.stream("a"), streams.clone().stream("a")];
    let mixed: Vec<_> = (0..6).map(|turn| both[turn % 2].integer(0, 999)).collect();
    assert_eq!(mixed, draws(&Streams::new(1).stream("a")));
}

#[test]
fn a_process_has_the_stream_of_its_name() -> Result<()> {
    let env = Environment::new();
    let streams = Streams::new(9);
    let of_process = |name: &str| {
        let (env, streams) = (env.handle(), streams.clone());
        env.clone()
            .named_process(name, move |_: &Co| Ok(draws(&streams.of_process(&env))))
    };
    let (one, other) = (of_process("machine 1"), of_process("machine 2"));
    assert_eq!(
        env.run_until(one)?,
        draws(&Streams::new(9).stream("machine 1"))
    );
    assert_eq!(
        env.run_until(other)?,
        draws(&Streams::new(9).stream("machine 2"))
    );
    assert_eq!(
        draws(&streams.of_process(&env)),
        draws(&Streams::new(9).stream(""))
    );
    Ok(())
}

#[test]
fn distributions_have_their_means() {
    let stream = Streams::new(3).stream("x");
    let mean = |draw: &dyn Fn() -> f64| (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0;
    let about = |value: f64, expected: f64, error: f64| {
        assert!((value - expected).abs() < error, "{value} {expected}")
    };
    about(mean(&|| stream.uniform(2.0, 4.0)), 3.0, 0.02);
    about(mean(&|| stream.exponential(5.0)), 5.0, 0.2);
    about(mean(&|| stream.normal(-1.0, 2.0)), -1.0, 0.08);
    about(mean(&|| f64::from(u8::from(stream.chance(0.3)))), 0.3, 0.02);
    assert_eq!(stream.choice::<i32>(&[]), None);
    assert!(["a", "b"].contains(stream.choice(&["a", "b"]).unwrap()));
}

#[test]
#[should_panic(expected = "exponential: the mean (0) must be above 0")]
fn a_mean_of_zero_is_refused() {
    Streams::new(1).stream("x").exponential(0.0);
}
