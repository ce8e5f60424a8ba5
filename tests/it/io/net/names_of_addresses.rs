//! Names of addresses, as the system's resolver finds them.

use std::net::SocketAddr;

use yieldfrom::net::getnameinfo;
use yieldfrom::{EventLoop, create_task, get_running_loop};

use crate::support::run_io;

#[test]
fn an_address_has_names() {
    run_io(|co| {
        let address = SocketAddr::from(([127, 0, 0, 1], 65_535));
        let (host, service) = co.yield_from(get_running_loop()?.getnameinfo(address))?;
        assert!(!host.is_empty());
        assert_eq!(service, "65535", "which no service has");
        let numbers = getnameinfo(address).numeric_host().numeric_service();
        let task = create_task(numbers);
        assert_eq!(
            co.yield_from(task)?,
            ("127.0.0.1".to_owned(), "65535".to_owned())
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_name_that_has_to_be_and_is_not_is_an_error_with_the_address() {
    run_io(|co| {
        let address = SocketAddr::from(([192, 0, 2, 1], 80));
        let names = getnameinfo(address).name_required().numeric_host();
        let error = co.yield_from(names).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("getnameinfo of 192.0.2.1:80: "),
            "{error}"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_closed_loop_asks_nobody() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.close().unwrap();
    let names = event_loop.getnameinfo(([127, 0, 0, 1], 80));
    assert!(event_loop.run_until_complete(names).is_err());
}
