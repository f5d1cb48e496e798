//! Issuers and canaries as objects; the preflight against an API on loopback.

mod emulator;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist_cloudflare::{Client, Options};
use hoist_spec::Spec;
use hoist_tls::{PreflightError, canary, canary_staging, issuers, preflight};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn example(edit: impl FnOnce(String) -> String) -> Spec {
    let text = edit(include_str!("../../../../examples/vanixiets/hoist.yaml").to_owned());
    hoist_spec::parse(Path::new("hoist.yaml"), &text).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn the_issuers_and_the_canaries_of_the_example() {
    let spec = example(|text| text);
    let all: Vec<Value> = issuers(&spec)
        .into_iter()
        .chain(canary_staging(&spec))
        .chain(canary(&spec))
        .collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&all).unwrap(), @r#"
    [
      {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {
          "name": "letsencrypt-staging"
        },
        "spec": {
          "acme": {
            "server": "https://acme-staging-v02.api.letsencrypt.org/directory",
            "email": "admin@example.com",
            "privateKeySecretRef": {
              "name": "letsencrypt-staging-account-key"
            },
            "solvers": [
              {
                "dns01": {
                  "cloudflare": {
                    "apiTokenSecretRef": {
                      "name": "cloudflare-api-token",
                      "key": "token"
                    }
                  }
                }
              }
            ]
          }
        }
      },
      {
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": {
          "name": "letsencrypt-prod"
        },
        "spec": {
          "acme": {
            "server": "https://acme-v02.api.letsencrypt.org/directory",
            "email": "admin@example.com",
            "privateKeySecretRef": {
              "name": "letsencrypt-prod-account-key"
            },
            "solvers": [
              {
                "dns01": {
                  "cloudflare": {
                    "apiTokenSecretRef": {
                      "name": "cloudflare-api-token",
                      "key": "token"
                    }
                  }
                }
              }
            ]
          }
        }
      },
      {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {
          "name": "canary-staging",
          "namespace": "cert-manager"
        },
        "spec": {
          "secretName": "canary-staging-tls",
          "dnsNames": [
            "*.example.com",
            "example.com"
          ],
          "privateKey": {
            "algorithm": "ECDSA",
            "size": 256,
            "rotationPolicy": "Always"
          },
          "issuerRef": {
            "group": "cert-manager.io",
            "kind": "ClusterIssuer",
            "name": "letsencrypt-staging"
          }
        }
      },
      {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {
          "name": "canary",
          "namespace": "cert-manager"
        },
        "spec": {
          "secretName": "canary-tls",
          "dnsNames": [
            "*.example.com",
            "example.com"
          ],
          "privateKey": {
            "algorithm": "ECDSA",
            "size": 256,
            "rotationPolicy": "Always"
          },
          "issuerRef": {
            "group": "cert-manager.io",
            "kind": "ClusterIssuer",
            "name": "letsencrypt-prod"
          }
        }
      }
    ]
    "#);
}

#[test]
fn without_issuers_there_are_no_certificates() {
    let spec = example(|text| {
        text.replace("issuers: true", "issuers: false")
            .replace("  canary:", "  # canary:")
    });
    assert!(issuers(&spec).is_empty() && canary(&spec).is_empty() && canary_staging(&spec).is_empty());
    let spec = example(|text| text[..text.find("tls:").unwrap()].to_owned());
    assert!(issuers(&spec).is_empty() && canary(&spec).is_empty());
}

fn ok(result: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "success": true, "errors": [], "result": result }))
}

fn refused(status: u16, code: u32, message: &str) -> ResponseTemplate {
    let errors = json!([{ "code": code, "message": message }]);
    ResponseTemplate::new(status).set_body_json(json!({ "success": false, "errors": errors, "result": null }))
}

