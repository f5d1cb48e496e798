//! HTTP repositories: what is taken from where, and what the index vouches for.

use hoist_chartrepo::{Digest, FetchError, FetchEvent, IndexDigest, Lock, Options, Place, Provenance, Store};

use crate::archives::{archive, chart, index, packed};
use crate::server::{Server, Told, ok, quick, redirect, status, store};

#[tokio::test]
async fn what_comes_is_recorded_and_pinned() {
    let server = Server::start().await;
    let bytes = archive("some", "1.2.0");
    let digest = Digest::of(&bytes);
    server.page(
        "/charts/index.yaml",
        [ok(index("some", &[("1.2.0", "some-1.2.0.tgz", Some(digest))]))],
    );
    server.page("/charts/some-1.2.0.tgz", [ok(bytes.clone())]);
    let (cache, told) = (tempfile::tempdir().unwrap(), Told::default());
    let options = Options {
        listener: told.listener(),
        ..quick()
    };
    let ours = Store::new(cache.path(), options.clone());
    let want = chart(&server.url("/charts/"), "some", "^1");
    let before = chrono::Utc::now();
    let fetched = ours.chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(fetched.bytes, bytes);
    assert_eq!(std::fs::read(&fetched.path).unwrap(), bytes);
    let record = &fetched.record;
    assert_eq!(
        (record.from, record.digest, record.size),
        (Place::Network, digest, bytes.len() as u64)
    );
    assert_eq!(
        (record.index, record.provenance, record.pinned),
        (IndexDigest::Agrees, Provenance::NotAsked, false)
    );
    assert_eq!(record.url, Some(server.url("/charts/some-1.2.0.tgz")));
    assert!(record.fetched.unwrap() >= before);
    let events = told.events();
    let what = "chart some ^1".to_owned();
    assert_eq!(
        events.first(),
        Some(&FetchEvent::Started {
            what: what.clone(),
            from: server.url("/charts/")
        })
    );
    assert_eq!(
        events.last(),
        Some(&FetchEvent::Done {
            what: what.clone(),
            bytes: bytes.len() as u64
        })
    );
    let size = bytes.len() as u64;
    assert!(
        events.contains(&FetchEvent::Bytes {
            what: what.clone(),
            done: size,
            total: Some(size)
        }),
        "{events:?}"
    );

    // With the lock and the cache, nobody is asked.
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry.clone());
    assert_eq!(fetched.entry.source, record.url);
    server.asked();
    let again = Store::new(cache.path(), options).chart(&want, &lock).await.unwrap();
    assert_eq!((again.record.from, again.record.pinned), (Place::Cache, true));
    assert_eq!(again.record.fetched, record.fetched);
    assert_eq!(
        (again.bytes, again.entry),
        (fetched.bytes.clone(), fetched.entry.clone())
    );
    assert_eq!(told.events().last(), Some(&FetchEvent::Cached { what }));
    // Pinned, but not at hand: the archive alone.
    let other = tempfile::tempdir().unwrap();
    let again = store(&other).chart(&want, &lock).await.unwrap();
    assert_eq!(
        (again.record.from, again.entry),
        (Place::Network, fetched.entry.clone())
    );
    assert_eq!(server.asked(), ["/charts/some-1.2.0.tgz"]);
    // It has moved since.
    server.page("/charts/some-1.2.0.tgz", [status(404)]);
    server.page(
        "/charts/index.yaml",
        [ok(index(
            "some",
            &[("1.3.0", "x", None), ("1.2.0", "new/some.tgz", Some(digest))],
        ))],
    );
    server.page("/charts/new/some.tgz", [ok(bytes)]);
    let other = tempfile::tempdir().unwrap();
    let again = store(&other).chart(&want, &lock).await.unwrap();
    assert_eq!((again.record.from, again.entry), (Place::Network, fetched.entry));
}

