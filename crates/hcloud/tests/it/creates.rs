//! A create whose answer is lost is settled by looking the name up, never by creating twice.

use hoist_hcloud::{Class, Client, Error, Labels, SshKeyCreate};
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::matchers::{method, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::client;

fn key() -> SshKeyCreate {
    SshKeyCreate {
        name: "deploy".into(),
        public_key: "ssh-ed25519 AAAA".into(),
        labels: Labels::from([("hoist.dev/cluster".into(), "x".into())]),
    }
}

async fn found(server: &MockServer, keys: Value, times: u64) {
    Mock::given(method("GET"))
        .and(query_param("name", "deploy"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "ssh_keys": keys })))
        .up_to_n_times(times)
        .mount(server)
        .await;
}

/// No answer within the client's time.
fn lost() -> ResponseTemplate {
    ResponseTemplate::new(201).set_delay(Duration::from_secs(10))
}

fn made() -> ResponseTemplate {
    ResponseTemplate::new(201).set_body_json(
        json!({ "ssh_key": { "id": 9, "name": "deploy" }, "action": { "id": 1, "status": "running" },
            "next_actions": [{ "id": 2, "status": "running" }] }),
    )
}

async fn create(client: &Client) -> Result<(u64, bool), Error> {
    client
        .create_ssh_key(&key())
        .await
        .map(|changed| (changed.resource.id, changed.settled))
}

#[tokio::test]
async fn an_answer_brings_its_actions() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(made())
        .expect(1)
        .mount(&server)
        .await;
    let changed = client(&server).create_ssh_key(&key()).await.unwrap();
    let ids: Vec<_> = changed.actions.iter().map(|action| action.id).collect();
    assert_eq!((changed.resource.id, ids, changed.settled), (9, vec![1, 2], false));
}

#[tokio::test]
async fn lost_and_there_with_our_labels_it_was_made() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(lost())
        .expect(1)
        .mount(&server)
        .await;
    found(
        &server,
        json!([{ "id": 9, "name": "deploy", "labels": { "hoist.dev/cluster": "x" } }]),
        1,
    )
    .await;
    assert_eq!(create(&client(&server)).await.unwrap(), (9, true));
}

#[tokio::test]
async fn a_gateway_that_gives_up_is_a_lost_answer_too() {
    let server = MockServer::start().await;
    let gateway = ResponseTemplate::new(504).set_body_string("<html>");
    Mock::given(method("POST"))
        .respond_with(gateway)
        .expect(1)
        .mount(&server)
        .await;
    found(
        &server,
        json!([{ "id": 9, "name": "deploy", "labels": { "hoist.dev/cluster": "x" } }]),
        1,
    )
    .await;
    assert_eq!(create(&client(&server)).await.unwrap(), (9, true));
}

#[tokio::test]
async fn lost_and_not_there_it_is_tried_again() {
    let server = MockServer::start().await;
    let gateway = ResponseTemplate::new(502);
    Mock::given(method("POST"))
        .respond_with(gateway)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(made())
        .expect(1)
        .mount(&server)
        .await;
    found(&server, json!([]), 1).await;
    assert_eq!(create(&client(&server)).await.unwrap(), (9, false));
}

#[tokio::test]
async fn lost_and_there_with_other_labels_the_name_is_taken() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(502))
        .expect(1)
        .mount(&server)
        .await;
    found(&server, json!([{ "id": 9, "name": "deploy", "labels": {} }]), 1).await;
    let error = create(&client(&server)).await.unwrap_err();
    assert_eq!(error.class(), Class::AdoptIfOurs);
    insta::assert_snapshot!(error, @"POST /ssh_keys: the name deploy is taken by a ssh_key with other labels (uniqueness_error, HTTP 409)");
}

#[tokio::test]
async fn lost_for_ever_ends_as_ambiguous() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(502))
        .expect(4)
        .mount(&server)
        .await;
    found(&server, json!([]), 9).await;
    let error = create(&client(&server)).await.unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
    insta::assert_snapshot!(error, @"POST /ssh_keys: the answer was lost, so it may have happened or not: answered with 502 Bad Gateway and no error of the API (bad_gateway, HTTP 502)");
}
