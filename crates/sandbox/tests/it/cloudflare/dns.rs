//! The DNS server, asked as dig, cert-manager and Pebble ask.

use std::time::Duration;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::RecordType;
use serde_json::json;
use tokio::net::{TcpStream, UdpSocket};

use super::harness::{Fixture, answers, query, tcp, udp, udp_bytes};

const SOA: &str = "ada.ns.cloudflare.com.";

fn code(message: &Message) -> ResponseCode {
    message.metadata.response_code
}

fn has_soa(records: &[hickory_proto::rr::Record]) -> bool {
    records.iter().any(|record| record.record_type() == RecordType::SOA)
}

/// cert-manager looks for a name's zone by its SOA record, from the name upwards.
#[tokio::test]
async fn the_zone_of_a_challenge_is_found_by_soa_queries() {
    let fixture = Fixture::start().await;
    let mut name = "_acme-challenge.app.example.com";
    let mut passed = Vec::new();
    let zone = loop {
        let reply = fixture.dig(name, RecordType::SOA).await;
        assert!(
            matches!(code(&reply), ResponseCode::NoError | ResponseCode::NXDomain),
            "{name}: {reply}"
        );
        if has_soa(&reply.answers) {
            assert!(answers(&reply)[0].starts_with(SOA));
            break reply.answers[0].name.to_string();
        }
        assert!(has_soa(&reply.authorities), "{name}: {reply}");
        passed.push(name);
        name = name.split_once('.').unwrap().1;
    };
    assert_eq!(zone, "example.com.");
    assert_eq!(passed, ["_acme-challenge.app.example.com", "app.example.com"]);

    let servers = fixture.dig(&zone, RecordType::NS).await;
    assert_eq!(answers(&servers), ["ada.ns.cloudflare.com.", "bob.ns.cloudflare.com."]);
    assert!(servers.metadata.authoritative);
}

#[tokio::test]
async fn a_challenge_is_seen_at_once_and_gone_at_once() {
    let fixture = Fixture::start().await;
    let name = "_acme-challenge.example.com";
    assert_eq!(code(&fixture.dig(name, RecordType::TXT).await), ResponseCode::NXDomain);
    fixture.create("TXT", name, "first").await;
    let second = fixture.create("TXT", name, "\"second\"").await;
    let reply = fixture.dig(name, RecordType::TXT).await;
    assert_eq!(answers(&reply), ["first", "second"]);
    assert_eq!(reply.answers[0].ttl, 300);

    let serial = async || answers(&fixture.dig("example.com", RecordType::SOA).await).remove(0);
    let before = serial().await;
    let path = format!("{}/{second}", fixture.records("example.com").await);
    fixture.send(reqwest::Method::DELETE, &path, json!({})).await;
    assert_eq!(answers(&fixture.dig(name, RecordType::TXT).await), ["first"]);
    assert_ne!(serial().await, before);
}

