//! Everything in one folder, and nothing but this folder.

use hoist_chartrepo::{Digest, FetchError, Lock, Options, Place, Store};

use crate::archives::{archive, chart, file, index};
use crate::server::{Server, ok, quick, store};

#[tokio::test]
async fn a_folder_serves_what_was_put_into_it() {
    let server = Server::start().await;
    let bytes = archive("some", "1.2.0");
    server.page(
        "/index.yaml",
        [ok(index(
            "some",
            &[("1.2.0", "some.tgz", None), ("1.0.0", "old.tgz", None)],
        ))],
    );
    server.page("/some.tgz", [ok(bytes.clone())]);
    server.page("/old.tgz", [ok(archive("some", "1.0.0"))]);
    server.page("/crds.yaml", [ok("kind: A\n")]);
    let charts = [
        chart(&server.url(""), "some", "^1"),
        chart(&server.url(""), "some", "1.0.0"),
        chart(&server.url(""), "some", "^1"),
    ];
    let files = [file(&server.url("/crds.yaml"))];
    let (cache, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vendored = store(&cache)
        .vendor(&charts, &files, &Lock::default(), folder.path())
        .await
        .unwrap();
    assert_eq!(
        (vendored.written.len(), vendored.unchanged.len(), vendored.records.len()),
        (3, 0, 4)
    );
    let lock = vendored.lock;
    assert_eq!((lock.charts().len(), lock.files().len()), (2, 1));
    for path in &vendored.written {
        assert!(path.starts_with(folder.path()), "{path:?}");
    }
    // The same once more changes nothing.
    let again = store(&cache)
        .vendor(&charts, &files, &lock, folder.path())
        .await
        .unwrap();
    assert_eq!(
        (again.written.len(), again.unchanged.len(), again.lock),
        (0, 3, lock.clone())
    );
    drop(server);
    for lock in [lock.clone(), Lock::default()] {
        let offline = Store::offline(folder.path());
        let fetched = offline.chart(&charts[0], &lock).await.unwrap();
        assert_eq!((&fetched.bytes[..], fetched.record.from), (&bytes[..], Place::Vendor));
        assert_eq!(fetched.entry.version, "1.2.0");
        let fetched = offline.file(&files[0], &lock).await.unwrap();
        assert_eq!(
            (&fetched.bytes[..], fetched.record.from),
            (&b"kind: A\n"[..], Place::Vendor)
        );
    }
    // A store with the network looks there first, and one without names what is missing.
    let empty = tempfile::tempdir().unwrap();
    let with_folder = Options {
        vendor: Some(folder.path().into()),
        ..quick()
    };
    let fetched = Store::new(empty.path(), with_folder.clone())
        .chart(&charts[0], &lock)
        .await
        .unwrap();
    assert_eq!(fetched.record.from, Place::Vendor);
    let missing = [chart("https://charts.example", "other", "1"), charts[0].clone()];
    let errors = Store::offline(folder.path())
        .vendor(&missing, &[file("https://files.example/x")], &lock, empty.path())
        .await
        .unwrap_err();
    assert_eq!(errors.len(), 2);
    assert!(
        errors[0].to_string().starts_with("chart other 1 is not at hand"),
        "{}",
        errors[0]
    );
    assert!(
        errors[1]
            .to_string()
            .starts_with("file https://files.example/x is not at hand"),
        "{}",
        errors[1]
    );
    assert!(errors.iter().all(|error| error.hint().contains("hoist vendor")));
    // A vendored file that is not what the lock says is refused, with the network too.
    let path = &fetched.path;
    std::fs::write(path, archive("some", "6.6.6")).unwrap();
    for options in [
        with_folder.clone(),
        Options {
            offline: true,
            ..with_folder
        },
    ] {
        let error = Store::new(empty.path(), options)
            .chart(&charts[0], &lock)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, FetchError::Damaged { file, digests, .. } if file == path && digests.expected == Digest::of(&bytes)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_is_named_and_left() {
    let server = Server::start().await;
    server.page(
        "/index.yaml",
        [ok(index(
            "some",
            &[("1.2.0", "some.tgz", None), ("1.0.0", "some.tgz", None)],
        ))],
    );
    server.page("/some.tgz", [ok(archive("some", "1"))]);
    server.page("/x", [ok("x")]);
    let (cache, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let want = |version: &str| [chart(&server.url(""), "some", version)];
    let first = store(&cache)
        .vendor(
            &want("1.0.0"),
            &[file(&server.url("/x"))],
            &Lock::default(),
            folder.path(),
        )
        .await
        .unwrap();
    let second = store(&cache)
        .vendor(&want("1.2.0"), &[], &first.lock, folder.path())
        .await
        .unwrap();
    let mut stale = first.written;
    stale.sort();
    assert_eq!(second.stale, stale);
    assert!(stale.iter().all(|path| path.exists()));
    assert_eq!(
        (
            second.lock.charts().len(),
            second.lock.charts()[0].version.as_str(),
            second.lock.files().len()
        ),
        (1, "1.2.0", 0)
    );
}

#[tokio::test]
async fn a_folder_stands_for_a_repository() {
    let folder = tempfile::tempdir().unwrap();
    for version in ["1.0.0", "v1.1.0"] {
        std::fs::write(
            folder.path().join(format!("some-{version}.tgz")),
            archive("some", version),
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("bad-1.0.0.tgz"), "x").unwrap();
    let url = format!("file://{}", folder.path().display());
    let (cache, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // It needs neither the network nor the cache.
    let ours = Store::new(
        cache.path().join("none"),
        Options {
            offline: true,
            ..quick()
        },
    );
    let mut want = chart("https://charts.example", "some", "1.1.0");
    want.mirror = Some(url.clone());
    let fetched = ours.chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(
        (fetched.record.from, fetched.entry.version.as_str()),
        (Place::Folder, "v1.1.0")
    );
    assert_eq!(fetched.entry.repo, "https://charts.example");
    assert!(!cache.path().join("none").exists());
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry);
    std::fs::write(&fetched.path, archive("some", "other")).unwrap();
    let error = Store::new(other.path(), quick()).chart(&want, &lock).await.unwrap_err();
    assert!(matches!(error, FetchError::Changed { .. }), "{error}");
    let error = ours.chart(&chart(&url, "bad", ""), &Lock::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::NotArchive { .. }), "{error}");
    let error = ours
        .chart(&chart(&url, "sone", ""), &Lock::default())
        .await
        .unwrap_err();
    assert!(error.hint().contains("some"), "{error} {}", error.hint());
}
