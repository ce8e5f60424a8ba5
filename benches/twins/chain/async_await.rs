use std::io::{self, BufWriter, Write, stdout};
use std::pin::pin;

use async_stream::stream;
use tokio_stream::{Stream, StreamExt};

use super::Options;

type Iterable = Box<dyn Iterator<Item = String>>;

fn chain(iterables: Vec<Iterable>) -> impl Stream<Item = String> {
    stream! {
        for it in iterables {
            for item in it {
                yield item;
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options) -> io::Result<()> {
    let letters: Iterable = Box::new("ABC".chars().map(String::from));
    let numbers: Iterable = Box::new((0..options.numbers).map(|n| n.to_string()));
    let mut out = BufWriter::new(stdout().lock());
    let mut items = pin!(chain(vec![letters, numbers]));
    while let Some(item) = items.next().await {
        writeln!(out, "{item}")?;
    }
    out.flush()
}
