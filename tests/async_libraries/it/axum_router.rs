//! `axum`: a router, served by hyper on the loop.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::BodyExt;
use hyper_util::service::TowerToHyperService;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use yieldfrom::bridge::Portable;
use yieldfrom::{Co, create_task, sleep};

use crate::http::{Client, Server, VERSIONS, request, with_body};
use crate::support::{finished, run};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Taxi {
    name: String,
    seats: u32,
}

/// axum asks for a state that is `Send`. What is in this one never leaves its thread.
type Taxis = Arc<Portable<Rc<RefCell<BTreeMap<u32, Taxi>>>>>;

async fn show(
    State(taxis): State<Taxis>,
    Path(number): Path<u32>,
) -> Result<Json<Taxi>, StatusCode> {
    let found = taxis.with(|taxis| taxis.borrow().get(&number).cloned());
    found
        .expect("the thread of the state")
        .map(Json)
        .ok_or(StatusCode::NOT_FOUND)
}

async fn add(
    State(taxis): State<Taxis>,
    Path(number): Path<u32>,
    Json(taxi): Json<Taxi>,
) -> StatusCode {
    let before = taxis.with(|taxis| taxis.borrow_mut().insert(number, taxi));
    match before.expect("the thread of the state") {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    }
}

/// axum asks for handlers that are `Send`. A coroutine answers this one by a channel.
async fn seats(State(taxis): State<Taxis>) -> String {
    let (sender, receiver) = oneshot::channel();
    let count = move |taxis: &Rc<RefCell<BTreeMap<u32, Taxi>>>| {
        let taxis = Rc::clone(taxis);
        create_task(move |co: &Co| {
            co.yield_from(sleep(0.000_1))?;
            let _ = sender.send(taxis.borrow().values().map(|taxi| taxi.seats).sum::<u32>());
            Ok(())
        });
    };
    taxis.with(count).expect("the thread of the state");
    receiver.await.expect("an answer").to_string()
}

fn router() -> Router {
    let taxis: Taxis = Arc::new(Portable::new(Rc::default()));
    Router::new()
        .route("/taxis/{number}", get(show))
        .route("/taxis/{number}", post(add))
        .route("/seats", get(seats))
        .with_state(taxis)
}

/// Sends a body of JSON.
async fn put(client: &mut Client, path: &str, taxi: &Taxi) -> hyper::Result<StatusCode> {
    let body = serde_json::to_vec(taxi).expect("JSON");
    let mut request = with_body(path, http_body_util::Full::from(body));
    let json = "application/json".parse().expect("a type");
    request.headers_mut().insert("content-type", json);
    Ok(client.send(request).await?.status())
}

#[test]
fn routes_have_paths_json_and_a_state() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let server = Server::start(version, TowerToHyperService::new(router()))?;
            let mut client = Client::connect(co, version, server.address)?;
            for (number, status) in [
                (7, StatusCode::CREATED),
                (8, StatusCode::CREATED),
                (7, StatusCode::OK),
            ] {
                let taxi = Taxi {
                    name: format!("taxi {number}"),
                    seats: number,
                };
                let path = format!("/taxis/{number}");
                assert_eq!(finished(co, put(&mut client, &path, &taxi))?, status);
                let shown = finished(co, client.get(&path))?;
                assert_eq!(serde_json::from_slice::<Taxi>(&shown)?, taxi);
            }
            assert_eq!(finished(co, client.get("/seats"))?, "15");
            for (path, status) in [("/taxis/9", 404), ("/taxis/none", 400), ("/roads", 404)] {
                let answer = finished(co, client.send(request(path, "")))?;
                assert_eq!(answer.status(), status, "{path}");
                finished(co, answer.into_body().collect())?;
            }
            client.end(co)
        });
    }
}
