//! The preflight against the sandbox's Cloudflare: whatever happens on the way, nothing is left behind.

use std::sync::Arc;
use std::time::Duration;

use hoist_cloudflare::{Client, NewRecord, Options, RecordFilter};
use hoist_sandbox::cloudflare::{Cloudflare, Config, Grants, TokenStatus, router};
use hoist_sandbox::emulator::{Answer, Effect, Fault, Served, serve};
use hoist_tls::preflight;
use secrecy::SecretString;

struct World {
    api: Arc<Cloudflare>,
    client: Client,
    _served: Served,
}

async fn world() -> World {
    let api = Cloudflare::new(Config {
        token: SecretString::from("canary-token"),
        zones: vec!["example.com".into()],
        foreign: true,
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/client/v4", listener.local_addr().unwrap());
    let served = serve(listener, router(Arc::clone(&api))).unwrap();
    let options = Options {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(5),
        request_timeout: Duration::from_millis(500),
        ..Options::default()
    };
    World {
        client: Client::new(Some(&base), SecretString::from("canary-token"), options).unwrap(),
        api,
        _served: served,
    }
}

#[tokio::test]
async fn the_emulators_zone_passes_and_is_as_before() {
    let world = world().await;
    let before = world.api.state();
    let found = preflight(&world.client, "sub.example.com")
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(found.zone.name, "example.com");
    assert!(found.zone.permissions.iter().any(|right| right == "#dns_records:edit"));
    assert_eq!(world.api.state(), before);
}

#[tokio::test]
async fn each_right_that_the_token_lacks_is_told() {
    let all = Grants::default();
    for (grants, expected) in [
        (
            Grants {
                status: TokenStatus::Disabled,
                ..all.clone()
            },
            "Cloudflare's token is disabled",
        ),
        (
            Grants {
                zone_read: false,
                ..all.clone()
            },
            "may not do this (listing zones named example.com)",
        ),
        (
            Grants {
                dns_edit: false,
                ..all.clone()
            },
            "cannot be written",
        ),
        (Grants { dns_read: false, ..all }, "cannot be read back"),
    ] {
        let world = world().await;
        let before = world.api.state();
        world.api.set_grants(grants.clone());
        let error = preflight(&world.client, "example.com").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{grants:?}: {error}");
        assert!(!error.contains("canary"), "{error}");
        assert_eq!(world.api.state(), before, "{grants:?}");
    }
}

#[tokio::test]
async fn a_request_that_fails_once_or_loses_its_answer_leaves_nothing_behind_in_the_end() {
    let error = || Answer {
        status: 500,
        code: "1".into(),
        message: "internal".into(),
    };
    for method in ["GET", "POST", "DELETE"] {
        for effect in [
            Effect::Respond(error()),
            Effect::RespondAfter(error()),
            Effect::DropBefore,
            Effect::DropAfter,
        ] {
            let world = world().await;
            let before = world.api.state();
            let what = format!("{method} {effect:?}");
            world.api.fault(Fault {
                method: Some(method.into()),
                path: "/zones/**".into(),
                nth: 1,
                times: 1,
                effect,
            });
            // The first may fail (a record is never made twice blindly); what it left is gone after the second.
            let first = preflight(&world.client, "example.com").await;
            preflight(&world.client, "example.com")
                .await
                .unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(world.api.state(), before, "{what}: {first:?}");
        }
    }
}

#[tokio::test]
async fn records_are_found_by_name_and_comment_and_foreign_ones_stay() {
    let world = world().await;
    let before = world.api.state();
    let zone = world.client.zones("example.com").await.unwrap().remove(0);
    let record = NewRecord {
        name: "kube.example.com".into(),
        kind: "A".into(),
        content: "203.0.113.1".into(),
        ttl: 60,
        comment: Some("hoist vanixiets".into()),
        proxied: false,
    };
    let made = world.client.create_record(&zone.id, &record).await.unwrap();
    let ours = RecordFilter {
        comment: record.comment.clone(),
        ..RecordFilter::default()
    };
    let found = world.client.records(&zone.id, &ours).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&made));
    let moved = NewRecord {
        content: "203.0.113.2".into(),
        ..record.clone()
    };
    assert_eq!(
        world
            .client
            .update_record(&zone.id, &made.id, &moved)
            .await
            .unwrap()
            .content,
        "203.0.113.2"
    );
    assert!(
        world.client.create_record(&zone.id, &moved).await.is_err(),
        "the same record twice"
    );
    world.client.delete_record(&zone.id, &made.id).await.unwrap();
    world.client.delete_record(&zone.id, &made.id).await.unwrap();
    assert_eq!(world.api.state(), before);
}
