//! The client against an API on loopback that answers as Cloudflare's documentation says.

use std::time::Duration;

use hoist_cloudflare::{Client, Error, NewRecord, Options, RecordFilter};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn client(server: &MockServer) -> Client {
    let options = Options {
        attempts: 3,
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(5),
        ..Options::default()
    };
    let base = format!("{}/client/v4/", server.uri());
    Client::new(Some(&base), SecretString::from("canary-token"), options).expect("a client")
}

fn ok(result: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "success": true, "errors": [], "messages": [], "result": result }))
}

fn refused(status: u16, code: u32, message: &str) -> ResponseTemplate {
    let errors = json!([{ "code": code, "message": message }]);
    ResponseTemplate::new(status)
        .set_body_json(json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

fn record() -> NewRecord {
    NewRecord {
        name: "kube.example.com".into(),
        kind: "A".into(),
        content: "203.0.113.1".into(),
        ttl: 60,
        comment: Some("hoist".into()),
        proxied: false,
    }
}

#[tokio::test]
async fn a_token_is_verified_with_itself() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/client/v4/user/tokens/verify"))
        .and(header("authorization", "Bearer canary-token"))
        .respond_with(ok(json!({ "id": "abc", "status": "active", "new_field": 1 })))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let status = client.verify_token().await.unwrap();
    assert_eq!((status.id.as_str(), status.status.as_str()), ("abc", "active"));
    assert!(!format!("{client:?}").contains("canary"));
}

#[tokio::test]
async fn the_zone_of_a_name_is_that_of_its_longest_part() {
    let server = MockServer::start().await;
    for zone in ["b.example.com", "example.com"] {
        Mock::given(path("/client/v4/zones"))
            .and(query_param("name", zone))
            .respond_with(ok(json!([{ "id": format!("id of {zone}"), "name": zone }])))
            .mount(&server)
            .await;
    }
    Mock::given(path("/client/v4/zones"))
        .respond_with(ok(json!([])))
        .mount(&server)
        .await;
    let client = client(&server);
    for (name, zone) in [
        ("a.b.example.com", Some("b.example.com")),
        ("a.c.example.com", Some("example.com")),
        ("example.com", Some("example.com")),
        ("kube.example.org", None),
    ] {
        let found = client.zone_of(name).await.unwrap().map(|zone| zone.name);
        assert_eq!(found.as_deref(), zone, "{name}");
    }
    let asked = server.received_requests().await.unwrap();
    assert!(
        !asked
            .iter()
            .any(|request| request.url.query().unwrap().contains("name=org&"))
    );
}

#[tokio::test]
async fn lists_are_read_to_their_last_page_and_unknown_fields_do_not_matter() {
    let server = MockServer::start().await;
    let page = |request: &Request| {
        let page: usize = request
            .url
            .query_pairs()
            .find(|(k, _)| k == "page")
            .unwrap()
            .1
            .parse()
            .unwrap();
        let records: Vec<Value> = (0..2)
            .map(|n| json!({ "id": format!("{page}-{n}"), "name": "a.example.com", "type": "NEW", "content": "x", "settings": {} }))
            .collect();
        ResponseTemplate::new(200).set_body_json(json!({
            "success": true, "result": records, "result_info": { "page": page, "per_page": 2, "total_pages": 3, "count": 2 }
        }))
    };
    Mock::given(path("/client/v4/zones/z/dns_records"))
        .and(query_param("type", "TXT"))
        .and(query_param("name", "a.example.com"))
        .respond_with(page)
        .expect(3)
        .mount(&server)
        .await;
    let filter = RecordFilter {
        name: Some("a.example.com".into()),
        kind: Some("TXT".into()),
        comment: None,
    };
    let ids: Vec<String> = client(&server)
        .records("z", &filter)
        .await
        .unwrap()
        .into_iter()
        .map(|r| r.id)
        .collect();
    assert_eq!(ids, ["1-0", "1-1", "2-0", "2-1", "3-0", "3-1"]);
}

#[tokio::test]
async fn records_are_made_changed_and_removed() {
    let server = MockServer::start().await;
    let body = json!({ "name": "kube.example.com", "type": "A", "content": "203.0.113.1", "ttl": 60, "comment": "hoist", "proxied": false });
    let answer = json!({ "id": "r", "name": "kube.example.com", "type": "A", "content": "203.0.113.1", "ttl": 60 });
    Mock::given(method("POST"))
        .and(path("/client/v4/zones/z/dns_records"))
        .and(body_json(&body))
        .respond_with(ok(answer.clone()))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .and(path("/client/v4/zones/z/dns_records/r"))
        .and(body_json(&body))
        .respond_with(ok(answer))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/client/v4/zones/z/dns_records/r"))
        .respond_with(ok(json!({ "id": "r" })))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/client/v4/zones/z/dns_records/gone"))
        .respond_with(refused(404, 81044, "Record does not exist."))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(client.create_record("z", &record()).await.unwrap().id, "r");
    assert_eq!(client.update_record("z", "r", &record()).await.unwrap().id, "r");
    client.delete_record("z", "r").await.unwrap();
    client.delete_record("z", "gone").await.unwrap();
}

#[tokio::test]
async fn what_passes_is_tried_again_and_no_more_than_told() {
    let server = MockServer::start().await;
    Mock::given(path("/client/v4/zones"))
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/client/v4/zones"))
        .respond_with(ResponseTemplate::new(502).set_body_string("<html>"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/client/v4/zones"))
        .respond_with(ok(json!([{ "id": "z", "name": "example.com" }])))
        .mount(&server)
        .await;
    assert_eq!(client(&server).zones("example.com").await.unwrap()[0].id, "z");

    let server = MockServer::start().await;
    Mock::given(path("/client/v4/zones"))
        .respond_with(ResponseTemplate::new(429))
        .expect(3)
        .mount(&server)
        .await;
    assert!(matches!(
        client(&server).zones("example.com").await,
        Err(Error::RateLimited { .. })
    ));
}

#[tokio::test]
async fn a_record_is_never_made_twice_because_an_answer_was_lost() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(502))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server).create_record("z", &record()).await.unwrap_err();
    assert!(matches!(error, Error::Api { status: 502, .. }), "{error}");
}

