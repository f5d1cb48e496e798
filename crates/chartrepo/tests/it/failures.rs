//! Servers on a bad day: what is tried again, what is refused, and how long anything may take.

use std::time::{Duration, Instant};

use hoist_chartrepo::{Digest, FetchError, FetchEvent, Lock, Options, Store};

use crate::archives::{archive, chart, index};
use crate::server::{Reply, Server, Told, ok, quick, redirect, status, store};

/// A repository whose one archive answers so.
async fn repository(replies: impl IntoIterator<Item = Reply>, digest: Option<Digest>) -> Server {
    let server = Server::start().await;
    server.page("/index.yaml", [ok(index("some", &[("1.0.0", "some.tgz", digest)]))]);
    server.page("/some.tgz", replies);
    server
}

async fn fetch(server: &Server, options: Options) -> Result<hoist_chartrepo::Fetched, FetchError> {
    let cache = tempfile::tempdir().unwrap();
    let fetched = Store::new(cache.path(), options)
        .chart(&chart(&server.url(""), "some", "1.0.0"), &Lock::default())
        .await;
    if fetched.is_err() {
        let kept = std::fs::read_dir(cache.path().join("sha256"))
            .into_iter()
            .flatten()
            .count();
        assert_eq!(kept, 0, "a failure leaves nothing in the cache");
    }
    fetched
}

