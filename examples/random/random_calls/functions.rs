//! The functions to call: how their arguments are invented, and how they are called.

use std::fmt::Display;

use examples::random::Random;
use serde_json::{Value as Json, json};

use super::invent::Inventor;

/// A function of random numbers.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) invent: fn(&mut Inventor) -> Vec<Json>,
    pub(crate) call: fn(&mut Random, &[Json]) -> String,
}

/// Makes the table of functions: a name, what its arguments are invented by, and the call.
macro_rules! functions {
    ($($name:literal, $invent:expr, $call:expr;)*) => {
        &[$(Function { name: $name, invent: $invent, call: $call }),*]
    };
}

pub(crate) const FUNCTIONS: &[Function] = functions! {
    "random", |_| vec![], |r, _| bits(r.random());
    "getrandbits", |i| vec![json!(i.length(64))], |r, a| r.getrandbits(int(&a[0]) as u32).to_string();
    "randbytes", |i| vec![json!(i.length(70))], |r, a| list(r.randbytes(int(&a[0]) as usize));
    "randrange", range, |r, a| r.randrange(int(&a[0]), int(&a[1]), int(&a[2])).to_string();
    "randint", |i| vec![i.integer(), i.integer()], |r, a| r.randint(int(&a[0]), int(&a[1])).to_string();
    "choice", |i| vec![json!(i.length(500))], |r, a| r.choice(&numbers(&a[0])).to_string();
    "choices", draws, |r, a| list(r.choices(&numbers(&a[0]), int(&a[1]) as usize));
    "weighted_choices", weighted, weighted_choices;
    "shuffle", |i| vec![json!(i.length(100))], shuffle;
    "sample", lengths, |r, a| list(r.sample(&numbers(&a[0]), int(&a[1]) as usize));
    "uniform", reals, |r, a| bits(r.uniform(real(&a[0]), real(&a[1])));
    "triangular", peaked, |r, a| bits(r.triangular(real(&a[0]), real(&a[1]), a[2].as_f64()));
    "gauss", reals, |r, a| bits(r.gauss(real(&a[0]), real(&a[1])));
    "normalvariate", reals, |r, a| bits(r.normalvariate(real(&a[0]), real(&a[1])));
    "lognormvariate", reals, |r, a| bits(r.lognormvariate(real(&a[0]), real(&a[1])));
    "expovariate", |i| vec![i.real()], |r, a| bits(r.expovariate(real(&a[0])));
    "vonmisesvariate", |i| vec![i.real(), i.positive()], |r, a| bits(r.vonmisesvariate(real(&a[0]), real(&a[1])));
    "gammavariate", positives, |r, a| bits(r.gammavariate(real(&a[0]), real(&a[1])));
    "betavariate", positives, |r, a| bits(r.betavariate(real(&a[0]), real(&a[1])));
    "paretovariate", |i| vec![i.positive()], |r, a| bits(r.paretovariate(real(&a[0])));
    "weibullvariate", positives, |r, a| bits(r.weibullvariate(real(&a[0]), real(&a[1])));
};

fn reals(inventor: &mut Inventor) -> Vec<Json> {
    vec![inventor.real(), inventor.real()]
}

fn positives(inventor: &mut Inventor) -> Vec<Json> {
    vec![inventor.positive(), inventor.positive()]
}

/// Invents a lower and an upper end, and the place of the peak, if any.
fn peaked(inventor: &mut Inventor) -> Vec<Json> {
    let low = inventor.real();
    let high = inventor.either(Inventor::real, low.clone());
    let mode = inventor.either(Inventor::real, Json::Null);
    vec![low, high, mode]
}

fn range(inventor: &mut Inventor) -> Vec<Json> {
    let step = *inventor.one_of(&[1, 1, 1, -1, 2, 7, -3, 0]);
    let step = inventor.either(Inventor::integer, json!(step));
    vec![inventor.integer(), inventor.integer(), step]
}

/// Invents the length of a population that is not empty, and how many elements are drawn, with repetitions.
///
/// (Python draws a number before it finds that a population is empty, and we do not.)
fn draws(inventor: &mut Inventor) -> Vec<Json> {
    vec![
        json!(1 + inventor.length(2000)),
        json!(inventor.length(100)),
    ]
}

/// Invents the length of a population and the number of its elements that are drawn.
fn lengths(inventor: &mut Inventor) -> Vec<Json> {
    vec![json!(inventor.length(2000)), json!(inventor.length(500))]
}

fn weighted(inventor: &mut Inventor) -> Vec<Json> {
    let length = inventor.length(600);
    // Now and then one weight is missing.
    let weights = length - i64::from(*inventor.one_of(&[false, false, false, true]));
    let weights = inventor.weights(weights);
    vec![json!(length), weights, json!(inventor.length(100))]
}

fn weighted_choices(random: &mut Random, arguments: &[Json]) -> String {
    let weights: Vec<f64> = arguments[1]
        .as_array()
        .expect("weights")
        .iter()
        .map(real)
        .collect();
    let k = int(&arguments[2]) as usize;
    list(random.weighted_choices(&numbers(&arguments[0]), &weights, k))
}

fn shuffle(random: &mut Random, arguments: &[Json]) -> String {
    let mut sequence = numbers(&arguments[0]);
    random.shuffle(&mut sequence);
    list(sequence)
}

/// Returns the population 0, 1, 2, and so on.
fn numbers(length: &Json) -> Vec<i64> {
    (0..int(length)).collect()
}

fn int(argument: &Json) -> i64 {
    argument.as_i64().expect("an integer")
}

fn real(argument: &Json) -> f64 {
    argument.as_f64().expect("a number")
}

fn bits(result: f64) -> String {
    if result.is_nan() {
        "nan".to_owned()
    } else {
        format!("{:016x}", result.to_bits())
    }
}

fn list<T: Display>(results: impl IntoIterator<Item = T>) -> String {
    let results: Vec<_> = results
        .into_iter()
        .map(|result| result.to_string())
        .collect();
    results.join(",")
}