#[tokio::test]
async fn each_failure_is_told_apart_and_none_shows_the_token() {
    let mut all = Vec::new();
    for answer in [
        refused(401, 1000, "Invalid API Token"),
        refused(400, 6003, "Invalid request headers"),
        refused(403, 10000, "Authentication error"),
        refused(
            404,
            7003,
            "Could not route to /zones/z, perhaps your object identifier is invalid?",
        ),
        refused(400, 81058, "An identical record already exists."),
        refused(400, 9005, "Content for A record must be a valid IPv4 address."),
        ResponseTemplate::new(200).set_body_string("not JSON"),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let error = client(&server).create_record("z", &record()).await.unwrap_err();
        all.push(format!("{error}\n  hint: {}", error.hint()));
    }
    let all = all.join("\n");
    assert!(!all.contains("canary"));
    insta::assert_snapshot!(all, @r"
    Cloudflare does not accept the token (creating the A record kube.example.com): Invalid API Token (1000)
      hint: make a new token: My Profile, API Tokens, template Edit zone DNS
    Cloudflare does not accept the token (creating the A record kube.example.com): Invalid request headers (6003)
      hint: make a new token: My Profile, API Tokens, template Edit zone DNS
    Cloudflare's token may not do this (creating the A record kube.example.com): Authentication error (10000)
      hint: the token needs Zone:Read and DNS:Edit for the zone
    Cloudflare has no such thing (creating the A record kube.example.com): Could not route to /zones/z, perhaps your object identifier is invalid? (7003)
      hint: check the zone's name, and that the token covers it
    Cloudflare has this record already (creating the A record kube.example.com): An identical record already exists. (81058)
      hint: remove the record, or let hoist have another name
    Cloudflare refused (creating the A record kube.example.com): HTTP 400: Content for A record must be a valid IPv4 address. (9005)
      hint: the request does not fit: please report it with these words
    Cloudflare's answer cannot be read (creating the A record kube.example.com): expected ident at line 1 column 2
      hint: try again; Cloudflare's status page tells whether it is them
    ");
}

#[tokio::test]
async fn an_api_that_is_not_there_is_named() {
    // Nothing listens on the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = Options {
        attempts: 2,
        first_delay: Duration::from_millis(1),
        ..Options::default()
    };
    let client = Client::new(Some(&base), SecretString::from("canary-token"), options).unwrap();
    let error = client.verify_token().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("verifying the token") && text.contains("refused") && !text.contains("canary"),
        "{text}"
    );
}