#[tokio::test]
async fn every_type_is_answered() {
    let fixture = Fixture::start().await;
    fixture.create("A", "www", "127.0.0.9").await;
    fixture.create("AAAA", "www", "2001:DB8::1").await;
    fixture
        .create_json(json!({ "type": "MX", "name": "@", "content": "mail.example.com", "priority": 10 }))
        .await;
    let srv = json!({ "priority": 1, "weight": 2, "port": 443, "target": "www.example.com" });
    fixture
        .create_json(json!({ "type": "SRV", "name": "_https._tcp", "data": srv }))
        .await;
    let caa = json!({ "flags": 0, "tag": "issue", "value": "letsencrypt.org" });
    fixture
        .create_json(json!({ "type": "CAA", "name": "@", "data": caa, "ttl": 60 }))
        .await;
    for (name, kind, expected) in [
        ("www.example.com", RecordType::A, "127.0.0.9"),
        ("WWW.Example.COM", RecordType::AAAA, "2001:db8::1"),
        ("example.com", RecordType::MX, "10 mail.example.com."),
        ("_https._tcp.example.com", RecordType::SRV, "1 2 443 www.example.com."),
        ("example.com", RecordType::CAA, "0 issue \"letsencrypt.org\""),
    ] {
        assert_eq!(answers(&fixture.dig(name, kind).await), [expected], "{name} {kind}");
    }
    let reply = fixture.dig("example.com", RecordType::ANY).await;
    assert_eq!(reply.answers[0].record_type(), RecordType::HINFO);
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let fixture = Fixture::start().await;
    fixture.create("A", "a.b", "127.0.0.9").await;
    // The name exists without this type, or only because of a name below it: no error, nothing, and the SOA record.
    for (name, kind) in [
        ("a.b.example.com", RecordType::CAA),
        ("example.com", RecordType::CAA),
        ("b.example.com", RecordType::A),
        ("b.example.com", RecordType::SOA),
    ] {
        let reply = fixture.dig(name, kind).await;
        assert_eq!(code(&reply), ResponseCode::NoError, "{name}");
        assert!(
            reply.answers.is_empty() && has_soa(&reply.authorities),
            "{name}: {reply}"
        );
    }
    let reply = fixture.dig("c.example.com", RecordType::A).await;
    assert_eq!(code(&reply), ResponseCode::NXDomain);
    assert_eq!(reply.authorities[0].ttl, 1800);
    // Not ours, and no transfers.
    for (name, kind) in [
        ("com", RecordType::SOA),
        ("notexample.com", RecordType::A),
        ("example.com", RecordType::AXFR),
    ] {
        let reply = fixture.dig(name, kind).await;
        assert_eq!(code(&reply), ResponseCode::Refused, "{name}");
        assert!(!reply.metadata.authoritative);
    }
}

#[tokio::test]
async fn a_wildcard_stands_for_names_that_do_not_exist() {
    let fixture = Fixture::start().await;
    fixture.create("A", "*", "127.0.0.8").await;
    fixture.create("A", "a.b", "127.0.0.9").await;
    let found = async |name: &str| {
        let reply = fixture.dig(name, RecordType::A).await;
        for record in &reply.answers {
            assert_eq!(record.name.to_ascii(), format!("{name}."));
        }
        (code(&reply), answers(&reply))
    };
    let wild = (ResponseCode::NoError, vec!["127.0.0.8".to_owned()]);
    assert_eq!(found("x.example.com").await, wild);
    assert_eq!(found("x.y.example.com").await, wild);
    assert_eq!(found("*.example.com").await, wild);
    assert_eq!(found("a.b.example.com").await.1, ["127.0.0.9"]);
    // These exist, or are below one that does, where the wildcard does not reach (RFC 4592).
    assert_eq!(found("b.example.com").await, (ResponseCode::NoError, vec![]));
    assert_eq!(found("x.b.example.com").await, (ResponseCode::NXDomain, vec![]));
    // The zone's name itself is not covered.
    assert_eq!(found("example.com").await, (ResponseCode::NoError, vec![]));
}

#[tokio::test]
async fn aliases_are_followed_as_far_as_we_know() {
    let fixture = Fixture::with(&["example.com", "example.net"], false).await;
    fixture.create("A", "www", "127.0.0.9").await;
    fixture.create("CNAME", "one", "two.example.com").await;
    fixture.create("CNAME", "two", "www.example.com.").await;
    fixture.create("CNAME", "away", "elsewhere.test").await;
    fixture.create("CNAME", "dead", "nothing.example.net").await;
    fixture.create("CNAME", "loop", "pool.example.com").await;
    fixture.create("CNAME", "pool", "loop.example.com").await;
    let proxied = json!({ "type": "CNAME", "name": "proxied", "content": "www.example.com", "proxied": true });
    fixture.create_json(proxied).await;
    fixture.create("CNAME", "@", "www.example.com").await;

    let a = async |name: &str| {
        let reply = fixture.dig(name, RecordType::A).await;
        (code(&reply), answers(&reply))
    };
    let ok = ResponseCode::NoError;
    let strings = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        a("one.example.com").await,
        (ok, strings(&["two.example.com.", "www.example.com.", "127.0.0.9"]))
    );
    assert_eq!(a("away.example.com").await, (ok, strings(&["elsewhere.test."])));
    assert_eq!(
        a("dead.example.com").await,
        (ResponseCode::NXDomain, strings(&["nothing.example.net."]))
    );
    assert_eq!(a("loop.example.com").await.0, ResponseCode::ServFail);
    let alias = fixture.dig("one.example.com", RecordType::CNAME).await;
    assert_eq!(answers(&alias), ["two.example.com."]);
    // These show no alias.
    for name in ["example.com", "proxied.example.com"] {
        assert_eq!(a(name).await, (ok, strings(&["127.0.0.9"])));
        assert!(answers(&fixture.dig(name, RecordType::CNAME).await).is_empty());
    }
    assert!(has_soa(&fixture.dig("example.com", RecordType::SOA).await.answers));
}

