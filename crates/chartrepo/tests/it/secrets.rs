//! Credentials are where they must be, and nowhere else.

use std::path::Path;
use std::sync::Arc;

use hoist_chartrepo::{ChartRef, Credentials, FetchError, Lock, LockFile, Options, Store};

use crate::archives::{archive, chart, file, index};
use crate::server::{Server, Told, ok, quick, redirect, status};

const AUTH: &str = "Basic dXNlcjpjYW5hcnktcHc=";

fn login(server: &Server, path: &str) -> ChartRef {
    chart(&format!("http://user:canary-pw@{}{path}", server.host), "some", "")
}

#[tokio::test]
async fn they_go_to_their_own_origin_and_to_no_other() {
    let (server, other) = (Server::start().await, Server::start().await);
    let far = other.url("/far.tgz");
    let entries = [
        ("1.0.0", "near.tgz", None),
        ("2.0.0", far.as_str(), None),
        ("3.0.0", "moved.tgz", None),
    ];
    server.page("/index.yaml", [ok(index("some", &entries)).for_whom(AUTH)]);
    server.page("/near.tgz", [ok(archive("some", "1.0.0")).for_whom(AUTH)]);
    server.page("/moved.tgz", [redirect(&other.url("/moved.tgz"))]);
    other.page("/far.tgz", [ok(archive("some", "2.0.0"))]);
    other.page("/moved.tgz", [redirect(&server.url("/back.tgz"))]);
    server.page("/back.tgz", [ok(archive("some", "3.0.0"))]);
    let by_url = login(&server, "");
    let by_hook = chart(&server.url(""), "some", "");
    let host = server.host.clone();
    let hook = Options {
        credentials: Some(Arc::new(move |asked| {
            (asked == host).then(|| Credentials::new("user", "canary-pw"))
        })),
        ..quick()
    };
    for (want, options) in [(by_url, quick()), (by_hook, hook)] {
        let cache = tempfile::tempdir().unwrap();
        let ours = Store::new(cache.path(), options);
        for version in ["1.0.0", "2.0.0", "3.0.0"] {
            let want = ChartRef {
                version: version.into(),
                ..want.clone()
            };
            ours.chart(&want, &Lock::default())
                .await
                .unwrap_or_else(|error| panic!("{version}: {error}"));
        }
        let with: Vec<_> = server
            .seen()
            .into_iter()
            .map(|seen| (seen.path, seen.headers.contains_key("authorization")))
            .collect();
        for path in ["/index.yaml", "/near.tgz", "/moved.tgz"] {
            assert!(with.contains(&(path.to_owned(), true)), "{path} {with:?}");
        }
        assert!(
            other
                .seen()
                .iter()
                .all(|seen| !seen.headers.contains_key("authorization"))
        );
    }
    // A mirror is another origin, too.
    let mut mirrored = login(&server, "");
    mirrored.mirror = Some(other.url(""));
    other.page("/index.yaml", [ok(index("some", &[("1.0.0", "far.tgz", None)]))]);
    let cache = tempfile::tempdir().unwrap();
    Store::new(cache.path(), quick())
        .chart(&mirrored, &Lock::default())
        .await
        .unwrap();
    assert!(
        other
            .seen()
            .iter()
            .all(|seen| !seen.headers.contains_key("authorization"))
    );
}

fn holds_canary(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds_canary(&path);
        }
        let text = std::fs::read(&path).unwrap();
        path.to_string_lossy().contains("canary") || String::from_utf8_lossy(&text).contains("canary")
    })
}

#[tokio::test]
async fn they_are_in_no_error_no_event_no_record_and_no_file() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let told = Told::default();
    let ours = || {
        let options = Options {
            listener: told.listener(),
            attempts: 2,
            ..quick()
        };
        Store::new(folder.path().join("cache"), options)
    };
    let path = "/charts?token=canary-query";
    server.page(
        "/charts/index.yaml?token=canary-query",
        [ok(index("some", &[("1.0.0", "a.tgz", None)])).for_whom(AUTH)],
    );
    let page = "/charts/a.tgz?token=canary-query";
    let mut errors: Vec<FetchError> = Vec::new();
    for reply in [
        status(401),
        status(403),
        status(404),
        status(410),
        status(500),
        status(429),
        status(302),
        ok("<html>"),
        ok(""),
        redirect("ftp://user:canary-x@elsewhere.example/?canary"),
        redirect("http://user:canary-x@127.0.0.1:1/a?canary"),
    ] {
        server.page(page, [reply]);
        errors.push(ours().chart(&login(&server, path), &Lock::default()).await.unwrap_err());
    }
    assert_eq!(errors.len(), 11);
    server.page(page, [ok(archive("some", "1.0.0"))]);
    let fetched = ours().chart(&login(&server, path), &Lock::default()).await.unwrap();
    let mut want = file(&format!("http://user:canary-pw@{}/x", server.host));
    errors.push(ours().file(&want, &Lock::default()).await.unwrap_err());
    server.page("/x", [ok("x").for_whom(AUTH)]);
    let fetched_file = ours().file(&want, &Lock::default()).await.unwrap();
    let lock_file = LockFile::new(folder.path().join("hoist.lock"));
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry.clone());
    lock.put_file(fetched_file.entry.clone());
    lock_file.write(&lock).unwrap();
    // The lock's own errors, with what has changed since.
    server.page("/x", [ok("y")]);
    server.page(page, [ok(archive("some", "2.0.0"))]);
    std::fs::remove_dir_all(folder.path().join("cache/sha256")).unwrap();
    errors.push(ours().file(&want, &lock).await.unwrap_err());
    errors.push(ours().chart(&login(&server, path), &lock).await.unwrap_err());
    errors.push(
        ours()
            .chart(&login(&server, "/nowhere?canary"), &lock)
            .await
            .unwrap_err(),
    );
    for url in [
        "http://user:canary-pw@",
        "http://user:canary-pw@ho st",
        "ftp://user:canary-pw@host",
        "http://u:canary/pw@host:x/",
    ] {
        want.mirror = Some(url.into());
        errors.push(ours().file(&want, &lock).await.unwrap_err());
        errors.push(ours().chart(&chart(url, "some", ""), &lock).await.unwrap_err());
    }
    ours()
        .vendor(
            &[],
            std::slice::from_ref(&file(&server.url("/x"))),
            &Lock::default(),
            &folder.path().join("vendor"),
        )
        .await
        .unwrap();
    for error in &errors {
        let text = format!("{error}\n{error:?}\n{}", error.hint());
        assert!(!text.contains("canary"), "{text}");
    }
    let text = format!("{:?} {:?} {:?} {:?}", fetched, fetched_file, told.events(), ours());
    assert!(!text.contains("canary"), "{text}");
    assert!(!holds_canary(folder.path()));
}
