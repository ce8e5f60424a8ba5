//! Drops a generator that complies and one that refuses to end; run by a test, built with `panic =
//! "abort"`.

use yieldfrom_delegation::{Generator, Result, stack};

fn main() -> Result<()> {
    let complies: Generator<i32> = Generator::new(|co| {
        let end = co.yield_(1);
        println!("exit");
        end
    });
    let _ = complies.next()?;
    drop(complies);

    let refuses: Generator<i32> = Generator::new(|co| {
        loop {
            if co.yield_(1).is_err() {
                println!("exit refused");
            }
        }
    });
    let _ = refuses.next()?;
    drop(refuses);
    println!("closed by value: {} leaked", stack::stats().live);
    Ok(())
}
