//! Cancellations, and a server that goes away.

use std::rc::Rc;
use std::sync::Arc;

use database::Database;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use yieldfrom::{Co, Result, Task, create_task, spawn_std, to_thread, yield_now};

use super::{Session, check, open, shared};
use crate::support::{finished, run};

/// A query that would last for ten minutes.
const SLEEP: &str = "SELECT pg_sleep(600)";

fn sleeping_coroutine(session: &Session) -> Task<()> {
    let client = Rc::clone(&session.client);
    create_task(move |co: &Co| finished(co, client.batch_execute(SLEEP)))
}

#[test]
fn the_task_of_a_waiting_query_is_cancelled() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let (session, other) = (Session::start(co, database)?, Session::start(co, database)?);
        let process = session.process(co)?;
        let coroutine = sleeping_coroutine(&session);
        other.until_asleep(co, process)?;
        let client = Rc::clone(&session.client);
        let future = spawn_std(async move { client.batch_execute("SELECT 1").await });
        co.yield_from(yield_now())?;
        assert!(coroutine.cancel() && future.cancel());
        assert!(co.yield_from(coroutine).unwrap_err().is_cancelled());
        assert!(co.yield_from(future).unwrap_err().is_cancelled());
        // The server knows nothing of that, and still sleeps: a message on another connection ends this.
        let stream = open(co, database)?;
        let token = session.client.cancel_token();
        finished(co, token.cancel_query_raw(stream, NoTls))?;
        check(co, &session.client)?;
        session.end(co)?;
        other.end(co)
    });
}

#[test]
fn a_query_that_the_server_cancels_fails() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let (session, other) = (Session::start(co, database)?, Session::start(co, database)?);
        let process = session.process(co)?;
        let client = Rc::clone(&session.client);
        let sleeping = spawn_std(async move { client.batch_execute(SLEEP).await });
        other.until_asleep(co, process)?;
        let cancel = "SELECT pg_cancel_backend($1)";
        finished(co, other.client.execute(cancel, &[&process]))?;
        let error = co.yield_from(sleeping)?.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::QUERY_CANCELED));
        check(co, &session.client)?;
        session.end(co)?;
        other.end(co)
    });
}

#[test]
fn a_session_is_dropped_while_its_query_waits() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let (session, other) = (Session::start(co, database)?, Session::start(co, database)?);
        let process = session.process(co)?;
        let coroutine = sleeping_coroutine(&session);
        other.until_asleep(co, process)?;
        // Without its task, nobody reads what the server says.
        assert!(session.connection.cancel());
        assert!(
            co.yield_from(session.connection)
                .unwrap_err()
                .is_cancelled()
        );
        let error = co.yield_from(coroutine).unwrap_err();
        assert!(error.to_string().contains("closed"), "{error}");
        assert!(session.client.is_closed());
        let end = "SELECT pg_terminate_backend($1)";
        finished(co, other.client.execute(end, &[&process]))?;
        other.end(co)
    });
}

/// Checks what the parts of a session say whose server has gone.
fn check_cut(co: &Co, session: Session, query: Task<()>) -> Result<()> {
    let error = co.yield_from(query).unwrap_err();
    let error = error
        .downcast_ref::<tokio_postgres::Error>()
        .expect("an error of the client");
    let is_told = error.code() == Some(&SqlState::ADMIN_SHUTDOWN);
    assert!(is_told || error.is_closed(), "{error}");
    assert!(co.yield_from(session.connection)?.is_err());
    assert!(session.client.is_closed());
    assert!(finished(co, session.client.batch_execute("SELECT 1")).is_err());
    Ok(())
}

#[test]
fn a_server_restarts_while_a_query_waits() {
    let Some(database) = Database::start() else {
        return;
    };
    let database = Arc::new(database);
    run(move |co: &Co| {
        let (session, other) = (
            Session::start(co, &database)?,
            Session::start(co, &database)?,
        );
        let process = session.process(co)?;
        let query = sleeping_coroutine(&session);
        other.until_asleep(co, process)?;
        other.end(co)?;
        let restarted = Arc::clone(&database);
        co.yield_from(to_thread(move || restarted.restart()))?;
        check_cut(co, session, query)?;
        let again = Session::start(co, &database)?;
        check(co, &again.client)?;
        again.end(co)
    });
}
