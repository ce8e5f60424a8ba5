//! Servers that fail, and certificates that are not good.

use ureq::Agent;
use ureq::config::Config;
use yieldfrom::Co;
use yieldfrom::blocking::blocking;

use super::{agent, get, host, secure_host, trusting};
use crate::support::{SilentHost, chain_of, run};
use crate::tls::certificates::Authority;

#[test]
fn a_server_that_breaks_off_a_body_is_an_error() {
    let said = run(|co: &Co| {
        let host = host()?;
        let url = format!("http://{}/broken", host.address);
        let result = co.yield_from(blocking(|| get(&agent(Config::default()), url)))?;
        Ok(chain_of(&result.unwrap_err()))
    });
    assert!(said.contains("disconnected"), "{said}");
}

#[test]
fn an_address_where_nobody_listens_is_an_error_with_the_address() {
    let address = SilentHost::start().address;
    let said = run(move |co: &Co| {
        let url = format!("http://{address}/");
        let result = co.yield_from(blocking(|| get(&agent(Config::default()), url)))?;
        Ok(chain_of(&result.unwrap_err()))
    });
    assert!(said.contains(&address.to_string()), "{said}");
}

#[test]
fn a_certificate_for_another_name_is_an_error_with_both_names() {
    let said = run(|co: &Co| {
        let authority = Authority::new();
        let host = secure_host(&authority, "elsewhere.example")?;
        let url = format!("https://localhost:{}/hello", host.address.port());
        let config = Agent::config_builder()
            .tls_config(trusting(&authority))
            .build();
        let result = co.yield_from(blocking(|| get(&agent(config), url)))?;
        Ok(chain_of(&result.unwrap_err()))
    });
    assert!(
        said.contains("localhost") && said.contains("elsewhere.example"),
        "{said}"
    );
}

#[test]
fn a_certificate_of_a_stranger_is_an_error() {
    let said = run(|co: &Co| {
        let host = secure_host(&Authority::new(), "localhost")?;
        let url = format!("https://localhost:{}/hello", host.address.port());
        let config = Agent::config_builder()
            .tls_config(trusting(&Authority::new()))
            .build();
        let result = co.yield_from(blocking(|| get(&agent(config), url)))?;
        Ok(chain_of(&result.unwrap_err()))
    });
    assert!(said.contains("invalid peer certificate"), "{said}");
}