#[tokio::test]
async fn the_index_is_read_again_only_when_it_has_changed() {
    let server = Server::start().await;
    let text = index("some", &[("1.0.0", "a.tgz", None)]);
    server.page("/index.yaml", [ok(text).etag("\"1\"")]);
    server.page("/a.tgz", [ok(archive("some", "1.0.0"))]);
    let cache = tempfile::tempdir().unwrap();
    let want = chart(&server.url(""), "some", "");
    let first = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    let second = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(first.bytes, second.bytes);
    let index_requests: Vec<_> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.path == "/index.yaml")
        .collect();
    assert_eq!(index_requests.len(), 2);
    assert_eq!(index_requests[0].headers.get("if-none-match"), None);
    assert_eq!(index_requests[1].headers["if-none-match"], "\"1\"");
    // A newer one is taken.
    server.page(
        "/index.yaml",
        [ok(index("some", &[("1.0.0", "a.tgz", None), ("1.1.0", "b.tgz", None)])).etag("\"2\"")],
    );
    server.page("/b.tgz", [ok(archive("some", "1.1.0"))]);
    let third = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(third.entry.version, "1.1.0");
    // One that is kept but damaged is not asked about.
    let kept = std::fs::read_dir(cache.path().join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let kept = kept.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    kept.for_each(|path| std::fs::write(path, "x").unwrap());
    assert_eq!(
        store(&cache)
            .chart(&want, &Lock::default())
            .await
            .unwrap()
            .entry
            .version,
        "1.1.0"
    );
    assert_eq!(
        server
            .seen()
            .iter()
            .rfind(|seen| seen.path == "/index.yaml")
            .unwrap()
            .headers
            .get("if-none-match"),
        None
    );
}

#[tokio::test]
async fn an_archive_may_be_anywhere_and_the_index_may_be_packed() {
    let (server, other) = (Server::start().await, Server::start().await);
    let bytes = |version: &str| archive("some", version);
    let far = other.url("/far/some.tgz?x=1");
    let entries = [
        ("1.0.0", "../up/a.tgz", Some(Digest::of(&bytes("1.0.0")))),
        ("2.0.0", far.as_str(), None),
        ("3.0.0", "/root/c.tgz", None),
        ("4.0.0", "d.tgz", None),
        ("5.0.0", "file:///etc/passwd", None),
    ];
    let text = packed(index("some", &entries).as_bytes());
    server.page(
        "/r/charts/index.yaml?key=1",
        [ok(text).header("content-encoding", "gzip")],
    );
    server.page("/r/up/a.tgz?key=1", [ok(bytes("1.0.0"))]);
    other.page("/far/some.tgz?x=1", [ok(bytes("2.0.0"))]);
    server.page("/root/c.tgz?key=1", [redirect("/moved/c.tgz")]);
    server.page("/moved/c.tgz", [redirect(&other.url("/c"))]);
    other.page("/c", [ok(bytes("3.0.0"))]);
    server.page("/r/charts/d.tgz?key=1", [redirect("d.tgz?key=1")]);
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    let want = |version: &str| chart(&server.url("/r/charts?key=1"), "some", version);
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        let fetched = ours
            .chart(&want(version), &Lock::default())
            .await
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!(fetched.bytes, bytes(version));
        assert!(
            !fetched.entry.source.as_ref().unwrap().contains('?'),
            "{:?}",
            fetched.entry
        );
        assert_eq!(fetched.entry.repo, server.url("/r/charts"));
    }
    let round = ours.chart(&want("4.0.0"), &Lock::default()).await.unwrap_err();
    assert!(
        matches!(
            round,
            FetchError::Redirect {
                why: "after ten redirects",
                ..
            }
        ),
        "{round}"
    );
    let local = ours.chart(&want("5.0.0"), &Lock::default()).await.unwrap_err();
    assert!(matches!(local, FetchError::Answer { .. }), "{local}");
}

