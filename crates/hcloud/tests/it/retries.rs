//! Bounded retries and the rate limit.

use std::time::{Duration, Instant};

use hoist_hcloud::{Class, Error, ListOptions};
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{client, quiet, soon};

fn error(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": { "code": code, "message": "no", "details": null } }))
}

fn empty() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "servers": [] }))
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    for (status, code) in [
        (409, "conflict"),
        (502, "bad_gateway"),
        (504, "timeout"),
        (503, "unavailable"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(error(status, code))
            .up_to_n_times(2)
            .expect(2)
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .respond_with(empty())
            .expect(1)
            .mount(&server)
            .await;
        client(&server).servers(&ListOptions::default()).await.unwrap();
    }
}

#[tokio::test]
async fn tries_are_bounded() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(error(502, "bad_gateway"))
        .expect(4)
        .mount(&server)
        .await;
    let error = client(&server).servers(&ListOptions::default()).await.unwrap_err();
    assert_eq!(error.class(), Class::Retry);
}

#[tokio::test]
async fn a_quota_is_not_a_rate_limit_and_is_asked_once() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(error(403, "resource_limit_exceeded"))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server).servers(&ListOptions::default()).await.unwrap_err();
    assert_eq!(error.class(), Class::Stop);
}

#[tokio::test]
async fn a_429_empties_the_bucket_and_waits_for_the_refill() {
    let server = MockServer::start().await;
    // Twenty tokens a second, so that the test need not wait one.
    let limit = ("ratelimit-limit", "72000");
    Mock::given(method("GET"))
        .respond_with(error(429, "rate_limit_exceeded").insert_header(limit.0, limit.1))
        .up_to_n_times(6)
        .expect(6)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(empty().insert_header(limit.0, limit.1))
        .expect(1)
        .mount(&server)
        .await;
    let begin = Instant::now();
    client(&server).servers(&ListOptions::default()).await.unwrap();
    assert!(
        begin.elapsed() >= Duration::from_millis(6 * 50 - 10),
        "more 429 than attempts, each waited for"
    );
}

#[tokio::test]
async fn what_is_locked_is_waited_for_under_a_deadline() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .respond_with(error(423, "locked"))
        .up_to_n_times(3)
        .expect(3)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    client
        .until("network net", soon(), &quiet, || client.delete_network(4))
        .await
        .unwrap();

    server.reset().await;
    Mock::given(method("DELETE"))
        .respond_with(error(409, "resource_in_use"))
        .mount(&server)
        .await;
    let error = client
        .until("network net", Instant::now(), &quiet, || client.delete_network(4))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, Error::Deadline { waiting_for, .. } if waiting_for.contains("resource_in_use")),
        "{error}"
    );
}

#[tokio::test]
async fn gone_on_delete_and_already_so_are_fine() {
    let server = MockServer::start().await;
    Mock::given(method("DELETE"))
        .respond_with(error(404, "not_found"))
        .mount(&server)
        .await;
    Mock::given(path("/v1/servers/1/actions/attach_to_network"))
        .respond_with(error(422, "server_already_attached"))
        .mount(&server)
        .await;
    let client = client(&server);
    assert!(client.delete_server(1).await.unwrap().is_empty());
    assert!(client.attach_to_network(1, 2, "10.0.0.2").await.unwrap().is_empty());
}
