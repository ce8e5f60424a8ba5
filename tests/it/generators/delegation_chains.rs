//! Chains of delegations: deep ones, and what they show.

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Co, Delegate, Error, Generator, Result};

#[test]
fn values_sent_and_thrown_reach_the_innermost_through_every_kind_of_delegate() {
    struct Custom;
    impl Delegate<i32, i32> for Custom {
        type Output = i32;
        fn delegate(self, co: &Co<i32, i32>) -> Result<i32> {
            co.yield_from(|co: &Co<i32, i32>| co.yield_(100))
        }
    }
    let g: Generator<i32, i32, i32> = Generator::new(|co| {
        let mut nested = Generator::<i32, i32, i32>::new(|co| co.yield_from(Custom));
        co.yield_from(&mut nested)
    });
    assert_eq!(g.next().unwrap(), Yielded(100));
    assert_eq!(g.send(42).unwrap(), Complete(42));
}

fn nested(depth: usize) -> Generator<usize, usize, usize> {
    Generator::new(move |co| match depth {
        0 => co.yield_(0),
        _ => Ok(1 + co.yield_from(nested(depth - 1))?),
    })
}

#[test]
fn delegation_is_ten_thousand_levels_deep() {
    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    assert_eq!(g.delegation_chain().len(), 10_001);
    assert_eq!(g.send(5).unwrap(), Complete(10_005));

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    assert_eq!(g.throw(Error::msg("deep")).unwrap_err().to_string(), "deep");

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    g.close().unwrap();

    let g = nested(10_000);
    assert_eq!(g.next().unwrap(), Yielded(0));
    drop(g);
}

#[test]
fn chain_names_every_link_and_its_line() {
    fn leaf(co: &Co<i32>) -> Result<()> {
        co.yield_(1) // line A
    }
    fn same_stack(co: &Co<i32>) -> Result<()> {
        co.yield_from(leaf) // line B
    }
    fn own_stack(co: &Co<i32>) -> Result<()> {
        co.yield_from(Generator::new(same_stack)) // line C
    }
    let line = |marker: &str| {
        let source = include_str!("delegation_chains.rs");
        1 + source
            .lines()
            .position(|line| line.ends_with(marker))
            .unwrap() as u32
    };
    let g = Generator::new(own_stack);
    let made = g.delegation_chain();
    assert_eq!((made.len(), made[0].line()), (1, line!() - 2));
    assert_eq!(g.next().unwrap(), Yielded(1));
    let chain: Vec<_> = g
        .delegation_chain()
        .iter()
        .map(|l| (l.name().to_owned(), l.line()))
        .collect();
    let expected = [
        ("own_stack".to_owned(), line("// line C")),
        ("same_stack".to_owned(), line("// line B")),
        ("leaf".to_owned(), line("// line A")),
    ];
    assert_eq!(chain, expected);
    let shown = format!("{g:?}");
    assert!(
        shown.starts_with("<Generator suspended own_stack() at "),
        "{shown}"
    );
    assert!(
        shown.ends_with(&format!("-> leaf() at {}:{}>", file!(), line("// line A"))),
        "{shown}"
    );
    assert_eq!(g.next().unwrap(), Complete(()));
    assert!(g.delegation_chain().is_empty());
    assert_eq!(format!("{g:?}"), "<Generator closed own_stack()>");
}

#[test]
fn a_frame_that_a_panic_left_is_not_in_the_chain() {
    fn fails(_: &Co<i32>) -> Result<()> {
        std::panic::resume_unwind(Box::new("quiet"))
    }
    let g: Generator<i32> = Generator::new(|co| {
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| co.yield_from(fails)));
        assert!(caught.is_err());
        co.yield_(1)
    });
    assert_eq!(g.next().unwrap(), Yielded(1));
    assert_eq!(g.delegation_chain().len(), 1);
}
