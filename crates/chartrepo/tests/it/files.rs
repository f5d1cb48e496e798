//! Files by their URLs: the same rules as for charts.

use hoist_chartrepo::{FetchError, Lock, Options, Place, Store};

use crate::archives::file;
use crate::server::{Server, ok, quick, status, store};

#[tokio::test]
async fn a_file_is_pinned_cached_and_refused_when_it_changes() {
    let server = Server::start().await;
    server.page("/a/crds.yaml?ref=1", [status(502), ok("kind: A\n")]);
    let cache = tempfile::tempdir().unwrap();
    let want = file(&server.url("/a/crds.yaml?ref=1#part"));
    let fetched = store(&cache).file(&want, &Lock::default()).await.unwrap();
    assert_eq!(
        (&fetched.bytes[..], fetched.record.from),
        (&b"kind: A\n"[..], Place::Network)
    );
    assert_eq!(fetched.entry.url, server.url("/a/crds.yaml?ref=1"));
    assert_eq!(std::fs::read(&fetched.path).unwrap(), b"kind: A\n");
    let mut lock = Lock::default();
    lock.put_file(fetched.entry);
    server.asked();
    let again = store(&cache).file(&want, &lock).await.unwrap();
    assert_eq!((again.record.from, again.record.pinned), (Place::Cache, true));
    assert_eq!(server.asked(), [""; 0]);
    server.page("/a/crds.yaml?ref=1", [ok("kind: B\n")]);
    let other = tempfile::tempdir().unwrap();
    let error = store(&other).file(&want, &lock).await.unwrap_err();
    let said = format!("{error}\n{}", error.hint()).replace(&server.host, "HOST");
    insta::assert_snapshot!(said, @r#"
    file http://HOST/a/crds.yaml?… from http://HOST/a/crds.yaml?… has changed: hoist.lock says sha256:7484dcdfb548dc36cb6cd1f2e55c294ae93e8806da968f3a3fe0397340cd200a, it is now sha256:842a98ecc59197765dbdcbb2d0d5d4b7ae2cba04843be0191e093dd2256587b7
    find out why it changed under the same version; if it is right, accept it with `hoist vendor --update http://HOST/a/crds.yaml?…`
    "#);
}

#[tokio::test]
async fn a_file_may_come_from_a_mirror_or_this_machine() {
    let server = Server::start().await;
    server.page("/mirror/x", [ok("mirrored")]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    std::fs::write(&path, "local").unwrap();
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    let mut want = file("https://files.example/x");
    want.mirror = Some(server.url("/mirror/x"));
    let fetched = ours.file(&want, &Lock::default()).await.unwrap();
    assert_eq!(
        (&fetched.bytes[..], fetched.entry.url.as_str()),
        (&b"mirrored"[..], "https://files.example/x")
    );
    let mut lock = Lock::default();
    lock.put_file(fetched.entry);
    want.mirror = Some(format!("file://{}", path.display()));
    let error = ours.file(&want, &lock).await.unwrap_err();
    assert!(matches!(error, FetchError::Changed { .. }), "{error}");
    let fetched = ours.file(&want, &Lock::default()).await.unwrap();
    assert_eq!(
        (&fetched.bytes[..], fetched.record.from),
        (&b"local"[..], Place::Folder)
    );
    std::fs::remove_file(&path).unwrap();
    let error = store(&cache).file(&want, &Lock::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::NotFound { .. }), "{error}");
    for url in ["oci://a.example/b", "ftp://a.example/b", "x.yaml", "file://relative"] {
        let error = ours.file(&file(url), &Lock::default()).await.unwrap_err();
        assert!(matches!(error, FetchError::Reference { .. }), "{error}");
    }
    let limited = Store::new(cache.path(), Options { max_file: 3, ..quick() });
    let error = limited
        .file(&file(&server.url("/mirror/x")), &Lock::default())
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::TooBig { limit: 3, .. }), "{error}");
}
