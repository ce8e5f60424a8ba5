//! Our own generators, watched by criterion.
//!
//! ```text
//! cargo bench -p benches
//! ```
//!
//! For the comparison with others see the program `versus`.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use yieldfrom_delegation::{Co, Error, Generator, GeneratorState, Result, iter};

/// Yields what it was sent, forever, whatever is thrown in.
fn echo(co: &Co<i64, i64>) -> Result<()> {
    let mut value = 0;
    loop {
        value = match co.yield_(value) {
            Ok(value) => value,
            Err(error) if error.is_generator_exit() => return Err(error),
            Err(_) => -1,
        };
    }
}

fn started() -> Generator<i64, i64> {
    Generator::new(echo).primed().expect("it yields")
}

fn roundtrip(c: &mut Criterion) {
    let generator = started();
    c.bench_function("roundtrip", |b| b.iter(|| generator.send(1)));
}

fn delegation(c: &mut Criterion) {
    fn level(depth: u32) -> Generator<i64, i64> {
        Generator::new(move |co| {
            if depth > 1 {
                co.yield_from(level(depth - 1))
            } else {
                echo(co)
            }
        })
    }
    let mut group = c.benchmark_group("delegation");
    for depth in [1, 1000] {
        let outermost = level(depth).primed().expect("the innermost yields");
        group.bench_function(format!("depth={depth}"), |b| b.iter(|| outermost.send(1)));
    }
    group.finish();
}

fn delegate_setup(c: &mut Criterion) {
    let same_stack = Generator::<i64, i64>::new(|co| {
        loop {
            co.yield_from(|co: &Co<i64, i64>| co.yield_(1))?;
        }
    });
    let own_stack = Generator::<i64, i64>::new(|co| {
        loop {
            co.yield_from(Generator::new(|co| co.yield_(1)))?;
        }
    });
    let mut group = c.benchmark_group("delegate-setup");
    for (name, generator) in [("same-stack", same_stack), ("own-stack", own_stack)] {
        let generator: Generator<i64, i64> = generator.primed().expect("the delegate yields");
        group.bench_function(name, |b| b.iter(|| generator.send(1)));
    }
    group.finish();
}

fn throw_close(c: &mut Criterion) {
    let generator = started();
    c.bench_function("throw", |b| b.iter(|| generator.throw(Error::cancelled())));
    c.bench_function("close", |b| {
        b.iter_batched_ref(
            started,
            |generator| generator.close(),
            BatchSize::SmallInput,
        );
    });
}

fn create(c: &mut Criterion) {
    c.bench_function("create/warm", |b| {
        b.iter(|| {
            let generator = Generator::<i64, i64>::new(|co| co.yield_(1).map(drop));
            (generator.next(), generator.send(2))
        });
    });
}

/// A tree whose leaves are yielded, each node by a generator of its own.
#[derive(Clone)]
enum Tree {
    Leaf(i64),
    Node(Vec<Tree>),
}

impl Tree {
    fn of_height(height: u32) -> Self {
        match height {
            0 => Self::Leaf(1),
            _ => Self::Node(vec![Self::of_height(height - 1); 4]),
        }
    }

    fn flatten(self) -> Generator<i64> {
        Generator::new(|co| match self {
            Self::Leaf(value) => co.yield_(value),
            Self::Node(trees) => trees
                .into_iter()
                .try_for_each(|tree| co.yield_from(tree.flatten())),
        })
    }
}

fn flatten(c: &mut Criterion) {
    let mut group = c.benchmark_group("flatten");
    group.bench_function("tree of 1024 leaves", |b| {
        let sum = |tree: Tree| tree.flatten().sum::<Result<i64>>();
        b.iter_batched(|| Tree::of_height(5), sum, BatchSize::SmallInput);
    });
    group.bench_function("iterator of 1024 items", |b| {
        b.iter(|| {
            let generator: Generator<i64> = Generator::new(|co| co.yield_from(iter(0..1024)));
            while let Ok(GeneratorState::Yielded(_)) = generator.next() {}
        });
    });
    group.finish();
}

criterion_group!(
    generators,
    roundtrip,
    delegation,
    delegate_setup,
    throw_close,
    create,
    flatten
);
criterion_main!(generators);
