//! Charts in registries, pushed by the real helm and by hand.

use hoist_chartrepo::{
    Credentials, Digest, DockerConfig, FetchError, IndexDigest, Lock, Options, Place, Provenance, Store,
};
use serde_json::json;

use crate::archives::{archive, chart, index};
use crate::helm::{archive_in, helm};
use crate::registry::{Door, Registry};
use crate::server::{Server, ok, quick, store};

fn basic(plain: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain))
}

/// What helm and we pull from a registry with this chart.
async fn pull_both(
    registry: &Registry,
    path: &str,
    version: &'static str,
) -> (Option<Vec<u8>>, Result<Vec<u8>, FetchError>) {
    let from = format!("{}/some", registry.url(path));
    let theirs = tokio::task::spawn_blocking(move || {
        let home = tempfile::tempdir().unwrap();
        helm(home.path(), &["pull", &from, "--plain-http", "--version", version]);
        archive_in(home.path()).map(|(_, bytes)| bytes)
    });
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache)
        .chart(&chart(&registry.url(path), "some", version), &Lock::default())
        .await;
    (theirs.await.unwrap(), ours.map(|fetched| fetched.bytes.to_vec()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_helm_pushes_is_what_helm_and_we_pull() {
    let registry = Registry::start(Door::Open).await;
    for version in ["1.0.0", "1.2.0+build.1", "2.0.0-rc.1"] {
        let (bytes, to) = (archive("some", version), registry.url("/charts"));
        let pushed = tokio::task::spawn_blocking(move || {
            let home = tempfile::tempdir().unwrap();
            std::fs::write(home.path().join("some.tgz"), bytes).unwrap();
            helm(home.path(), &["push", "some.tgz", &to, "--plain-http"])
        });
        let pushed = pushed.await.unwrap();
        assert!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    }
    for (request, version) in [
        ("1.0.0", Some("1.0.0")),
        ("1.2.0+build.1", Some("1.2.0+build.1")),
        ("", Some("1.2.0+build.1")),
        ("^1", Some("1.2.0+build.1")),
        ("<1.1", Some("1.0.0")),
        (">1-0", Some("2.0.0-rc.1")),
        ("1.2.0", None),
        ("^3", None),
    ] {
        let (theirs, ours) = pull_both(&registry, "/charts", request).await;
        let expected = version.map(|version| archive("some", version));
        assert_eq!(ours.as_ref().ok(), expected.as_ref(), "ours of {request:?}: {ours:?}");
        assert_eq!(theirs, expected, "helm's of {request:?}");
    }
}

#[tokio::test]
async fn a_chart_is_pinned_with_its_manifest() {
    let registry = Registry::start(Door::Open).await;
    let bytes = archive("some", "1.0.0");
    let manifest = registry.push("charts/some", "1.0.0", &bytes);
    let cache = tempfile::tempdir().unwrap();
    let want = chart(&registry.url("/charts/"), "some", "~1.0");
    let fetched = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(fetched.entry.manifest, Some(manifest));
    assert_eq!(fetched.entry.source, Some(registry.url("/charts/some:1.0.0")));
    assert_eq!(fetched.entry.digest, Digest::of(&bytes));
    assert_eq!(
        (fetched.record.from, fetched.record.manifest),
        (Place::Network, Some(manifest))
    );
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry.clone());
    registry.asked();
    assert_eq!(
        store(&cache).chart(&want, &lock).await.unwrap().record.from,
        Place::Cache
    );
    assert_eq!(registry.asked(), [""; 0]);
    // Without the lock, the cache still saves the archive itself.
    assert_eq!(
        store(&cache).chart(&want, &Lock::default()).await.unwrap().record.from,
        Place::Cache
    );
    assert!(!registry.asked().iter().any(|asked| asked.contains("/blobs/")));
    // The tag is moved: what is pinned is there by its digest, and anything else is refused.
    registry.push("charts/some", "1.0.0", &archive("some", "6.6.6"));
    let other = tempfile::tempdir().unwrap();
    assert_eq!(store(&other).chart(&want, &lock).await.unwrap().bytes, bytes);
    registry.remove("charts/some", &manifest.to_string());
    let other = tempfile::tempdir().unwrap();
    let error = store(&other).chart(&want, &lock).await.unwrap_err();
    assert!(matches!(error, FetchError::Changed { .. }), "{error}");
}

#[tokio::test]
async fn tags_come_in_pages_and_may_have_a_v() {
    let registry = Registry::start(Door::Open).await;
    registry.page(3);
    for minor in 0..10 {
        registry.push("some", &format!("1.{minor}.0"), &archive("some", "1"));
    }
    registry.push("some", "latest", &archive("some", "1"));
    registry.push("other/some", "v1.0.0", &archive("some", "v1.0.0"));
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    let version = |path: &str, request: &str| {
        let (want, ours) = (chart(&registry.url(path), "some", request), &ours);
        async move {
            ours.chart(&want, &Lock::default())
                .await
                .map(|fetched| fetched.entry.version)
        }
    };
    assert_eq!(version("", "").await.unwrap(), "1.9.0");
    assert_eq!(version("", "<1.4").await.unwrap(), "1.3.0");
    assert_eq!(version("/other", "^1").await.unwrap(), "v1.0.0");
    let said = |error: FetchError| format!("{error}").replace(&registry.host, "HOST");
    insta::assert_snapshot!(said(version("", "3.0.0").await.unwrap_err()), @r#"
    the registry HOST has no version of some that fits `3.0.0`; the newest of its 10 are 1.9.0, 1.8.0, 1.7.0, 1.6.0, 1.5.0
    "#);
    insta::assert_snapshot!(said(version("", "^3").await.unwrap_err()), @r#"
    the registry HOST has no version of some that fits `^3`; the newest of its 10 are 1.9.0, 1.8.0, 1.7.0, 1.6.0, 1.5.0
    "#);
    insta::assert_snapshot!(said(version("/nowhere", "").await.unwrap_err()), @r#"
    the registry HOST has no chart some
    "#);
    insta::assert_snapshot!(said(version("/nowhere", "1.0.0").await.unwrap_err()), @r#"
    the registry HOST has no chart some
    "#);
}

#[tokio::test]
async fn who_we_are_is_told_as_the_registry_asks() {
    let (wanted, bytes) = (basic("user:canary-secret"), archive("some", "1.0.0"));
    let docker = |host: &str, entry: serde_json::Value| {
        let text = json!({ "auths": { host: entry } }).to_string();
        Options {
            docker_config: Some(DockerConfig::parse(&text).unwrap()),
            ..quick()
        }
    };
    let auth = json!({ "auth": wanted.trim_start_matches("Basic ") });
    for door in [
        Door::Basic(wanted.clone()),
        Door::Bearer {
            authorization: Some(wanted.clone()),
        },
        Door::Bearer { authorization: None },
        Door::Refresh("canary-refresh".into()),
    ] {
        let registry = Registry::start(door.clone()).await;
        registry.push("some", "1.0.0", &bytes);
        let fetch = |options: Options, login: &str| {
            let want = chart(&format!("oci://{login}{}", registry.host), "some", "^1");
            async move {
                let cache = tempfile::tempdir().unwrap();
                let store = Store::new(cache.path(), options);
                let fetched = store.chart(&want, &Lock::default()).await;
                let text = format!("{store:?} {fetched:?}");
                assert!(!text.contains("canary"), "{text}");
                fetched.map(|fetched| fetched.bytes)
            }
        };
        let results = match &door {
            Door::Bearer { authorization: None } => vec![fetch(quick(), "").await],
            Door::Refresh(token) => {
                vec![fetch(docker(&registry.host, json!({ "identitytoken": token })), "").await]
            }
            _ => {
                let hook = Options {
                    credentials: Some(std::sync::Arc::new({
                        let host = registry.host.clone();
                        move |asked: &str| (asked == host).then(|| Credentials::new("user", "canary-secret"))
                    })),
                    ..quick()
                };
                let refused = fetch(docker(&registry.host, json!({})), "").await.unwrap_err();
                assert!(
                    matches!(
                        refused,
                        FetchError::Refused {
                            status: 401,
                            helper: None,
                            ..
                        }
                    ),
                    "{refused}"
                );
                vec![
                    fetch(docker(&registry.host, auth.clone()), "").await,
                    fetch(docker(&format!("https://{}/v2/", registry.host), auth.clone()), "").await,
                    fetch(hook, "").await,
                    fetch(quick(), "user:canary-secret@").await,
                ]
            }
        };
        for result in results {
            assert_eq!(result.unwrap_or_else(|error| panic!("{door:?}: {error}")), bytes);
        }
    }
}

#[tokio::test]
async fn a_helper_that_has_the_credentials_is_named() {
    let registry = Registry::start(Door::Basic(basic("a:b"))).await;
    let text = json!({ "credHelpers": { &registry.host: "ecr-login" } }).to_string();
    let options = Options {
        docker_config: Some(DockerConfig::parse(&text).unwrap()),
        ..quick()
    };
    let cache = tempfile::tempdir().unwrap();
    let error = Store::new(cache.path(), options)
        .chart(&chart(&registry.url(""), "some", "1.0.0"), &Lock::default())
        .await;
    let error = error.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hint()).replace(&registry.host, "HOST"), @r#"
    chart some 1.0.0 cannot be fetched: http://HOST/v2/some/manifests/1.0.0 refuses (401); its credentials are with the helper `ecr-login`, which hoist does not ask
    credential helpers are not asked: log in with a plain `auths` entry, or give the credentials to hoist
    "#);
}

#[tokio::test]
async fn what_a_registry_says_is_checked() {
    let registry = Registry::start(Door::Open).await;
    let bytes = archive("some", "1.0.0");
    registry.push("some", "1.0.0", &bytes);
    let fetch = |version: &'static str| {
        let want = chart(&registry.url(""), "some", version);
        async move {
            let cache = tempfile::tempdir().unwrap();
            store(&cache).chart(&want, &Lock::default()).await
        }
    };
    fetch("1.0.0").await.unwrap();
    // Another content of the same size, and one of another.
    let mut flipped = bytes.clone();
    flipped[20] ^= 1;
    registry.spoil(&Digest::of(&bytes), &flipped);
    let error = fetch("1.0.0").await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Digest {
                said_by: "the manifest",
                ..
            }
        ),
        "{error}"
    );
    registry.spoil(&Digest::of(&bytes), &[&bytes[..], b"more"].concat());
    let error = fetch("1.0.0").await.unwrap_err();
    assert!(matches!(error, FetchError::TooBig { .. }), "{error}");
    registry.lie(&Digest::of(b"lie").to_string());
    let error = fetch("1.0.0").await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Digest {
                said_by: "the registry",
                ..
            }
        ),
        "{error}"
    );
    // An image is no chart.
    let registry = Registry::start(Door::Open).await;
    let mut config = registry.blob(b"{}");
    config["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
    let kind = "application/vnd.oci.image.manifest.v1+json";
    registry.manifest("some", "1.0.0", kind, &json!({ "config": config, "layers": [] }));
    let cache = tempfile::tempdir().unwrap();
    let error = store(&cache)
        .chart(&chart(&registry.url(""), "some", "1.0.0"), &Lock::default())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its configuration is \"application/vnd.oci.image.config.v1+json\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_chart_may_stand_in_an_index_of_artifacts_and_have_provenance() {
    let registry = Registry::start(Door::Open).await;
    let bytes = archive("some", "1.0.0");
    let prov = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nname: some\n\n...\nfiles:\n  some-1.0.0.tgz: {}\n-----BEGIN PGP SIGNATURE-----\nx",
        Digest::of(&bytes)
    );
    let typed = |mut blob: serde_json::Value, kind: &str| {
        blob["mediaType"] = kind.into();
        blob
    };
    let manifest = json!({
        "config": typed(registry.blob(b"{}"), "application/vnd.cncf.helm.config.v1+json"),
        "layers": [
            typed(registry.blob(prov.as_bytes()), "application/vnd.cncf.helm.chart.provenance.v1.prov"),
            typed(registry.blob(&bytes), "application/vnd.cncf.helm.chart.content.v1.tar+gzip"),
        ],
    });
    let image = json!({ "config": typed(registry.blob(b"{}"), "x/y"), "layers": [] });
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let digests = [
        registry.manifest("some", "i", kind, &image),
        registry.manifest("some", "m", kind, &manifest),
    ];
    let entries = digests.map(|digest| json!({ "mediaType": kind, "digest": digest.to_string(), "size": 1 }));
    let kind = "application/vnd.oci.image.index.v1+json";
    registry.manifest(
        "some",
        "1.0.0",
        kind,
        &json!({ "mediaType": kind, "manifests": entries }),
    );
    let cache = tempfile::tempdir().unwrap();
    let options = Options {
        provenance: true,
        ..quick()
    };
    let fetched = Store::new(cache.path(), options)
        .chart(&chart(&registry.url(""), "some", "1.0.0"), &Lock::default())
        .await;
    let fetched = fetched.unwrap();
    assert_eq!(fetched.bytes, bytes);
    assert_eq!(fetched.record.manifest, Some(digests[1]));
    assert_eq!(
        fetched.record.provenance,
        Provenance::Agrees {
            file: Digest::of(prov.as_bytes())
        }
    );
}

