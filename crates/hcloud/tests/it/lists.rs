//! Pages and selectors.

use hoist_hcloud::ListOptions;
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, client};

fn page(names: &[&str], next: Option<u32>) -> ResponseTemplate {
    let keys: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(i, n)| json!({ "id": i + 1, "name": n }))
        .collect();
    ResponseTemplate::new(200)
        .set_body_json(json!({ "ssh_keys": keys, "meta": { "pagination": { "next_page": next } } }))
}

#[tokio::test]
async fn every_page_is_read_fifty_at_a_time_with_the_selector_on_each() {
    let server = MockServer::start().await;
    for (number, names, next) in [
        ("1", ["a", "b"], Some(2)),
        ("2", ["c", "d"], Some(3)),
        ("3", ["e", "f"], None),
    ] {
        Mock::given(method("GET"))
            .and(path("/v1/ssh_keys"))
            .and(query_param("page", number))
            .and(query_param("per_page", "50"))
            .and(query_param("label_selector", "hoist.dev/cluster=x"))
            .and(header("authorization", format!("Bearer {TOKEN}")))
            .respond_with(page(&names, next))
            .expect(1)
            .mount(&server)
            .await;
    }
    let keys = client(&server)
        .ssh_keys(&ListOptions::labelled("hoist.dev/cluster=x"))
        .await
        .unwrap();
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
}

#[tokio::test]
async fn a_plain_list_has_no_selector_and_a_lookup_takes_only_the_exact_name() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(query_param("name", "web"))
        .and(query_param_is_missing("label_selector"))
        .respond_with(page(&["web-2", "web"], None))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(client.ssh_key_named("web").await.unwrap().unwrap().id, 2);
    server.reset().await;
    Mock::given(method("GET"))
        .respond_with(page(&["web-2"], None))
        .mount(&server)
        .await;
    assert!(client.ssh_key_named("web").await.unwrap().is_none());
}

#[tokio::test]
async fn a_page_that_points_at_itself_is_an_error_and_not_a_loop() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(page(&["a"], Some(1)))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server).ssh_keys(&ListOptions::default()).await.unwrap_err();
    insta::assert_snapshot!(error, @"GET /ssh_keys: the answer cannot be read: page 1 is followed by page 1");
}
