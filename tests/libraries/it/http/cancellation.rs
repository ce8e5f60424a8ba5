//! Cancellations in the middle of a request, and timeouts.

use std::time::Duration;

use ureq::config::Config;
use ureq::{Agent, Timeout};
use yieldfrom::blocking::blocking;
use yieldfrom::{Co, Result, TimeoutError, create_task, timeout};

use super::{agent, get, host, secure_host, trusting};
use crate::support::{
    assert_cannot_be_swallowed, cancel_later_and_later, in_a_child, later_and_later, run, test_path,
};
use crate::tls::certificates::Authority;

#[test]
fn a_request_can_be_cancelled_at_any_turn() {
    if !in_a_child(test_path!("a_request_can_be_cancelled_at_any_turn")) {
        return;
    }
    run(|co: &Co| {
        let host = host()?;
        let base = format!("http://{}", host.address);
        let cancelled = cancel_later_and_later(co, || {
            let base = base.clone();
            create_task(move |co: &Co| {
                let agent = agent(Config::default());
                co.yield_from(blocking(|| get(&agent, format!("{base}/redirect"))))??;
                co.yield_from(blocking(|| get(&agent, format!("{base}/large"))))??;
                Ok(())
            })
        })?;
        assert!(cancelled > 8, "there are that many waits: {cancelled}");
        Ok(())
    });
}

/// Cancels requests of one agent later and later, and uses the agent after each.
fn share(co: &Co, agent: &Agent, base: &str) -> Result<()> {
    let mut cancelled = 0;
    for n in later_and_later() {
        let (own, url) = (agent.clone(), format!("{base}/large"));
        let task = create_task(blocking(move || get(&own, url)));
        for _ in 0..n {
            co.yield_from(yieldfrom::yield_now())?;
        }
        if !task.cancel() {
            break;
        }
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        cancelled += 1;
        let hello = co.yield_from(blocking(|| get(agent, format!("{base}/hello"))))??;
        assert_eq!(hello, "hello");
    }
    assert!(cancelled > 5, "there are that many waits: {cancelled}");
    Ok(())
}

#[test]
fn the_pool_of_an_agent_keeps_no_connection_that_was_cancelled() {
    run(|co: &Co| {
        let host = host()?;
        share(
            co,
            &agent(Config::default()),
            &format!("http://{}", host.address),
        )
    });
    run(|co: &Co| {
        let authority = Authority::new();
        let host = secure_host(&authority, "localhost")?;
        let config = Agent::config_builder()
            .tls_config(trusting(&authority))
            .build();
        share(
            co,
            &agent(config),
            &format!("https://localhost:{}", host.address.port()),
        )
    });
}

#[test]
fn no_code_around_a_request_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let host = host()?;
        let base = format!("http://{}", host.address);
        let agent = agent(Config::default());
        for path in ["never", "half"] {
            let (agent, url) = (agent.clone(), format!("{base}/{path}"));
            assert_cannot_be_swallowed(co, move || get(&agent, url.clone()))?;
        }
        Ok(())
    });
}

#[test]
fn timeouts_of_the_agent_end_a_request() {
    run(|co: &Co| {
        let host = host()?;
        let base = format!("http://{}", host.address);
        let limit = Some(Duration::from_millis(10));
        let config = Agent::config_builder;
        let response = config().timeout_recv_response(limit).build();
        let body = config().timeout_recv_body(limit).build();
        let each_read = config().timeout_per_read(limit).build();
        let cases = [
            (response, "never", Timeout::RecvResponse),
            (body, "half", Timeout::RecvBody),
            (each_read, "never", Timeout::PerRead),
        ];
        for (config, path, reason) in cases {
            let url = format!("{base}/{path}");
            let result = co.yield_from(blocking(|| get(&agent(config), url)))?;
            let said = result.unwrap_err().to_string();
            assert_eq!(said, ureq::Error::Timeout(reason).to_string());
        }
        Ok(())
    });
}

#[test]
fn a_timeout_of_the_loop_ends_a_request() {
    run(|co: &Co| {
        let host = host()?;
        let base = format!("http://{}", host.address);
        for path in ["never", "half"] {
            let agent = agent(Config::default());
            let waits = blocking(|| get(&agent, format!("{base}/{path}")));
            let result = co.yield_from(timeout(0.01, |co: &Co| co.yield_from(waits)));
            assert!(result.unwrap_err().is::<TimeoutError>());
        }
        Ok(())
    });
}