#[tokio::test]
async fn an_index_may_lead_to_a_registry_and_a_mirror_may_be_one() {
    let (registry, server) = (Registry::start(Door::Open).await, Server::start().await);
    let bytes = archive("some", "1.0.0");
    registry.push("charts/some", "1.0.0", &bytes);
    let link = format!("{}:1.0.0", registry.url("/charts/some"));
    server.page(
        "/index.yaml",
        [ok(index("some", &[("1.0.0", &link, Some(Digest::of(&bytes)))]))],
    );
    let cache = tempfile::tempdir().unwrap();
    let fetched = store(&cache)
        .chart(&chart(&server.url(""), "some", ""), &Lock::default())
        .await
        .unwrap();
    assert_eq!(
        (fetched.bytes.to_vec(), fetched.record.index),
        (bytes.clone(), IndexDigest::Agrees)
    );
    assert_eq!(
        (fetched.entry.source.as_ref(), fetched.entry.repo),
        (Some(&link), server.url(""))
    );
    // The lock leads straight to the registry.
    let mut lock = Lock::default();
    lock.put_chart(
        store(&cache)
            .chart(&chart(&server.url(""), "some", ""), &Lock::default())
            .await
            .unwrap()
            .entry,
    );
    server.asked();
    let other = tempfile::tempdir().unwrap();
    assert_eq!(
        store(&other)
            .chart(&chart(&server.url(""), "some", ""), &lock)
            .await
            .unwrap()
            .bytes,
        bytes
    );
    assert_eq!(server.asked(), [""; 0]);
    server.page(
        "/index.yaml",
        [ok(index("some", &[("1.0.0", &link, Some(Digest::of(b"x")))]))],
    );
    let other = tempfile::tempdir().unwrap();
    let error = store(&other)
        .chart(&chart(&server.url(""), "some", ""), &Lock::default())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Digest {
                said_by: "the repository's index",
                ..
            }
        ),
        "{error}"
    );
    let mut want = chart("https://charts.example/stable/", "some", "~1");
    want.mirror = Some(registry.url("/charts"));
    let other = tempfile::tempdir().unwrap();
    let entry = store(&other).chart(&want, &Lock::default()).await.unwrap().entry;
    assert_eq!(
        (entry.repo.as_str(), entry.source),
        ("https://charts.example/stable", None)
    );
}
