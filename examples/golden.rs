//! Runs every example and compares what it prints with what its Python original prints.

#[path = "golden/charfinders.rs"]
mod charfinders;
#[path = "golden/chats.rs"]
mod chats;
#[path = "golden/echo.rs"]
mod echo;
#[path = "golden/flags.rs"]
mod flags;
#[path = "golden/flags_cancel.rs"]
mod flags_cancel;
#[path = "golden/flags_errors.rs"]
mod flags_errors;
#[path = "golden/flags_faults.rs"]
mod flags_faults;
#[path = "golden/flags_parser.rs"]
mod flags_parser;
#[path = "golden/flags_server.rs"]
mod flags_server;
#[path = "golden/flags_servers.rs"]
mod flags_servers;
#[path = "golden/flags_smuggling.rs"]
mod flags_smuggling;
#[path = "golden/flags_urls.rs"]
mod flags_urls;
#[path = "golden/harness.rs"]
mod harness;
#[cfg(feature = "tls")]
#[path = "golden/https.rs"]
mod https;
#[path = "golden/pages.rs"]
mod pages;
#[path = "golden/servers.rs"]
mod servers;
#[path = "golden/simulations.rs"]
mod simulations;
#[path = "golden/spinners.rs"]
mod spinners;
#[path = "golden/taxis.rs"]
mod taxis;
#[path = "golden/taxis_loop.rs"]
mod taxis_loop;
#[path = "golden/taxis_reports.rs"]
mod taxis_reports;
#[path = "golden/traces.rs"]
mod traces;

/// Declares a test for each example that always prints the same.
macro_rules! examples_print_their_golden_files {
    ($args:expr => $($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            harness::check(stringify!($name), &$args, concat!(stringify!($name), ".txt"));
        }
    )*};
}

examples_print_their_golden_files! {
    [] =>
    asyncio_coroutine,
    asyncio_coroutine_chain,
    asyncio_coroutine_return,
    asyncio_future_await,
    asyncio_future_event_loop,
    asyncio_generator,
    averager,
    averager_result,
    chain,
    exc_demo,
    finally_demo,
    flatten,
    grouper,
    primed,
    run_sync,
    simple_coroutine,
    thinking,
}

// SimPy's programs, with SimPy's published output.
examples_print_their_golden_files! {
    [] =>
    bank_renege,
    carwash,
    event_latency,
    gas_station_refuel,
    machine_shop,
    movie_renege,
    process_communication,
}

// Those that wait for a while, or print the time.
examples_print_their_golden_files! {
    ["--virtual-time"] =>
    asyncio_call_at,
    asyncio_call_later,
    asyncio_call_soon,
    some_coroutine,
    spinner,
}

#[test]
fn the_front_page_of_the_engine_is_what_runs() {
    let page = include_str!("../engine/README.md");
    let (_, program) = include_str!("thinking.rs").split_once("\n\n").unwrap();
    assert!(page.contains(&format!("```rust\n{program}```\n")));
    let output = include_str!("golden/thinking.txt");
    assert!(page.contains(&format!("```text\n{output}```\n")));
}
