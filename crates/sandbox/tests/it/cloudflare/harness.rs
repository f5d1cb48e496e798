//! An emulator on ports of its own, with a plain HTTP client and a DNS client that asks like dig.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, Query};
use hickory_proto::rr::{Name, RecordType};
use hoist_sandbox::cloudflare::{Cloudflare, Config, DnsServer, router, serve_dns};
use hoist_sandbox::emulator::{Served, serve};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

pub(super) const TOKEN: &str = "the-right-token";
pub(super) const ZONE: &str = "example.com";
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Fixture {
    pub(super) cloudflare: Arc<Cloudflare>,
    pub(super) client: reqwest::Client,
    pub(super) base: String,
    pub(super) dns: DnsServer,
    _http: Served,
}

impl Fixture {
    pub(super) async fn start() -> Self {
        Self::with(&[ZONE], false).await
    }

    pub(super) async fn with(zones: &[&str], foreign: bool) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let cloudflare = Cloudflare::new(Config {
            token: TOKEN.to_owned().into(),
            zones: zones.iter().map(|&zone| zone.to_owned()).collect(),
            foreign,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = serve(listener, router(cloudflare.clone())).unwrap();
        let dns = serve_dns(cloudflare.clone(), "127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        Self {
            cloudflare,
            client: reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap(),
            base: format!("http://{}", http.address()),
            dns,
            _http: http,
        }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}/client/v4{path}", self.base))
            .bearer_auth(TOKEN)
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(method, path).json(&body)).await
    }

    /// The path of a zone's records.
    pub(super) async fn records(&self, zone: &str) -> String {
        let (status, found) = self.get(&format!("/zones?name={zone}")).await;
        assert_eq!(status, 200, "{found}");
        format!("/zones/{}/dns_records", found["result"][0]["id"].as_str().unwrap())
    }

    /// Makes a record and gives its id.
    pub(super) async fn create(&self, kind: &str, name: &str, content: &str) -> String {
        self.create_json(json!({ "type": kind, "name": name, "content": content }))
            .await
    }

    pub(super) async fn create_json(&self, body: Value) -> String {
        let path = self.records(ZONE).await;
        let (status, made) = self.send(Method::POST, &path, body).await;
        assert_eq!(status, 200, "{made}");
        made["result"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks over UDP with EDNS, and again over TCP if the answer was cut, as dig does.
    pub(super) async fn dig(&self, name: &str, kind: RecordType) -> Message {
        let query = query(name, kind, Some(4096));
        let reply = udp(self.dns.address(), &query).await;
        if reply.metadata.truncation {
            let mut connection = TcpStream::connect(self.dns.address()).await.unwrap();
            return tcp(&mut connection, &query).await;
        }
        reply
    }
}

pub(super) async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The code of an error answer's reason: the innermost of its chain.
pub(super) fn code(body: &Value) -> i64 {
    assert_eq!(body["success"], false, "{body}");
    let error = &body["errors"][0];
    let chained = &error["error_chain"][0]["code"];
    chained.as_i64().or(error["code"].as_i64()).unwrap()
}

pub(super) fn query(name: &str, kind: RecordType, payload: Option<u16>) -> Message {
    let mut message = Message::query();
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    message.add_query(Query::query(name, kind));
    message.metadata.recursion_desired = true;
    if let Some(payload) = payload {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        message.set_edns(edns);
    }
    message
}

pub(super) async fn udp(server: SocketAddr, query: &Message) -> Message {
    let bytes = udp_bytes(server, &query.to_vec().unwrap()).await;
    checked(query, &bytes)
}

pub(super) async fn udp_bytes(server: SocketAddr, query: &[u8]) -> Vec<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(query, server).await.unwrap();
    let mut buffer = vec![0; 65535];
    let length = tokio::time::timeout(PATIENCE, socket.recv(&mut buffer))
        .await
        .expect("an answer over UDP")
        .unwrap();
    buffer.truncate(length);
    buffer
}

pub(super) async fn tcp(connection: &mut TcpStream, query: &Message) -> Message {
    let bytes = query.to_vec().unwrap();
    connection.write_u16(u16::try_from(bytes.len()).unwrap()).await.unwrap();
    connection.write_all(&bytes).await.unwrap();
    let read = async {
        let mut reply = vec![0; usize::from(connection.read_u16().await.unwrap())];
        connection.read_exact(&mut reply).await.unwrap();
        reply
    };
    let reply = tokio::time::timeout(PATIENCE, read).await.expect("an answer over TCP");
    checked(query, &reply)
}

fn checked(query: &Message, bytes: &[u8]) -> Message {
    let reply = Message::from_vec(bytes).unwrap();
    assert_eq!(reply.metadata.id, query.metadata.id);
    assert_eq!(reply.queries, query.queries);
    reply
}

/// The answers' data, as zone files have it.
pub(super) fn answers(message: &Message) -> Vec<String> {
    message.answers.iter().map(|record| record.data.to_string()).collect()
}
