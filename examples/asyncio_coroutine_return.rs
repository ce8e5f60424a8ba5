//! The result of a coroutine: it comes out of the loop that ran it.

use yieldfrom::{Co, Result, get_event_loop};

fn coroutine(_: &Co) -> Result<&'static str> {
    println!("in coroutine");
    Ok("result")
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    let return_value = event_loop.run_until_complete(coroutine);
    event_loop.close()?;
    println!("it returned : '{}'", return_value?);
    Ok(())
}
