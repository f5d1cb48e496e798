//! Records by the API: their life, their rules, lists and batches.

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Fixture, ZONE, answer, code};

#[tokio::test]
async fn a_record_lives() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let body = json!({ "type": "A", "name": "WWW", "content": "127.0.0.9", "comment": "hoist" });
    let (status, made) = fixture.send(Method::POST, &records, body).await;
    assert_eq!(status, 200, "{made}");
    let made = &made["result"];
    for (field, expected) in [
        ("name", json!("www.example.com")),
        ("ttl", json!(1)),
        ("proxied", json!(false)),
        ("proxiable", json!(true)),
        ("comment", json!("hoist")),
        ("tags", json!([])),
        ("zone_id", Value::Null),
    ] {
        assert_eq!(made[field], expected, "{field}");
    }
    let path = format!("{records}/{}", made["id"].as_str().unwrap());

    // PATCH keeps what it does not name; PUT puts it back to its default.
    let (_, patched) = fixture.send(Method::PATCH, &path, json!({ "ttl": 120 })).await;
    assert_eq!(
        (&patched["result"]["ttl"], &patched["result"]["comment"]),
        (&json!(120), &json!("hoist"))
    );
    let body = json!({ "type": "A", "name": "www.example.com", "content": "127.0.0.10" });
    let (_, put) = fixture.send(Method::PUT, &path, body).await;
    assert_eq!(
        (&put["result"]["ttl"], &put["result"]["comment"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(put["result"]["created_on"], made["created_on"]);
    let (_, read) = fixture.get(&path).await;
    assert_eq!(read["result"], put["result"]);

    let (status, gone) = fixture.send(Method::DELETE, &path, json!({})).await;
    assert_eq!((status, &gone["result"]["id"]), (200, &made["id"]));
    for method in [Method::GET, Method::DELETE] {
        let (status, body) = fixture.send(method, &path, json!({})).await;
        assert_eq!((status, code(&body)), (404, 81044));
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_code() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let long = "x".repeat(101);
    for (body, expected) in [
        (json!({ "type": "A", "name": "a", "content": "::1" }), 9005),
        (json!({ "type": "AAAA", "name": "a", "content": "127.0.0.1" }), 9006),
        (json!({ "type": "CNAME", "name": "a", "content": "not a host" }), 9007),
        (
            json!({ "type": "CNAME", "name": "a", "content": "a.example.com" }),
            9039,
        ),
        (json!({ "type": "A", "name": "a b", "content": "127.0.0.1" }), 9000),
        (json!({ "type": "A", "name": "a.*.b", "content": "127.0.0.1" }), 9000),
        (json!({ "type": "A", "content": "127.0.0.1" }), 9000),
        (
            json!({ "type": "A", "name": "a", "content": "127.0.0.1", "ttl": 30 }),
            9021,
        ),
        (
            json!({ "type": "A", "name": "a", "content": "127.0.0.1", "comment": long }),
            9313,
        ),
        (
            json!({ "type": "A", "name": "a", "content": "127.0.0.1", "tags": ["a:b"] }),
            9300,
        ),
        (
            json!({ "type": "TXT", "name": "a", "content": "t", "proxied": true }),
            9004,
        ),
        (json!({ "type": "TXT", "name": "a", "content": "" }), 9009),
        (
            json!({ "type": "MX", "name": "a", "content": "mail.example.com" }),
            9101,
        ),
        (json!({ "type": "NONE", "name": "a", "content": "t" }), 9200),
    ] {
        let (status, answer) = fixture.send(Method::POST, &records, body.clone()).await;
        assert_eq!((status, code(&answer)), (400, expected), "{body}");
    }
    let (status, body) = answer(fixture.request(Method::POST, &records).body("{")).await;
    assert_eq!((status, code(&body)), (400, 9207));
    let (_, list) = fixture.get(&records).await;
    assert_eq!(list["result"], json!([]));
}

#[tokio::test]
async fn records_that_exclude_each_other_do_not_meet() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    fixture.create("A", "www", "127.0.0.9").await;
    let second = fixture.create("A", "www", "127.0.0.10").await;
    fixture.create("CNAME", "alias", "www.example.com").await;
    fixture.create("TXT", "note", "\"text\"").await;

    for (body, expected) in [
        (
            json!({ "type": "A", "name": "www", "content": "127.0.0.9", "ttl": 60 }),
            81058,
        ),
        (json!({ "type": "TXT", "name": "note", "content": "text" }), 81058),
        (
            json!({ "type": "CNAME", "name": "www", "content": "example.com" }),
            81053,
        ),
        (
            json!({ "type": "CNAME", "name": "alias", "content": "example.com" }),
            81053,
        ),
        (json!({ "type": "A", "name": "alias", "content": "127.0.0.9" }), 81054),
    ] {
        let (status, answer) = fixture.send(Method::POST, &records, body.clone()).await;
        assert_eq!((status, code(&answer)), (400, expected), "{body}");
    }
    // A record is no conflict with itself, but with its neighbour.
    let path = format!("{records}/{second}");
    let (status, _) = fixture.send(Method::PATCH, &path, json!({ "comment": "same" })).await;
    assert_eq!(status, 200);
    let (status, body) = fixture
        .send(Method::PATCH, &path, json!({ "content": "127.0.0.9" }))
        .await;
    assert_eq!((status, code(&body)), (400, 81058));
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    for number in 1..=5 {
        fixture
            .create("A", &format!("host{number}"), &format!("127.0.1.{number}"))
            .await;
    }
    fixture
        .create_json(json!({ "type": "TXT", "name": "host1", "content": "x", "comment": "by hoist" }))
        .await;
    let names = async |query: &str| -> Vec<String> {
        let (status, body) = fixture.get(&format!("{records}?{query}")).await;
        assert_eq!(status, 200, "{body}");
        let name = |record: &Value| {
            let name = record["name"].as_str().unwrap().trim_end_matches(".example.com");
            format!("{name} {}", record["type"].as_str().unwrap())
        };
        body["result"].as_array().unwrap().iter().map(name).collect()
    };
    assert_eq!(names("name=host1.example.com").await, ["host1 A", "host1 TXT"]);
    assert_eq!(names("name.exact=HOST1.example.com&type=TXT").await, ["host1 TXT"]);
    assert_eq!(names("content=127.0.1.3").await, ["host3 A"]);
    assert_eq!(names("comment=by%20hoist").await, ["host1 TXT"]);
    assert_eq!(names("comment.contains=hoist").await, ["host1 TXT"]);
    assert_eq!(names("comment.absent=true&name.startswith=host1").await, ["host1 A"]);
    assert_eq!(
        names("match=any&content=127.0.1.2&type=TXT").await,
        ["host2 A", "host1 TXT"]
    );
    assert_eq!(
        names("type=A&order=content&direction=desc&per_page=2").await,
        ["host5 A", "host4 A"]
    );
    assert_eq!(names("type=A&per_page=2&page=3").await, ["host5 A"]);
    assert_eq!(names("type=A&per_page=2&page=4").await, Vec::<String>::new());
    // As external-dns asks.
    assert_eq!(names("per_page=5000").await.len(), 6);
}

#[tokio::test]
async fn a_batch_is_done_whole_or_not_at_all() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let old = fixture.create("A", "old", "127.0.0.9").await;
    let kept = fixture.create("A", "kept", "127.0.0.9").await;
    let before = fixture.cloudflare.state();
    let batch = |post: Value| {
        json!({
            "deletes": [{ "id": old }],
            "puts": [{ "id": kept, "type": "A", "name": "kept.example.com", "content": "127.0.0.10" }],
            "posts": [{ "type": "A", "name": "new", "content": "127.0.0.11" }, post],
        })
    };
    let wrong = batch(json!({ "type": "A", "name": "kept", "content": "127.0.0.10" }));
    let (status, body) = fixture.send(Method::POST, &format!("{records}/batch"), wrong).await;
    assert_eq!((status, code(&body)), (400, 81058));
    assert_eq!(fixture.cloudflare.state(), before);

    // What is deleted first makes room for what comes.
    let right = batch(json!({ "type": "CNAME", "name": "old", "content": "kept.example.com" }));
    let (status, body) = fixture.send(Method::POST, &format!("{records}/batch"), right).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["result"]["deletes"][0]["id"], json!(old));
    assert_eq!(body["result"]["puts"][0]["content"], "127.0.0.10");
    assert_eq!(body["result"]["posts"].as_array().unwrap().len(), 2);
    let (_, list) = fixture.get(&records).await;
    assert_eq!(list["result_info"]["total_count"], 3);
}

