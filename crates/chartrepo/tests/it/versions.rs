//! Which version is taken: the one that the real helm takes, from the same index.

use hoist_chartrepo::{FetchError, Lock};

use crate::archives::{archive, chart, index};
use crate::helm::{archive_in, helm};
use crate::server::{Server, ok, store};

const VERSIONS: &[&str] = &[
    "0.0.1",
    "0.0.3",
    "0.0.4",
    "0.1.0",
    "0.2.3",
    "0.2.4-rc.1",
    "0.3.0",
    "1.0.0-alpha",
    "1.0.0",
    "1.0.1",
    "1.1.0-beta.2",
    "1.1.0-beta.11",
    "1.1.0",
    "1.2.0",
    "1.2.3",
    "1.2.3+build.7",
    "v1.3.0",
    "1.10.0",
    "1.18.4",
    "1.18.9",
    "1.19.0",
    "2.0.0-rc.1",
    "2.0.0",
    "2.1",
    "3",
    "10.0.0-pre",
    "4.0.0-1",
    "4.0.0-a",
];

/// What people write, and what they write by mistake.
const REQUESTS: &[&str] = &[
    "",
    "1.2.3",
    "v1.2.3",
    "1.3.0",
    "v1.3.0",
    "1.2.3+build.7",
    "1.2.3+other",
    "=1.0.0",
    "1.2",
    "1",
    "2.1",
    "3",
    "^1.2",
    "^1",
    "^0.2.3",
    "^0.2",
    "^0.0.3",
    "^0.0",
    "^0",
    "^*",
    "~1.18",
    "~1.18.4",
    "~1",
    "~>1.18.0",
    "~0.0.0",
    "~*",
    "1.x",
    "1.1.x",
    "x",
    "*",
    "1.X.3",
    ">=1 <2",
    ">=1, <2",
    ">1",
    ">1.1",
    ">1.18.4",
    "<=1",
    "<=1.18",
    "<1.0.0",
    "<1.0.0-beta",
    "=>1.19",
    "=<0.3.0",
    "!=3",
    "!=3 <3",
    "!=2.x <3",
    "1 - 1.18",
    "1.0.0 - 1.2.3 || 0.2.3",
    "^0.1 || ^0.2",
    ">0.0.0-0",
    ">=1.1.0-beta.2 <1.1.0",
    "~2.0.0-0",
    "^4.0.0-0",
    "10.0.0-pre",
    "~10.0.0-alpha",
    "9",
    "latest",
    ">=",
    "1.2.3.4",
    "1 - 2||3 - 4",
    "  1.2.0",
    "1.2.0  ",
    ">= 1.2.0,<1.3",
    "2.0.0-rc.1",
    "4.0.0-b",
    "01.2.0",
    "1.0",
    "^1.0.0-alpha <1.0.1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_version_is_the_one_that_helm_takes() {
    let server = Server::start().await;
    let urls: Vec<String> = VERSIONS
        .iter()
        .map(|version| format!("charts/some-{version}.tgz"))
        .collect();
    let entries: Vec<_> = VERSIONS
        .iter()
        .zip(&urls)
        .map(|(version, url)| (*version, url.as_str(), None))
        .collect();
    server.page("/index.yaml", [ok(index("some", &entries))]);
    for (version, url) in VERSIONS.iter().zip(&urls) {
        server.page(&format!("/{url}"), [ok(archive("some", version))]);
    }
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    let repo = server.url("");
    let ask_helm = |request: &'static str| {
        let repo = repo.clone();
        tokio::task::spawn_blocking(move || {
            let home = tempfile::tempdir().unwrap();
            let output = helm(home.path(), &["pull", "--repo", &repo, "some", "--version", request]);
            (
                archive_in(home.path()),
                String::from_utf8_lossy(&output.stderr).into_owned(),
            )
        })
    };
    let mut wrong = Vec::new();
    for requests in REQUESTS.chunks(4) {
        let theirs: Vec<_> = requests.iter().map(|request| ask_helm(request)).collect();
        for (request, theirs) in requests.iter().zip(theirs) {
            let (theirs, said) = theirs.await.unwrap();
            let ours = ours.chart(&chart(&repo, "some", request), &Lock::default()).await;
            match (&ours, theirs) {
                (Ok(ours), Some((name, bytes)))
                    if format!("some-{}.tgz", ours.entry.version) == name && ours.bytes == bytes => {}
                (Err(FetchError::UnknownVersion { .. } | FetchError::Reference { .. }), None) => {}
                (ours, theirs) => wrong.push(format!(
                    "{request:?}: ours {:?}, helm's {:?} ({said})",
                    ours.as_ref().map(|fetched| &fetched.entry.version),
                    theirs.map(|(name, _)| name)
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// JSON, which helm reads without complaining of fields that it does not know.
const ODD: &str = r#"{"apiVersion":"v1","future":1,"entries":{"some":[
    null,
    {"version":"9.0.0","urls":["x"]},
    {"name":"some","version":"8.0.0","type":"plugin","urls":["x"]},
    {"name":"..","version":"7.0.0","urls":["x"]},
    {"name":"some","urls":["x"]},
    {"name":"some","version":"next","urls":["x"]},
    {"name":"some","version":"1.0.0","urls":["charts/some-1.0.0.tgz"],"future":{"a":[1]}},
    {"name":"other","version":"2.0.0","urls":["charts/some-2.0.0.tgz","x"],"type":"library","deprecated":true},
    {"name":"some","version":"v3.0.0-rc.1","urls":["charts/some-v3.0.0-rc.1.tgz"]},
    {"name":"some","version":"1.5.0","urls":[]}
],"none":null}}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_entries_are_passed_over_as_helm_passes_over_them() {
    let server = Server::start().await;
    server.page("/index.yaml", [ok(ODD)]);
    for version in ["1.0.0", "2.0.0", "v3.0.0-rc.1"] {
        server.page(&format!("/charts/some-{version}.tgz"), [ok(archive("some", version))]);
    }
    let cache = tempfile::tempdir().unwrap();
    let ours = store(&cache);
    for (name, request, expected) in [
        ("some", "", Some("2.0.0")),
        ("some", "^1", None),
        ("some", "~1.0", Some("1.0.0")),
        ("some", ">2-0", Some("v3.0.0-rc.1")),
        ("some", ">=7", None),
        ("none", "", None),
        ("other", "", None),
    ] {
        let repo = server.url("");
        let theirs = tokio::task::spawn_blocking(move || {
            let home = tempfile::tempdir().unwrap();
            helm(home.path(), &["pull", "--repo", &repo, name, "--version", request]);
            archive_in(home.path()).map(|(name, _)| name)
        });
        let ours = ours
            .chart(&chart(&server.url(""), name, request), &Lock::default())
            .await;
        let ours = ours.map(|fetched| (fetched.entry.version, fetched.record.deprecated));
        let deprecated = expected == Some("2.0.0");
        assert_eq!(
            ours.as_ref().ok(),
            expected.map(|version| (version.to_owned(), deprecated)).as_ref(),
            "{name} {request:?} {ours:?}"
        );
        assert_eq!(
            theirs.await.unwrap(),
            expected.map(|version| format!("some-{version}.tgz")),
            "{name} {request:?}"
        );
    }
}