#[tokio::test]
async fn a_name_given_to_another_server_is_referred() {
    let fixture = Fixture::start().await;
    fixture.create("NS", "sub", "ns1.elsewhere.test").await;
    for name in ["sub.example.com", "deep.sub.example.com"] {
        let reply = fixture.dig(name, RecordType::A).await;
        assert_eq!(code(&reply), ResponseCode::NoError);
        assert!(reply.answers.is_empty() && !reply.metadata.authoritative);
        assert_eq!(reply.authorities[0].name.to_string(), "sub.example.com.");
        assert_eq!(reply.authorities[0].data.to_string(), "ns1.elsewhere.test.");
    }
}

#[tokio::test]
async fn long_answers_come_over_tcp() {
    let fixture = Fixture::start().await;
    // Longer than one piece of a text may be; four of them are longer than a datagram.
    let text = |number: usize| format!("{number}{}", "x".repeat(399));
    fixture.create("TXT", "long", &text(0)).await;
    let small = query("long.example.com", RecordType::TXT, None);
    let reply = udp(fixture.dns.address(), &small).await;
    assert!(!reply.metadata.truncation && reply.edns.is_none());
    assert_eq!(answers(&reply).concat().replace(' ', ""), text(0));

    for number in 1..4 {
        fixture.create("TXT", "long", &text(number)).await;
    }
    for payload in [None, Some(512), Some(4096)] {
        let cut = udp(
            fixture.dns.address(),
            &query("long.example.com", RecordType::TXT, payload),
        )
        .await;
        assert!(cut.metadata.truncation && cut.answers.is_empty(), "{payload:?}");
    }
    // Several questions on one connection.
    let mut connection = TcpStream::connect(fixture.dns.address()).await.unwrap();
    for _ in 0..2 {
        let full = tcp(&mut connection, &query("long.example.com", RecordType::TXT, Some(4096))).await;
        assert_eq!(full.answers.len(), 4);
        assert!(!full.metadata.truncation);
    }
}

#[tokio::test]
async fn what_is_no_question_does_no_harm() {
    let fixture = Fixture::start().await;
    let server = fixture.dns.address();
    // A header that promises a question and has none.
    let reply = Message::from_vec(&udp_bytes(server, &[7, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await).unwrap();
    assert_eq!((reply.metadata.id, code(&reply)), (0x0709, ResponseCode::FormErr));

    // Rubbish and answers get nothing: two servers could talk for ever.
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&[1, 2, 3]).await.unwrap();
    let answer = query("example.com", RecordType::SOA, None).into_response();
    socket.send(&answer.to_vec().unwrap()).await.unwrap();
    let question = query("example.com", RecordType::SOA, None);
    socket.send(&question.to_vec().unwrap()).await.unwrap();
    let mut buffer = [0; 512];
    let length = tokio::time::timeout(Duration::from_secs(10), socket.recv(&mut buffer))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        Message::from_vec(&buffer[..length]).unwrap().metadata.id,
        question.metadata.id
    );

    let mut future = query("example.com", RecordType::SOA, Some(1232));
    future.edns.as_mut().unwrap().set_version(1);
    let reply = udp(server, &future).await;
    assert_eq!(reply.edns.as_ref().unwrap().rcode_high(), 1, "{reply}");
}

#[tokio::test]
async fn a_stopped_server_leaves_its_port() {
    let fixture = Fixture::start().await;
    let address = fixture.dns.address();
    let _open = TcpStream::connect(address).await.unwrap();
    fixture.dns.stop().await;
    UdpSocket::bind(address).await.unwrap();
    TcpStream::connect(address).await.unwrap_err();
}