#[tokio::test]
async fn structured_records_come_back_as_they_went() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let srv = json!({ "priority": 10, "weight": 5, "port": 5060, "target": "sip.example.com" });
    let caa = json!({ "flags": 0, "tag": "issue", "value": "letsencrypt.org" });
    for (kind, name, data, content) in [
        ("SRV", "_sip._tcp", srv, "5 5060 sip.example.com"),
        ("CAA", "@", caa, "0 issue \"letsencrypt.org\""),
    ] {
        let body = json!({ "type": kind, "name": name, "data": data });
        let (status, made) = fixture.send(Method::POST, &records, body).await;
        assert_eq!(status, 200, "{made}");
        assert_eq!(
            (&made["result"]["data"], &made["result"]["content"]),
            (&data, &json!(content))
        );
    }
}

/// The sandbox's cert-manager is older than November 2024; nobody else may come to rest on what it needs.
#[tokio::test]
async fn only_cert_manager_is_told_a_records_zone() {
    let fixture = Fixture::start().await;
    let records = fixture.records(ZONE).await;
    let id = fixture.create("TXT", "_acme-challenge", "token").await;
    let list = format!("{records}?per_page=100&type=TXT&name=_acme-challenge.example.com");
    let agent = "cert-manager-challenges/v1.11.5 (linux/amd64) cert-manager/";
    let (_, body) = answer(fixture.request(Method::GET, &list).header("user-agent", agent)).await;
    let record = &body["result"][0];
    assert_eq!((&record["id"], &record["content"]), (&json!(id), &json!("token")));
    assert_eq!(
        records,
        format!("/zones/{}/dns_records", record["zone_id"].as_str().unwrap())
    );
    let (_, body) = fixture.get(&list).await;
    assert!(body["result"][0].get("zone_id").is_none());
}
