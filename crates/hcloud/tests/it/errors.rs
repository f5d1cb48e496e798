//! What a person reads: code, status, fields, correlation id, hint; never the token.

use hoist_hcloud::{Client, Error, ListOptions};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TOKEN, client, client_at};

fn told(error: &Error) -> String {
    let text = format!("{error}\nhint: {}", error.hint().unwrap_or_else(|| "none".into()));
    assert!(!text.contains(TOKEN) && !format!("{error:?}").contains(TOKEN));
    text
}

async fn refused(status: u16, body: serde_json::Value) -> String {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status)
        .insert_header("X-Correlation-ID", "a1b2c3")
        .set_body_json(body);
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    told(&client(&server).servers(&ListOptions::default()).await.unwrap_err())
}

#[tokio::test]
async fn a_wrong_token() {
    let text = refused(
        401,
        json!({ "error": { "code": "unauthorized", "message": "unable to authenticate" } }),
    )
    .await;
    insta::assert_snapshot!(text, @r"
    GET /servers: unable to authenticate (unauthorized, HTTP 401, correlation id a1b2c3)
    hint: make a token with read and write access in the Hetzner console (Security > API tokens) and give it as HCLOUD_TOKEN
    ");
}

#[tokio::test]
async fn a_quota() {
    let text = refused(
        403,
        json!({ "error": { "code": "resource_limit_exceeded", "message": "server limit reached" } }),
    )
    .await;
    insta::assert_snapshot!(text, @r"
    GET /servers: server limit reached (resource_limit_exceeded, HTTP 403, correlation id a1b2c3)
    hint: this is a quota of the project, not a rate limit, and waiting does not help: raise it in the Hetzner console (Limits), or delete what is not needed
    ");
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let text = refused(
        422,
        json!({ "error": { "code": "invalid_input", "message": "invalid input in field 'name'",
            "details": { "fields": [{ "name": "name", "messages": ["is too long", "is ugly"] }] } } }),
    )
    .await;
    insta::assert_snapshot!(text, @r"
    GET /servers: invalid input in field 'name' (invalid_input: name: is too long, is ugly, HTTP 422, correlation id a1b2c3)
    hint: none
    ");
}

#[tokio::test]
async fn something_that_is_not_the_api() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string("<html>"))
        .mount(&server)
        .await;
    let text = told(&client(&server).servers(&ListOptions::default()).await.unwrap_err());
    insta::assert_snapshot!(text, @r"
    GET /servers: the answer cannot be read: expected value at line 1 column 1
    hint: see that HCLOUD_ENDPOINT is the Hetzner Cloud API and no proxy answers in its place; if so, the API has changed: update this program
    ");
}

#[tokio::test]
async fn nobody_there() {
    // A port that was free a moment ago on an address that nothing else uses.
    let port = std::net::TcpListener::bind("127.77.3.9:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = client_at(&format!("http://127.77.3.9:{port}/v1"))
        .servers(&ListOptions::default())
        .await
        .unwrap_err();
    let text = told(&error).replace(&port.to_string(), "PORT");
    insta::assert_snapshot!(text, @r"
    GET /servers: the Hetzner Cloud API at http://127.77.3.9:PORT/v1 cannot be reached after 4 attempts: tcp connect error: Connection refused (os error 111)
    hint: look at the network, a proxy, and HCLOUD_ENDPOINT; nothing was changed by this request
    ");
}

#[tokio::test]
async fn a_token_that_cannot_be_a_header_is_not_shown() {
    let token = format!("{TOKEN}\n");
    let client = Client::new("http://127.77.3.9:1/v1", token.into()).unwrap();
    let error = client.servers(&ListOptions::default()).await.unwrap_err();
    insta::assert_snapshot!(told(&error), @r"
    the Hetzner Cloud token holds characters that cannot be sent
    hint: is there a line break or a blank in it? Give the 64 letters and digits alone
    ");
}

#[test]
fn an_endpoint_that_is_none() {
    for endpoint in ["", "api.hetzner.cloud", "ftp://x/v1", "https://user:secret@x/v1"] {
        let error = Client::new(endpoint, TOKEN.into()).unwrap_err();
        assert!(matches!(error, Error::Endpoint { .. }), "{endpoint}: {error}");
    }
}
