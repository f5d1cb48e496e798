//! Waiting for actions: one request for all, ends with the last, and never without a deadline.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use hoist_hcloud::{Action, Error};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::{client, quiet, soon};

fn running(id: u64) -> Action {
    serde_json::from_value(json!({ "id": id, "command": "create_server", "status": "running", "progress": 0 })).unwrap()
}

/// Answers each poll for all the ids that it asks for, from the number of the poll.
async fn polls(
    server: &MockServer,
    answer: impl Fn(usize, u64) -> Option<Value> + Send + Sync + 'static,
) -> Arc<Mutex<Vec<Vec<u64>>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (log, count) = (seen.clone(), AtomicUsize::new(0));
    Mock::given(method("GET"))
        .and(path("/v1/actions"))
        .respond_with(move |request: &Request| {
            let ids: Vec<u64> = request
                .url
                .query_pairs()
                .filter(|(k, _)| k == "id")
                .map(|(_, v)| v.parse().unwrap())
                .collect();
            let number = count.fetch_add(1, Ordering::SeqCst);
            let actions: Vec<_> = ids.iter().filter_map(|id| answer(number, *id)).collect();
            log.lock().unwrap().push(ids);
            ResponseTemplate::new(200).set_body_json(json!({ "actions": actions }))
        })
        .mount(server)
        .await;
    seen
}

fn stands(id: u64, status: &str, progress: u8) -> Value {
    json!({ "id": id, "command": "create_server", "status": status, "progress": progress })
}

#[tokio::test]
async fn all_that_wait_share_one_request() {
    let server = MockServer::start().await;
    let seen = polls(&server, |number, id| {
        Some(if number >= 3 {
            stands(id, "success", 100)
        } else {
            stands(id, "running", number as u8 * 30)
        })
    })
    .await;
    let client = client(&server);
    let waits = (1..=8).map(|id| {
        let client = client.clone();
        async move {
            client
                .wait(&[running(id), running(id + 100)], "server", soon(), &quiet)
                .await
        }
    });
    let all: Vec<_> = waits.map(tokio::spawn).collect();
    for wait in all {
        wait.await.unwrap().unwrap();
    }
    let seen = seen.lock().unwrap();
    assert!(
        seen.len() <= 8,
        "eight waiters of two actions took {} requests",
        seen.len()
    );
    assert!(seen.iter().any(|ids| ids.len() == 16), "{seen:?}");
    assert!(seen.iter().all(|ids| ids.len() <= 50));
}

#[tokio::test]
async fn progress_is_told_and_what_is_finished_is_not_polled() {
    let server = MockServer::start().await;
    let seen = polls(&server, |number, id| {
        Some(stands(id, if number > 1 { "success" } else { "running" }, 40))
    })
    .await;
    let heard = Mutex::new(Vec::new());
    let done: Action = serde_json::from_value(stands(5, "success", 100)).unwrap();
    let progress = |text: &str| heard.lock().unwrap().push(text.to_owned());
    client(&server)
        .wait(&[done, running(6)], "server a", soon(), &progress)
        .await
        .unwrap();
    assert_eq!(
        *heard.lock().unwrap(),
        ["server a: create_server (0 %)", "server a: create_server (40 %)"]
    );
    assert!(seen.lock().unwrap().iter().all(|ids| *ids == [6]));
}

#[tokio::test]
async fn a_failed_action_names_its_cause() {
    let server = MockServer::start().await;
    polls(&server, |_, id| {
        Some(json!({ "id": id, "command": "create_server", "status": "error",
            "error": { "code": "resource_unavailable", "message": "no host has room" } }))
    })
    .await;
    let error = client(&server)
        .wait(&[running(6)], "server a", soon(), &quiet)
        .await
        .unwrap_err();
    assert_eq!(error.class(), hoist_hcloud::Class::OtherTypeOrLocation);
    insta::assert_snapshot!(error, @"server a: action create_server (6) failed: no host has room (resource_unavailable)");
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline_and_says_how_it_stood() {
    let server = MockServer::start().await;
    polls(&server, |_, id| Some(stands(id, "running", 10))).await;
    let now = Instant::now();
    let error = client(&server)
        .wait(&[running(6)], "server a", now, &quiet)
        .await
        .unwrap_err();
    let Error::Deadline { waiting_for, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(waiting_for, "waiting for server a: create_server (0 %), action 6");
}

#[tokio::test]
async fn an_action_that_vanishes_is_told_to_its_waiter_only() {
    let server = MockServer::start().await;
    polls(&server, |number, id| {
        (id != 6).then(|| stands(id, if number > 5 { "success" } else { "running" }, 10))
    })
    .await;
    let client = client(&server);
    let (six, seven) = ([running(6)], [running(7)]);
    let (gone, stays) = tokio::join!(
        client.wait(&six, "six", soon(), &quiet),
        client.wait(&seven, "seven", soon(), &quiet)
    );
    assert!(
        gone.unwrap_err()
            .to_string()
            .contains("action 6 is not in the answer any more")
    );
    stays.unwrap();
    // The poller has ended or will: a later waiter starts anew.
    client.wait(&[running(8)], "eight", soon(), &quiet).await.unwrap();
}