/// An API with one zone and its records.
async fn api(zone_status: &str) -> (MockServer, Arc<Mutex<Vec<Value>>>) {
    let server = MockServer::start().await;
    let records: Arc<Mutex<Vec<Value>>> = Arc::default();
    let zone = json!({ "id": "z", "name": "example.com", "status": zone_status, "name_servers": ["a.ns", "b.ns"] });
    Mock::given(path("/user/tokens/verify"))
        .respond_with(ok(json!({ "id": "t", "status": "active" })))
        .mount(&server)
        .await;
    Mock::given(path("/zones"))
        .and(query_param("name", "example.com"))
        .respond_with(ok(json!([zone])))
        .mount(&server)
        .await;
    Mock::given(path("/zones"))
        .respond_with(ok(json!([])))
        .with_priority(9)
        .mount(&server)
        .await;
    let kept = Arc::clone(&records);
    Mock::given(method("POST"))
        .and(path("/zones/z/dns_records"))
        .respond_with(move |request: &Request| {
            let mut kept = kept.lock().unwrap();
            let mut record: Value = serde_json::from_slice(&request.body).unwrap();
            if kept.iter().any(|other| other["name"] == record["name"]) {
                return refused(400, 81058, "An identical record already exists.");
            }
            record["id"] = json!(format!("r{}", kept.len()));
            kept.push(record.clone());
            ok(record)
        })
        .mount(&server)
        .await;
    let kept = Arc::clone(&records);
    Mock::given(method("GET"))
        .and(path("/zones/z/dns_records"))
        .respond_with(move |request: &Request| {
            let name = request
                .url
                .query_pairs()
                .find(|(k, _)| k == "name")
                .map(|(_, v)| v.into_owned());
            let kept = kept.lock().unwrap();
            ok(kept
                .iter()
                .filter(|record| name.as_deref() == record["name"].as_str())
                .cloned()
                .collect())
        })
        .mount(&server)
        .await;
    let kept = Arc::clone(&records);
    Mock::given(method("DELETE"))
        .respond_with(move |request: &Request| {
            let id = request.url.path().rsplit('/').next().unwrap().to_owned();
            kept.lock().unwrap().retain(|record| record["id"] != id.as_str());
            ok(json!({ "id": id }))
        })
        .mount(&server)
        .await;
    (server, records)
}

fn client(server: &MockServer) -> Client {
    let options = Options {
        attempts: 1,
        first_delay: Duration::from_millis(1),
        ..Options::default()
    };
    Client::new(Some(&server.uri()), SecretString::from("canary-token"), options).unwrap()
}

#[tokio::test]
async fn the_preflight_finds_the_zone_above_and_leaves_nothing_behind() {
    let (server, records) = api("active").await;
    records
        .lock()
        .unwrap()
        .push(json!({ "id": "foreign", "name": "www.example.com", "type": "A", "content": "203.0.113.1" }));
    let found = preflight(&client(&server), "deep.sub.example.com")
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        (found.zone.id.as_str(), found.probe.as_str()),
        ("z", "_hoist-preflight.deep.sub.example.com")
    );
    let left: Vec<Value> = records
        .lock()
        .unwrap()
        .iter()
        .map(|record| record["id"].clone())
        .collect();
    assert_eq!(left, ["foreign"]);
}

#[tokio::test]
async fn a_record_that_a_killed_run_left_behind_is_removed() {
    let (server, records) = api("active").await;
    records.lock().unwrap().push(
        json!({ "id": "old", "name": "_hoist-preflight.example.com", "type": "TXT", "content": "\"hoist preflight\"" }),
    );
    preflight(&client(&server), "example.com")
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn each_way_to_fail_says_what_to_do() {
    let mut all = Vec::new();
    let mut told = |error: PreflightError| all.push(format!("{error}\n  hint: {}", error.hint()));
    let (server, _) = api("active").await;
    told(preflight(&client(&server), "other.org").await.unwrap_err());
    let (server, _) = api("pending").await;
    told(preflight(&client(&server), "example.com").await.unwrap_err());
    let (server, _) = api("active").await;
    Mock::given(method("POST"))
        .respond_with(refused(403, 10000, "Authentication error"))
        .with_priority(1)
        .mount(&server)
        .await;
    told(preflight(&client(&server), "example.com").await.unwrap_err());
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ok(json!({ "id": "t", "status": "expired" })))
        .mount(&server)
        .await;
    told(preflight(&client(&server), "example.com").await.unwrap_err());
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(refused(401, 1000, "Invalid API Token"))
        .mount(&server)
        .await;
    told(preflight(&client(&server), "example.com").await.unwrap_err());
    insta::assert_snapshot!(all.join("\n"), @r"
    Cloudflare's token sees no zone for other.org (looked for other.org)
      hint: add the domain to the account, or let the token cover its zone (Zone:Read and DNS:Edit)
    Cloudflare's zone example.com is pending: nobody on the internet asks it yet
      hint: delegate the domain at its registrar to a.ns and b.ns
    the TXT record _hoist-preflight.example.com cannot be written: Cloudflare's token may not do this (creating the TXT record _hoist-preflight.example.com): Authentication error (10000)
      hint: the token needs Zone:Read and DNS:Edit for the zone
    Cloudflare's token is expired
      hint: make a new token: My Profile, API Tokens, template Edit zone DNS
    Cloudflare does not accept the token (verifying the token): Invalid API Token (1000)
      hint: make a new token: My Profile, API Tokens, template Edit zone DNS
    ");
}