#[tokio::test]
async fn an_unknown_chart_or_version_is_told_with_what_there_is() {
    let server = Server::start().await;
    let versions = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0-rc.1"];
    let entries = versions.map(|version| (version, "x", None));
    server.page("/index.yaml", [ok(index("cert-manager", &entries))]);
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    let error = |name: &'static str, version: &'static str| {
        let want = chart(&server.url(""), name, version);
        let (ours, host) = (&ours, &server.host);
        async move {
            let error = ours.chart(&want, &Lock::default()).await.unwrap_err();
            format!("{error}\n{}", error.hint()).replace(host, "HOST")
        }
    };
    insta::assert_snapshot!(error("certmanager", "1").await, @r#"
    http://HOST has no chart certmanager; it has cert-manager
    did you mean `cert-manager`?
    "#);
    insta::assert_snapshot!(error("zzz", "1").await, @r#"
    http://HOST has no chart zzz
    check the name and the repository; the chart's own page names both
    "#);
    insta::assert_snapshot!(error("cert-manager", "^2").await, @r#"
    http://HOST has no version of cert-manager that fits `^2`; the newest of its 6 are 1.5.0-rc.1, 1.4.0, 1.3.0, 1.2.0, 1.1.0
    take one that exists, for example `version: 1.4.0`
    "#);
    insta::assert_snapshot!(error("cert-manager", "newest").await, @r#"
    the version of chart cert-manager cannot be used: `newest` is neither a version nor a range of versions (improper constraint: "newest")
    correct it in hoist.yaml
    "#);
}

#[tokio::test]
async fn a_provenance_file_is_compared_when_it_is_asked_for() {
    let server = Server::start().await;
    let bytes = archive("some", "1.0.0");
    let prov = |digest: Digest| {
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nname: some\n\n...\nfiles:\n  some-1.0.0.tgz: {digest}\n-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
        )
    };
    server.page("/index.yaml", [ok(index("some", &[("1.0.0", "some-1.0.0.tgz", None)]))]);
    server.page("/some-1.0.0.tgz", [ok(bytes.clone())]);
    let fetch = || async {
        let cache = tempfile::tempdir().unwrap();
        let ours = Store::new(
            cache.path(),
            Options {
                provenance: true,
                ..quick()
            },
        );
        ours.chart(&chart(&server.url(""), "some", ""), &Lock::default())
            .await
            .map(|fetched| fetched.record.provenance)
    };
    assert_eq!(fetch().await, Ok(Provenance::Absent));
    let text = prov(Digest::of(&bytes));
    server.page("/some-1.0.0.tgz.prov", [ok(text.clone())]);
    assert_eq!(
        fetch().await,
        Ok(Provenance::Agrees {
            file: Digest::of(text.as_bytes())
        })
    );
    server.page("/some-1.0.0.tgz.prov", [ok(prov(Digest::of(b"other")))]);
    assert!(matches!(
        fetch().await,
        Err(FetchError::Digest {
            said_by: "its provenance file",
            ..
        })
    ));
    server.page("/some-1.0.0.tgz.prov", [ok("<html>")]);
    assert!(matches!(
        fetch().await,
        Err(FetchError::Answer {
            expected: "a provenance file for it",
            ..
        })
    ));
}

#[tokio::test]
async fn what_many_ask_for_is_fetched_once_and_a_few_at_a_time() {
    let server = Server::start().await;
    let entries = ["1.0.0", "2.0.0", "3.0.0", "4.0.0"];
    let urls = entries.map(|version| format!("{version}.tgz"));
    let listed: Vec<_> = entries
        .iter()
        .zip(&urls)
        .map(|(version, url)| (*version, url.as_str(), None))
        .collect();
    server.page("/index.yaml", [ok(index("some", &listed))]);
    for version in entries {
        server.page(&format!("/{version}.tgz"), [ok(archive("some", version))]);
    }
    let cache = tempfile::tempdir().unwrap();
    let ours = Store::new(cache.path(), Options { parallel: 2, ..quick() });
    let wants: Vec<_> = (0..12)
        .map(|at| chart(&server.url(""), "some", entries[at % 4]))
        .collect();
    let fetched = ours.charts(&wants, &Lock::default()).await;
    for (want, fetched) in wants.iter().zip(fetched) {
        assert_eq!(fetched.unwrap().entry.version, want.version);
    }
    let mut asked = server.asked();
    asked.sort();
    assert_eq!(
        asked,
        ["/1.0.0.tgz", "/2.0.0.tgz", "/3.0.0.tgz", "/4.0.0.tgz", "/index.yaml"]
    );
}

#[tokio::test]
async fn a_mirror_serves_archives_that_its_index_names_elsewhere() {
    let (mirror, other) = (Server::start().await, Server::start().await);
    let folder = tempfile::tempdir().unwrap();
    let bytes = |version: &str| archive("some", version);
    let entries = [
        (
            "1.0.0",
            "https://charts.example/stable/a.tgz",
            Some(Digest::of(&bytes("1.0.0"))),
        ),
        ("2.0.0", "https://releases.example/x/b.tgz", None),
        (
            "3.0.0",
            "https://releases.example/x/c.tgz",
            Some(Digest::of(&bytes("3.0.0"))),
        ),
        ("4.0.0", "https://releases.example/local/d.tgz", None),
    ];
    mirror.page("/m/index.yaml", [ok(index("some", &entries))]);
    mirror.page("/m/a.tgz", [ok(bytes("1.0.0"))]);
    other.page("/gh/b.tgz", [ok(bytes("2.0.0"))]);
    other.page("/gh/c.tgz", [ok(bytes("other"))]);
    std::fs::write(folder.path().join("d.tgz"), bytes("4.0.0")).unwrap();
    let (there, here) = (other.url("/gh"), format!("file://{}", folder.path().display()));
    let options = Options {
        mirror: Some(std::sync::Arc::new(move |url: &str| {
            let local = url
                .strip_prefix("https://releases.example/local")
                .map(|rest| format!("{here}{rest}"));
            local.or_else(|| Some(format!("{there}{}", url.strip_prefix("https://releases.example/x")?)))
        })),
        ..quick()
    };
    let cache = tempfile::tempdir().unwrap();
    let ours = Store::new(cache.path(), options.clone());
    let want = |version: &str| {
        let mut want = chart("https://charts.example/stable", "some", version);
        want.mirror = Some(mirror.url("/m"));
        want
    };
    for version in ["1.0.0", "2.0.0", "4.0.0"] {
        let fetched = ours
            .chart(&want(version), &Lock::default())
            .await
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!((fetched.bytes, fetched.entry.source), (bytes(version).into(), None));
    }
    let error = ours.chart(&want("3.0.0"), &Lock::default()).await.unwrap_err();
    assert!(
        matches!(&error, FetchError::Digest { url, .. } if *url == other.url("/gh/c.tgz")),
        "{error}"
    );
    // Without a mirror of the repository itself, the lock has the archive's own URL.
    mirror.page("/own/index.yaml", [ok(index("some", &entries))]);
    let own = chart(&mirror.url("/own"), "some", "2.0.0");
    let fetched = Store::new(cache.path(), options.clone())
        .chart(&own, &Lock::default())
        .await
        .unwrap();
    assert_eq!(
        fetched.entry.source.as_deref(),
        Some("https://releases.example/x/b.tgz")
    );
    assert_eq!(fetched.record.url, Some(other.url("/gh/b.tgz")));
    // And is led to the mirror by it.
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry);
    mirror.asked();
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(
        Store::new(cache.path(), options)
            .chart(&own, &lock)
            .await
            .unwrap()
            .bytes,
        bytes("2.0.0")
    );
    assert_eq!(mirror.asked(), [""; 0]);
}
