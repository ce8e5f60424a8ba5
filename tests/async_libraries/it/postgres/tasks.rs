//! What several tasks do in one session.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;

use futures_util::future::try_join_all;
use tokio_postgres::{AsyncMessage, Client, Error, NoTls};
use yieldfrom::{Co, Event, Result, create_task, from_std, gather, spawn_std};

use super::{Session, config, open, shared};
use crate::support::{finished, run};

/// Asks one question, and checks the answer.
async fn square(client: &Client, n: i64) -> std::result::Result<(), Error> {
    let row = client.query_one("SELECT $1::int8 * $1", &[&n]).await?;
    assert_eq!(row.get::<_, i64>(0), n * n);
    Ok(())
}

#[test]
fn coroutines_and_std_futures_share_a_session() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let session = Session::start(co, database)?;
        let (mut coroutines, mut futures) = (Vec::new(), Vec::new());
        for task in 0..20_i64 {
            let client = Rc::clone(&session.client);
            coroutines.push(create_task(move |co: &Co| {
                (0..10).try_for_each(|n| finished(co, square(&client, 10 * task + n)))
            }));
            let client = Rc::clone(&session.client);
            futures.push(spawn_std(async move {
                let all = (0..10).map(|n| square(&client, n - 10 * task));
                try_join_all(all).await.map(drop)
            }));
        }
        co.yield_from(gather(coroutines))?;
        for task in futures {
            co.yield_from(task)??;
        }
        session.end(co)
    });
}

#[test]
fn a_question_waits_behind_one_that_waits_for_another_session() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let (session, other) = (Session::start(co, database)?, Session::start(co, database)?);
        let lock = "SELECT pg_advisory_lock(pg_backend_pid())";
        finished(co, session.client.batch_execute(lock))?;
        let process = session.process(co)?;
        let (one, client) = (Rc::clone(&other.client), Rc::clone(&other.client));
        let waits = spawn_std(async move {
            let lock = "SELECT pg_advisory_lock($1::int8)";
            one.execute(lock, &[&i64::from(process)]).await
        });
        let behind = spawn_std(async move { square(&client, 7).await });
        let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND objid = $1)";
        let key = process.cast_unsigned();
        while !finished(co, session.client.query_one(waiting, &[&key]))?.get::<_, bool>(0) {}
        assert!(!waits.done() && !behind.done());
        session.end(co)?;
        co.yield_from(waits)??;
        co.yield_from(behind)??;
        other.end(co)
    });
}

#[test]
fn notifications_come_to_the_task_of_the_connection() {
    let Some(database) = shared() else { return };
    run(|co: &Co| {
        let stream = open(co, database)?;
        let config = config(database);
        let (client, mut connection) = finished(co, config.connect_raw(stream, NoTls))?;
        let (heard, all_heard) = (Rc::new(RefCell::new(Vec::new())), Event::new());
        let (hears, all) = (Rc::clone(&heard), all_heard.clone());
        let driver = create_task(move |co: &Co| -> Result<()> {
            loop {
                let next = poll_fn(|cx| connection.poll_message(cx));
                match co.yield_from(from_std(next))?.transpose()? {
                    Some(AsyncMessage::Notification(said)) if said.payload() == "end" => all.set(),
                    Some(AsyncMessage::Notification(said)) => {
                        hears.borrow_mut().push(said.payload().to_owned())
                    }
                    Some(_) => {}
                    None => return Ok(()),
                };
            }
        });
        finished(co, client.batch_execute("LISTEN taxis"))?;
        let other = Session::start(co, database)?;
        for word in ["BR", "CN", "end"] {
            let notify = format!("NOTIFY taxis, '{word}'");
            finished(co, other.client.batch_execute(&notify))?;
        }
        co.yield_from(all_heard.wait())?;
        assert_eq!(*heard.borrow(), ["BR", "CN"]);
        drop(client);
        co.yield_from(driver)?;
        other.end(co)
    });
}
