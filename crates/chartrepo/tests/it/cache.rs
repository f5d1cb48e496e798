//! The cache: damaged, shared, full of leftovers, closed.

use hoist_chartrepo::{Digest, FetchError, Lock, LockFile, Options, Place, Store};

use crate::archives::{archive, chart, index};
use crate::server::{Server, ok, quick, store};

async fn repository(bytes: &[u8]) -> Server {
    let server = Server::start().await;
    server.page(
        "/index.yaml",
        [ok(index("some", &[("1.0.0", "some.tgz", Some(Digest::of(bytes)))]))],
    );
    server.page("/some.tgz", [ok(bytes)]);
    server
}

#[tokio::test]
async fn a_damaged_archive_is_set_aside_and_fetched_again() {
    let bytes = archive("some", "1.0.0");
    let server = repository(&bytes).await;
    let cache = tempfile::tempdir().unwrap();
    let want = chart(&server.url(""), "some", "1.0.0");
    let fetched = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry);
    for lock in [Lock::default(), lock.clone()] {
        std::fs::write(&fetched.path, "damaged").unwrap();
        let again = store(&cache).chart(&want, &lock).await.unwrap();
        assert_eq!((again.record.from, &again.bytes), (Place::Network, &fetched.bytes));
        assert_eq!(std::fs::read(&fetched.path).unwrap(), bytes);
        assert_eq!(
            std::fs::read(fetched.path.with_extension("damaged")).unwrap(),
            b"damaged"
        );
    }
    // Without the network, it is named.
    std::fs::write(&fetched.path, "damaged").unwrap();
    let offline = || {
        Store::new(
            cache.path(),
            Options {
                offline: true,
                ..quick()
            },
        )
    };
    let error = offline().chart(&want, &lock).await.unwrap_err();
    assert!(
        matches!(&error, FetchError::Damaged { file, .. } if file.ends_with(fetched.path.with_extension("damaged").file_name().unwrap())),
        "{error}"
    );
    let error = offline().chart(&want, &lock).await.unwrap_err();
    assert!(matches!(&error, FetchError::Offline { .. }), "{error}");
}

#[tokio::test]
async fn who_was_killed_while_writing_does_no_harm() {
    let bytes = archive("some", "1.0.0");
    let server = repository(&bytes).await;
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("sha256");
    std::fs::create_dir_all(&folder).unwrap();
    // Between the temporary file and its name; and between the record and the content.
    let digest = Digest::of(&bytes).hex();
    std::fs::write(folder.join(".hoist-part-abc"), &bytes[..10]).unwrap();
    std::fs::write(folder.join(format!("{digest}.json")), "{ half").unwrap();
    let want = chart(&server.url(""), "some", "");
    let fetched = store(&cache).chart(&want, &Lock::default()).await.unwrap();
    assert_eq!(std::fs::read(&fetched.path).unwrap(), bytes);
    // The record of what was at hand may be lost.
    std::fs::write(folder.join(format!("{digest}.json")), "{ half").unwrap();
    let mut lock = Lock::default();
    lock.put_chart(fetched.entry);
    let again = store(&cache).chart(&want, &lock).await.unwrap();
    assert_eq!((again.record.from, again.record.fetched), (Place::Cache, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_may_fill_one_cache() {
    let bytes = archive("some", "1.0.0");
    let server = repository(&bytes).await;
    let cache = tempfile::tempdir().unwrap();
    let want = chart(&server.url(""), "some", "");
    let fetches = (0..8).map(|_| {
        let (store, want) = (store(&cache), want.clone());
        tokio::spawn(async move { store.chart(&want, &Lock::default()).await })
    });
    for fetched in futures::future::join_all(fetches).await {
        let fetched = fetched.unwrap().unwrap();
        assert_eq!(std::fs::read(&fetched.path).unwrap(), bytes);
    }
    let left: Vec<_> = std::fs::read_dir(cache.path().join("sha256"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_is_named() {
    let bytes = archive("some", "1.0.0");
    let server = repository(&bytes).await;
    let folder = tempfile::tempdir().unwrap();
    // Not by permissions: tests may run as root.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let ours = Store::new(folder.path().join("file/cache"), quick());
    let error = ours
        .chart(&chart(&server.url(""), "some", ""), &Lock::default())
        .await
        .unwrap_err();
    assert!(matches!(error, FetchError::NotWritable { .. }), "{error:?}");
    assert!(error.hint().contains("cache folder"));
}

#[tokio::test]
async fn the_lock_is_written_only_when_it_changes() {
    let bytes = archive("some", "1.0.0");
    let server = repository(&bytes).await;
    let folder = tempfile::tempdir().unwrap();
    let file = LockFile::new(folder.path().join("hoist.lock"));
    let mut lock = file.read().unwrap();
    assert_eq!((file.write(&lock), file.path().exists()), (Ok(false), false));
    let cache = tempfile::tempdir().unwrap();
    lock.put_chart(
        store(&cache)
            .chart(&chart(&server.url(""), "some", ""), &lock)
            .await
            .unwrap()
            .entry,
    );
    assert_eq!((file.write(&lock), file.write(&lock)), (Ok(true), Ok(false)));
    assert_eq!(file.read().unwrap(), lock);
    lock.forget("some");
    assert_eq!(file.write(&lock), Ok(true));
    assert_eq!(file.read().unwrap(), Lock::default());
    std::fs::write(file.path(), "[[chart]]\nname = 1\n").unwrap();
    assert_eq!(file.read().unwrap_err().line, Some(2));
}