/// The error with its hint. Digests of archives are letters: how an archive is compressed is the library's business.
fn said(server: &Server, error: &FetchError) -> String {
    let mut text = format!("{error}\n{}", error.hint()).replace(&server.host, "HOST");
    for letter in 'A'.. {
        let found = text.match_indices("sha256:").find_map(|(at, mark)| {
            let digest = text.get(at..at + mark.len() + 64)?;
            Some(digest.to_owned()).filter(|digest| digest[mark.len()..].bytes().all(|byte| byte.is_ascii_hexdigit()))
        });
        match found {
            Some(digest) => text = text.replace(&digest, &format!("sha256-{letter}")),
            None => break,
        }
    }
    text
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for() {
    let bytes = archive("some", "1.0.0");
    let replies = [
        status(429).header("retry-after", "1"),
        status(503),
        ok(bytes.clone()).cut(),
        ok(bytes.clone()),
    ];
    let server = repository(replies, Some(Digest::of(&bytes))).await;
    let told = Told::default();
    let started = Instant::now();
    let fetched = fetch(
        &server,
        Options {
            listener: told.listener(),
            ..quick()
        },
    )
    .await
    .unwrap();
    assert_eq!(fetched.bytes, bytes);
    assert!(started.elapsed() >= Duration::from_secs(1));
    let retries: Vec<_> = told
        .events()
        .into_iter()
        .filter_map(|event| match event {
            FetchEvent::Retrying { attempt, why, wait, .. } => Some((attempt, wait, why)),
            _ => None,
        })
        .collect();
    assert_eq!(retries.len(), 3, "{retries:?}");
    assert_eq!(retries[0], (1, Duration::from_secs(1), "the server answers 429".into()));
    assert_eq!((retries[1].0, retries[1].2.as_str()), (2, "the server answers 503"));
    assert!(retries[2].2.starts_with("broke off after "), "{retries:?}");
}

#[tokio::test]
async fn patience_has_an_end() {
    let server = repository([status(500)], None).await;
    let error = fetch(&server, quick()).await.unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 cannot be fetched: http://HOST/some.tgz answers 500 (tried 4 times)
    the server has a problem of its own: try again later, or name a mirror under `mirrors`
    "#);
    assert_eq!(server.asked().iter().filter(|path| *path == "/some.tgz").count(), 4);
    // Nobody waits for an hour.
    let server = repository([status(429).header("retry-after", "3600")], None).await;
    let error = fetch(&server, quick()).await.unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 cannot be fetched: http://HOST/some.tgz answers 429
    the server limits how often it is asked: wait, or use a mirror
    "#);
    assert_eq!(server.asked().iter().filter(|path| *path == "/some.tgz").count(), 1);
    let server = repository([ok(archive("some", "1.0.0")).cut()], None).await;
    let error = fetch(&server, quick()).await.unwrap_err();
    assert!(error.to_string().contains("broke off after"), "{error}");
    assert!(matches!(error, FetchError::Unreachable { attempts: 4, .. }), "{error}");
}

#[tokio::test]
async fn what_no_repetition_helps_is_not_repeated() {
    for (code, text) in [
        (401, "refuses (401)"),
        (403, "refuses (403)"),
        (404, "is not there (404)"),
        (410, "answers 410"),
    ] {
        let server = repository([status(code)], None).await;
        let error = fetch(&server, quick()).await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(server.asked(), ["/index.yaml", "/some.tgz"]);
    }
    let server = repository([status(302)], None).await;
    assert!(matches!(
        fetch(&server, quick()).await,
        Err(FetchError::Redirect { .. })
    ));
    let server = repository([redirect("ftp://elsewhere.example/x")], None).await;
    assert!(matches!(
        fetch(&server, quick()).await,
        Err(FetchError::Redirect { .. })
    ));
}

#[tokio::test]
async fn a_slow_server_meets_a_deadline() {
    let slow = ok("x").after(Duration::from_secs(600));
    let server = repository([slow.clone(), ok(archive("some", "1.0.0"))], None).await;
    // One request may be lost.
    let options = Options {
        request_timeout: Duration::from_millis(1000),
        ..quick()
    };
    fetch(&server, options.clone()).await.unwrap();
    let server = repository([slow.clone()], None).await;
    let error = fetch(&server, Options { attempts: 2, ..options }).await.unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 cannot be fetched: no end after 1 s of asking http://HOST/some.tgz
    is the server reachable? a mirror under `mirrors` may stand for it
    "#);
    let error = fetch(
        &server,
        Options {
            deadline: Duration::from_millis(2000),
            ..quick()
        },
    )
    .await
    .unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 cannot be fetched: no end after 2 s of fetching it, at last asking http://HOST/some.tgz
    is the server reachable? a mirror under `mirrors` may stand for it
    "#);
    // All attempts together, too.
    let started = Instant::now();
    let options = Options {
        request_timeout: Duration::from_millis(200),
        attempts: 1000,
        deadline: Duration::from_millis(700),
        ..quick()
    };
    let error = fetch(&server, options).await.unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_server_needs_a_certificate_that_somebody_trusts() {
    let (server, certificate) = Server::start_encrypted().await;
    let plain = Server::start().await;
    let bytes = archive("some", "1.0.0");
    server.page(
        "/index.yaml",
        [ok(index("some", &[("1.0.0", "a.tgz", None), ("2.0.0", "b.tgz", None)]))],
    );
    server.page("/a.tgz", [ok(bytes.clone())]);
    server.page("/b.tgz", [redirect(&plain.url("/b.tgz"))]);
    let fetch = |version: &'static str, authorities: &[&str]| {
        let authorities = authorities.iter().map(|text| (*text).to_owned()).collect();
        let want = chart(&format!("https://{}", server.host), "some", version);
        async move {
            let cache = tempfile::tempdir().unwrap();
            let options = Options {
                authorities,
                attempts: 2,
                ..quick()
            };
            Store::new(cache.path(), options).chart(&want, &Lock::default()).await
        }
    };
    assert_eq!(fetch("1.0.0", &[&certificate]).await.unwrap().bytes, bytes);
    let error = fetch("1.0.0", &[]).await.unwrap_err();
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    let error = fetch(
        "1.0.0",
        &["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    )
    .await
    .unwrap_err();
    assert!(matches!(error, FetchError::Reference { .. }), "{error}");
    // What was asked for with TLS is not taken without.
    let error = fetch("2.0.0", &[&certificate]).await.unwrap_err();
    assert!(error.to_string().ends_with("/b.tgz, which is not encrypted"), "{error}");
    assert_eq!(plain.asked(), [""; 0]);
}

#[tokio::test]
async fn nobody_is_there() {
    let server = Server::start().await;
    let (url, host) = (server.url(""), server.host.clone());
    drop(server);
    let cache = tempfile::tempdir().unwrap();
    let error = store(&cache)
        .chart(&chart(&url, "some", "1"), &Lock::default())
        .await
        .unwrap_err();
    let said = format!("{error}\n{}", error.hint()).replace(&host, "HOST");
    assert!(
        said.starts_with("the index of http://HOST/ cannot be fetched: http://HOST/index.yaml cannot be reached ("),
        "{said}"
    );
    assert!(
        said.contains("refused") && said.contains("tried 4 times") && said.contains("mirror"),
        "{said}"
    );
}

#[tokio::test]
async fn content_that_is_not_what_it_should_be_is_refused() {
    let bytes = archive("some", "1.0.0");
    let good = Digest::of(&bytes);
    let server = repository([ok(archive("some", "6.6.6"))], Some(good)).await;
    let error = fetch(&server, quick()).await.unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 from http://HOST/some.tgz has the digest sha256-A, but the repository's index says sha256-B
    the download is damaged or was tampered with: try again, and ask the chart's authors if it stays
    "#);
    for (body, looks) in [
        (
            b"<!DOCTYPE html><title>Log in</title>".to_vec(),
            "it begins like a web page",
        ),
        (br#"{"error":1}"#.to_vec(), "it begins like JSON"),
        (Vec::new(), "it is empty"),
        (b"PK\x03\x04".to_vec(), "it is not packed with gzip"),
        (bytes[..bytes.len() - 9].to_vec(), "it does not unpack"),
    ] {
        for digest in [None, Some(good)] {
            let server = repository([ok(body.clone())], digest).await;
            let error = fetch(&server, quick()).await.unwrap_err();
            assert!(matches!(error, FetchError::NotArchive { .. }), "{error}");
            assert!(error.to_string().contains(looks), "{error}");
        }
    }
    let server = repository([ok(bytes.clone())], None).await;
    let error = fetch(
        &server,
        Options {
            max_archive: 100,
            ..quick()
        },
    )
    .await
    .unwrap_err();
    insta::assert_snapshot!(said(&server, &error), @r#"
    chart some 1.0.0 cannot be fetched: http://HOST/some.tgz is larger than 100 bytes
    check the URL; a chart is rarely larger than a megabyte
    "#);
    let error = fetch(
        &server,
        Options {
            max_index: 10,
            ..quick()
        },
    )
    .await
    .unwrap_err();
    assert!(matches!(error, FetchError::TooBig { limit: 10, .. }), "{error}");
    server.page("/index.yaml", [ok("<html>log in</html>")]);
    let error = fetch(&server, quick()).await.unwrap_err();
    assert!(
        matches!(
            error,
            FetchError::Answer {
                expected: "the index of a chart repository",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn what_differs_from_the_lock_is_refused() {
    let (old, new) = (archive("some", "1.0.0"), archive("some", "1.0.0-other"));
    let server = repository([ok(old.clone())], Some(Digest::of(&old))).await;
    let cache = tempfile::tempdir().unwrap();
    let want = chart(&server.url(""), "some", "1.0.0");
    let entry = store(&cache).chart(&want, &Lock::default()).await.unwrap().entry;
    let mut lock = Lock::default();
    lock.put_chart(entry.clone());
    let refused = |error: &FetchError| match error {
        FetchError::Changed { name, digests, .. } => {
            assert_eq!(name, "some");
            assert_eq!((digests.expected, digests.found), (Digest::of(&old), Digest::of(&new)));
        }
        other => panic!("{other}"),
    };
    // The server has something else under the same version; the index agrees with it, or does not say.
    for digest in [Some(Digest::of(&new)), None] {
        server.page("/index.yaml", [ok(index("some", &[("1.0.0", "some.tgz", digest)]))]);
        server.page("/some.tgz", [ok(new.clone())]);
        let cache = tempfile::tempdir().unwrap();
        let error = store(&cache).chart(&want, &lock).await.unwrap_err();
        refused(&error);
        insta::allow_duplicates! {
            insta::assert_snapshot!(said(&server, &error), @r#"
            chart some 1.0.0 from http://HOST/some.tgz has changed: hoist.lock says sha256-A, it is now sha256-B
            find out why it changed under the same version; if it is right, accept it with `hoist vendor --update some`
            "#);
        }
        // Another request that leads to the same version is no way around it.
        let error = store(&cache)
            .chart(&chart(&server.url(""), "some", "^1"), &lock)
            .await
            .unwrap_err();
        refused(&error);
        // Nor is a mirror.
        let mut mirrored = chart("https://charts.example", "some", "1.0.0");
        mirrored.mirror = Some(server.url(""));
        let mut lock = Lock::default();
        let mut other = entry.clone();
        other.repo = "https://charts.example".into();
        lock.put_chart(other);
        refused(&store(&cache).chart(&mirrored, &lock).await.unwrap_err());
        // It is accepted once it is forgotten.
        lock.forget("some");
        let accepted = store(&cache).chart(&mirrored, &lock).await.unwrap();
        assert_eq!(
            (accepted.entry.digest, accepted.entry.source.as_deref()),
            (Digest::of(&new), None)
        );
        assert_eq!(accepted.entry.repo, "https://charts.example");
    }
}
