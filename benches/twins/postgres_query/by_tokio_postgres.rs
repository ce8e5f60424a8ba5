//! What is asked, which knows no runtime: async code that both loops run.

use tokio_postgres::{Client, Error};

use super::{CREATE, INSERT, SUM, TOTAL};

pub(super) async fn create(client: &Client) -> Result<(), Error> {
    client.batch_execute(CREATE).await
}

pub(super) async fn count(client: Client, worker: i32, times: i32) -> Result<i64, Error> {
    let insert = client.prepare(INSERT).await?;
    for number in 1..=times {
        let number = i64::from(number);
        client.execute(&insert, &[&worker, &number]).await?;
    }
    let row = client.query_one(SUM, &[&worker]).await?;
    Ok(row.get(0))
}

pub(super) async fn total(client: &Client) -> Result<i64, Error> {
    let row = client.query_one(TOTAL, &[]).await?;
    Ok(row.get(0))
}
