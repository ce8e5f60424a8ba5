//! What one task does in one session.

use std::pin::pin;

use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use yieldfrom::{Co, Result, from_std};

use super::{Session, check, shared};
use crate::support::{finished, run};

/// Runs this in a session of its own, unless there is no server.
fn in_session(body: impl FnOnce(&Co, &mut Client) -> Result<()> + 'static) {
    let Some(database) = shared() else { return };
    run(move |co: &Co| {
        let mut session = Session::start(co, database)?;
        let client = std::rc::Rc::get_mut(&mut session.client).expect("nobody else has it");
        body(co, client)?;
        session.end(co)
    });
}

#[test]
fn queries_have_rows_parameters_and_errors() {
    in_session(|co, client| {
        let query = "SELECT n, 'flag ' || n FROM generate_series(1, $1::int4) AS n";
        let rows = finished(co, client.query(query, &[&1000]))?;
        assert_eq!(rows.len(), 1000);
        assert_eq!(rows[999].get::<_, &str>(1), "flag 1000");
        let absent = client.query("SELECT * FROM absent", &[]);
        let error = co.yield_from(from_std(absent))?.unwrap_err();
        assert_eq!(error.code(), Some(&SqlState::UNDEFINED_TABLE));
        check(co, client)
    });
}

#[test]
fn a_transaction_is_committed_or_rolled_back() {
    async fn count(client: &Client) -> std::result::Result<i64, tokio_postgres::Error> {
        let row = client.query_one("SELECT count(*) FROM taxis", &[]);
        Ok(row.await?.get(0))
    }
    in_session(|co, client| {
        let work = async {
            let create = "CREATE TEMPORARY TABLE taxis (n int4)";
            client.batch_execute(create).await?;
            let insert = "INSERT INTO taxis VALUES ($1)";
            let transaction = client.transaction().await?;
            transaction.execute(insert, &[&1]).await?;
            transaction.commit().await?;
            let transaction = client.transaction().await?;
            transaction.execute(insert, &[&2]).await?;
            drop(transaction);
            count(client).await
        };
        assert_eq!(finished(co, work)?, 1);
        Ok(())
    });
}

#[test]
fn a_prepared_statement_is_used_by_coroutines() {
    in_session(|co, client| {
        let square = finished(co, client.prepare("SELECT $1::int8 * $1"))?;
        for n in 0..100_i64 {
            let row = finished(co, client.query_one(&square, &[&n]))?;
            assert_eq!(row.get::<_, i64>(0), n * n);
        }
        Ok(())
    });
}

#[test]
fn rows_are_copied_in_and_out() {
    const LINES: usize = 20_000;
    let lines: Vec<String> = (0..LINES).map(|n| format!("{n}\tflag {n}\n")).collect();
    in_session(move |co, client| {
        let create = "CREATE TEMPORARY TABLE copied (n int4, name text)";
        finished(co, client.batch_execute(create))?;
        let copying = async {
            let sink = client.copy_in("COPY copied FROM STDIN").await?;
            let mut sink = pin!(sink);
            for chunk in lines.chunks(500) {
                sink.send(std::io::Cursor::new(chunk.concat())).await?;
            }
            sink.finish().await
        };
        assert_eq!(finished(co, copying)?, LINES as u64);
        let out = client.copy_out("COPY (SELECT * FROM copied ORDER BY n) TO STDOUT");
        let out = finished(co, out)?;
        let all = out.try_fold(Vec::new(), async |mut all, bytes| {
            all.extend_from_slice(&bytes);
            Ok(all)
        });
        let all = finished(co, all)?;
        assert!(
            all == lines.concat().into_bytes(),
            "what comes back is another text"
        );
        Ok(())
    });
}
