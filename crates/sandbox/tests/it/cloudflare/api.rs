//! Tokens, zones, faults and the admin API.

use hoist_sandbox::cloudflare::{Grants, TokenStatus};
use hoist_sandbox::emulator::{Answer, Effect, Fault};
use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Fixture, ZONE, answer, code};

#[tokio::test]
async fn a_token_is_verified() {
    let fixture = Fixture::start().await;
    let (status, body) = fixture.get("/user/tokens/verify").await;
    assert_eq!((status, &body["result"]["status"]), (200, &json!("active")));

    fixture.cloudflare.set_grants(Grants {
        status: TokenStatus::Disabled,
        ..Grants::default()
    });
    let (status, body) = fixture.get("/user/tokens/verify").await;
    assert_eq!((status, &body["result"]["status"]), (200, &json!("disabled")));
    let (status, body) = fixture.get("/zones").await;
    assert_eq!((status, code(&body)), (403, 9109));
}

#[tokio::test]
async fn a_wrong_token_is_refused_in_each_place_in_cloudflares_way() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    for (path, expected) in [
        ("/user/tokens/verify", (401, 1000)),
        ("/zones", (403, 9109)),
        (records.as_str(), (403, 10000)),
    ] {
        let url = format!("{}/client/v4{path}", fixture.base);
        let (status, body) = answer(fixture.client.get(url).bearer_auth("wrong")).await;
        assert_eq!((status, code(&body)), expected, "{path}");
    }
    let url = format!("{}/client/v4/zones", fixture.base);
    let (status, body) = answer(fixture.client.get(&url)).await;
    assert_eq!((status, code(&body)), (400, 9106));
    let (status, body) = answer(fixture.client.get(&url).header("authorization", "Basic eDp5")).await;
    assert_eq!((status, code(&body)), (400, 6003));
}

#[tokio::test]
async fn zones_are_listed_by_name_and_page() {
    let names: Vec<String> = (10..17).map(|number| format!("zone{number}.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fixture = Fixture::with(&names, false).await;

    let (_, body) = fixture.get("/zones?name=zone12.example").await;
    assert_eq!(body["result_info"]["total_count"], 1);
    let zone = &body["result"][0];
    assert_eq!(zone["name"], "zone12.example");
    assert_eq!(zone["status"], "active");
    assert_eq!(
        zone["permissions"],
        json!(["#dns_records:edit", "#dns_records:read", "#zone:read"])
    );
    let (status, one) = fixture.get(&format!("/zones/{}", zone["id"].as_str().unwrap())).await;
    assert_eq!((status, &one["result"]), (200, zone));

    let (_, none) = fixture.get("/zones?name=_acme-challenge.zone12.example").await;
    assert_eq!((&none["success"], &none["result"]), (&json!(true), &json!([])));

    let (_, second) = fixture.get("/zones?per_page=5&page=2").await;
    let found: Vec<&str> = second["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| zone["name"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["zone15.example", "zone16.example"]);
    assert_eq!(
        second["result_info"],
        json!({ "page": 2, "per_page": 5, "count": 2, "total_count": 7, "total_pages": 2 })
    );
    // A client may only find out by an empty page that there are no more.
    let (_, third) = fixture.get("/zones?per_page=5&page=3").await;
    assert_eq!(third["result"], json!([]));
    let (status, _) = fixture.get("/zones?per_page=51").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_path_that_leads_nowhere_says_so() {
    let fixture = Fixture::start().await;
    let (status, body) = fixture.get("/zones/example.com").await;
    assert_eq!((status, code(&body)), (400, 7003));
    let (status, body) = fixture.get("/zones/00000000000000000000000000000000").await;
    assert_eq!((status, code(&body)), (403, 9109));
    let (status, body) = fixture.get("/zones/00000000000000000000000000000000/dns_records").await;
    assert_eq!((status, code(&body)), (403, 10000));
    let (status, _) = fixture.send(Method::DELETE, "/zones", json!({})).await;
    assert_eq!(status, 405);
}

#[tokio::test]
async fn a_token_that_may_only_read_writes_nothing() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let admin = format!("{}/_sandbox/token", fixture.base);
    let response = fixture
        .client
        .put(admin)
        .json(&json!({ "dnsEdit": false }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 204);

    let record = json!({ "type": "A", "name": "www", "content": "127.0.0.9" });
    let (status, body) = fixture.send(Method::POST, &records, record).await;
    assert_eq!((status, code(&body)), (403, 10000));
    let (status, body) = fixture.get(&records).await;
    assert_eq!((status, &body["result"]), (200, &json!([])));
    let (_, zones) = fixture.get("/zones").await;
    assert_eq!(
        zones["result"][0]["permissions"],
        json!(["#dns_records:read", "#zone:read"])
    );
    assert_eq!(fixture.cloudflare.counters().mutations, 0);
}

#[tokio::test]
async fn faults_happen_where_they_were_armed() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let limit = Answer {
        status: 429,
        code: "10013".into(),
        message: "Rate limited".into(),
    };
    let pattern = "/zones/*/dns_records";
    fixture
        .cloudflare
        .fault(Fault::once("POST", pattern, 1, Effect::Respond(limit)));
    fixture
        .cloudflare
        .fault(Fault::once("POST", pattern, 2, Effect::DropAfter));

    let record = json!({ "type": "A", "name": "www", "content": "127.0.0.9" });
    let (status, body) = fixture.send(Method::POST, &records, record.clone()).await;
    assert_eq!((status, code(&body)), (429, 10013));
    // The connection breaks, and yet the record is there: a repeat must cope with that.
    fixture
        .request(Method::POST, &records)
        .json(&record)
        .send()
        .await
        .unwrap_err();
    let (status, body) = fixture.send(Method::POST, &records, record).await;
    assert_eq!((status, code(&body)), (400, 81058));
    assert_eq!(fixture.cloudflare.counters().mutations, 1);
}

#[tokio::test]
async fn the_admin_api_tells_the_state_without_times() {
    let fixture = Fixture::with(&[ZONE], true).await;
    let state = async || -> Value {
        let url = format!("{}/_sandbox/state", fixture.base);
        fixture.client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let before = state().await;
    let zones: Vec<&str> = before["zones"]
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| zone["name"].as_str().unwrap())
        .collect();
    assert_eq!(zones, [ZONE, "foreign.example"]);
    assert_eq!(before["zones"][0]["records"].as_array().unwrap().len(), 5);

    let id = fixture.create("TXT", "_acme-challenge", "token").await;
    assert_ne!(state().await, before);
    let path = format!("{}/{id}", fixture.records(ZONE).await);
    fixture.send(Method::DELETE, &path, json!({})).await;
    assert_eq!(state().await, before);
}
