//! Foreign objects: what a project may hold that nobody we know has made. Nothing of it carries a label of hoist's.

use axum::body::Bytes;
use axum::http::Method;
use serde_json::{Value, json};

use super::Emulator;
use super::call::Call;
use super::query::Query;

/// A key whose other half nobody kept.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBl0sDDo8T4QYmWNYJkcwxWxDUmjMZnCnYXNbNlYqv0G colleague@laptop";

impl Emulator {
    /// Puts foreign objects into the project: a network, a firewall, a key, a placement group, a primary IP and two
    /// servers, one of them protected. They go through the same checks as requests, and returns when they are all there.
    pub async fn seed_foreign(&self) {
        let network = self.post(
            "networks",
            json!({
                "name": "legacy", "ip_range": "10.200.0.0/16",
                "subnets": [{ "type": "cloud", "ip_range": "10.200.1.0/24", "network_zone": "eu-central" }],
            }),
        );
        let firewall = self.post(
            "firewalls",
            json!({
                "name": "legacy", "labels": { "team": "web" },
                "rules": [{ "direction": "in", "protocol": "tcp", "port": "443", "source_ips": ["0.0.0.0/0", "::/0"] }],
            }),
        );
        self.post("ssh_keys", json!({ "name": "colleague@laptop", "public_key": KEY }));
        self.post("placement_groups", json!({ "name": "legacy", "type": "spread" }));
        self.post(
            "primary_ips",
            json!({ "name": "kept-address", "type": "ipv4", "location": "nbg1" }),
        );
        for (name, kind, labels) in [
            ("mail", "cpx22", json!({ "team": "web" })),
            ("build-box", "cax11", json!({})),
        ] {
            let server = self.post(
                "servers",
                json!({
                    "name": name, "server_type": kind, "image": "debian-12", "location": "nbg1", "labels": labels,
                    "ssh_keys": ["colleague@laptop"],
                    "networks": [network["network"]["id"]],
                    "firewalls": [{ "firewall": firewall["firewall"]["id"] }],
                    // Nothing dials them, so nothing boots behind them.
                    "start_after_create": false,
                }),
            );
            self.idle().await;
            if name == "mail" {
                let path = format!("servers/{}/actions/change_protection", server["server"]["id"]);
                self.post(&path, json!({ "delete": true, "rebuild": true }));
            }
        }
        self.idle().await;
    }

    /// Returns when no action is running.
    pub async fn idle(&self) {
        let mut ended = self.inner.ended.subscribe();
        while self.inner.state().busy() {
            // The sender lives as long as this emulator.
            ended.changed().await.ok();
        }
    }

    /// One write from inside, without token, fault or log.
    fn post(&self, path: &str, body: Value) -> Value {
        let (reply, chains) = {
            let mut state = self.inner.state();
            let mut call = Call {
                state: &mut state,
                method: Method::POST,
                query: Query::parse(""),
                bytes: Bytes::from(body.to_string()),
                chains: Vec::new(),
            };
            let segments: Vec<&str> = path.split('/').collect();
            let reply = super::route(&mut call, &segments);
            (reply, call.chains)
        };
        self.inner.spawn(chains);
        match reply {
            Ok(reply) => reply.into_body(),
            Err(error) => {
                tracing::warn!(path, message = error.message, "a foreign object was refused");
                Value::Null
            }
        }
    }
}
