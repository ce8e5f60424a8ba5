//! Where servers listen: on several addresses, on shared ports, on paths.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::{env, fs};

use yieldfrom::{Co, ValueError, create_connection, create_server, create_unix_server};

use crate::support::{Recorder, failed_with, run_io};

use super::{address, kind};

#[test]
fn an_address_in_use_is_named() {
    run_io(|co: &Co| {
        let holder = TcpListener::bind("127.0.0.1:0")?;
        let taken = holder.local_addr()?;
        let error = co
            .yield_from(create_server(Recorder::default, taken))
            .unwrap_err();
        assert!(error.to_string().contains(&taken.to_string()), "{error}");
        assert_eq!(kind(Err::<(), _>(error)), Some(ErrorKind::AddrInUse));
        let wrong = co.yield_from(create_server(Recorder::default, "127.0.0.1"));
        assert!(failed_with::<ValueError, _>(wrong));
        let none: Vec<SocketAddr> = Vec::new();
        let nowhere = co.yield_from(create_server(Recorder::default, none));
        assert_eq!(kind(nowhere), Some(ErrorKind::InvalidInput));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_server_listens_on_all_addresses() {
    run_io(|co: &Co| {
        let addresses = vec![
            SocketAddr::from(([127, 0, 0, 1], 0)),
            SocketAddr::from(([127, 0, 0, 2], 0)),
            SocketAddr::from(([127, 0, 0, 1], 0)),
        ];
        let server = co.yield_from(create_server(Recorder::default, addresses))?;
        assert_eq!(server.sockets().len(), 2, "one for each address");
        for at in server.sockets() {
            let at = at.socket_addr().unwrap();
            let (transport, _) = co.yield_from(create_connection(Recorder::default, at))?;
            transport.close();
        }
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn ports_can_be_shared() {
    run_io(|co: &Co| {
        let first = create_server(Recorder::default, "127.0.0.1:0").reuse_port(true);
        let first = co.yield_from(first)?;
        let at = address(&first);
        let alone = co.yield_from(create_server(Recorder::default, at));
        assert_eq!(kind(alone), Some(ErrorKind::AddrInUse));
        let second = create_server(Recorder::default, at).reuse_port(true);
        assert_eq!(address(&co.yield_from(second)?), at);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stale_unix_socket_is_replaced_and_another_file_is_not() {
    let path = env::temp_dir().join(format!("yieldfrom-servers-{}", std::process::id()));
    drop(UnixListener::bind(&path).unwrap());
    let here = path.clone();
    run_io(move |co: &Co| {
        let server = co.yield_from(create_unix_server(Recorder::default, &here))?;
        server.close();
        fs::remove_file(&here)?;
        fs::write(&here, "precious")?;
        let refused = co
            .yield_from(create_unix_server(Recorder::default, &here))
            .unwrap_err();
        assert!(
            refused.to_string().contains(here.to_str().unwrap()),
            "{refused}"
        );
        assert_eq!(kind(Err::<(), _>(refused)), Some(ErrorKind::AddrInUse));
        assert_eq!(fs::read_to_string(&here)?, "precious");
        Ok(())
    })
    .unwrap();
    fs::remove_file(path).unwrap();
}
