//! Charts, rendered by the real helm from the packed charts; and by stand-ins that do what helm does on a bad day.

mod differential;
mod settle;
mod unit;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::get;
use hoist_chart::{ChartError, Helm, HelmChart};
use serde_json::{Value, json};

/// A tool that `cargo xtask tools` builds.
fn tool(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"));
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .and_then(|path| path.canonicalize().ok())
        .unwrap_or_else(|| panic!("{name} is missing: run `cargo xtask tools` (looked in {folders:?})"))
}

fn fake(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake").join(name)
}

/// metrics-server's chart, small and without CRDs, from a folder.
fn chart() -> HelmChart {
    HelmChart {
        repo: "https://kubernetes-sigs.github.io/metrics-server".into(),
        name: "metrics-server".into(),
        version: "3.13.1".into(),
        namespace: "numbers".into(),
        release: "numbers".into(),
        values: serde_json::Map::new(),
        include_crds: true,
        kube_version: Some("v1.36.3".into()),
        api_versions: Vec::new(),
        mirror: Some(format!("file://{}", tool("charts").join("metrics-server").display())),
    }
}

fn find<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects
        .iter()
        .find(|object| object["kind"] == kind)
        .unwrap_or_else(|| panic!("no {kind}"))
}

#[tokio::test]
async fn a_chart_becomes_objects_with_their_namespaces() {
    let cache = tempfile::tempdir().unwrap();
    let helm = Helm::new(tool("helm"), cache.path());
    let mut chart = chart();
    chart.values = json!({ "replicas": 3 }).as_object().unwrap().clone();
    let objects = helm.template(&chart).await.unwrap_or_else(|error| panic!("{error}"));
    let deployment = find(&objects, "Deployment");
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(deployment["metadata"]["namespace"], "numbers");
    assert_eq!(find(&objects, "ClusterRole")["metadata"].get("namespace"), None);
    assert_eq!(objects, helm.template(&chart).await.unwrap());
    // Nothing of the person's own helm is read or written, and a folder needs no copy.
    assert!(!cache.path().join("archives").exists());
}

#[tokio::test]
async fn cilium_renders_the_same_twice_and_its_modes_are_octal() {
    let mut chart = chart();
    chart.name = "cilium".into();
    chart.version = "1.20.0".into();
    chart.mirror = Some(format!("file://{}", tool("charts").join("cilium").display()));
    chart.values = json!({ "hubble": { "tls": { "auto": { "method": "cronJob" } } } })
        .as_object()
        .unwrap()
        .clone();
    let cache = tempfile::tempdir().unwrap();
    // Two programs, so that the second does not answer from memory.
    let (first, second) = (
        Helm::new(tool("helm"), cache.path()),
        Helm::new(tool("helm"), cache.path()),
    );
    let objects = first.template(&chart).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(objects, second.template(&chart).await.unwrap());
    let modes = find(&objects, "DaemonSet").to_string();
    assert!(modes.contains(r#""defaultMode":256"#), "0400 is 256");
    assert!(!modes.contains(r#""defaultMode":400"#));
}

/// Serves a folder as a Helm repository, and counts the requests.
async fn repository(folder: PathBuf) -> (String, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let serve = async |State((folder, count)): State<(PathBuf, Arc<AtomicUsize>)>, UrlPath(name): UrlPath<String>| {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::fs::read(folder.join(name))
            .await
            .map_err(|_| StatusCode::NOT_FOUND)
    };
    let router = axum::Router::new()
        .route("/{name}", get(serve))
        .with_state((folder, Arc::clone(&count)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, count)
}

#[tokio::test]
async fn an_archive_is_fetched_once_and_kept_with_its_digest() {
    let (url, count) = repository(tool("charts").join("metrics-server")).await;
    let cache = tempfile::tempdir().unwrap();
    let mut chart = chart();
    chart.mirror = Some(url);
    let objects = Helm::new(tool("helm"), cache.path())
        .template(&chart)
        .await
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(find(&objects, "Service")["metadata"]["namespace"], "numbers");
    let asked = count.load(Ordering::SeqCst);
    assert!(asked >= 2, "an index and an archive");
    assert_eq!(
        objects,
        Helm::new(tool("helm"), cache.path()).template(&chart).await.unwrap()
    );
    assert_eq!(
        count.load(Ordering::SeqCst),
        asked,
        "the second time comes from the cache"
    );

    // An archive that changed on disk is not rendered.
    let dir = std::fs::read_dir(cache.path().join("archives"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let archive = dir.join("metrics-server-3.13.1.tgz");
    assert!(archive.is_file() && dir.join("metrics-server-3.13.1.tgz.sha256").is_file());
    std::fs::write(&archive, "damaged").unwrap();
    let error = Helm::new(tool("helm"), cache.path())
        .template(&chart)
        .await
        .unwrap_err();
    assert!(matches!(error, ChartError::Digest { .. }), "{error}");
}

#[tokio::test]
async fn values_go_over_stdin_and_never_into_arguments() {
    let cache = tempfile::tempdir().unwrap();
    let mut chart = chart();
    chart.values = json!({ "password": "canary" }).as_object().unwrap().clone();
    let objects = Helm::new(fake("tells"), cache.path()).template(&chart).await.unwrap();
    let data = &objects[0]["data"];
    let args = data["args"].as_str().unwrap();
    assert!(
        args.starts_with("template numbers /") && args.contains("--values -"),
        "{args}"
    );
    assert!(!args.contains("canary"), "{args}");
    // {"password":"canary"}
    assert_eq!(data["values"], "eyJwYXNzd29yZCI6ImNhbmFyeSJ9");
    assert!(
        data["cache"]
            .as_str()
            .unwrap()
            .starts_with(cache.path().to_str().unwrap())
    );
    assert_eq!(data["kubeconfig"], "/dev/null");
}

#[tokio::test]
async fn each_failure_says_what_where_and_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    let real = Helm::new(tool("helm"), cache.path());
    let mut all = Vec::new();
    let mut told = |error: ChartError| {
        let charts = tool("charts").display().to_string();
        all.push(format!("{error}\n  hint: {}", error.hint()).replace(&charts, "CHARTS"));
    };
    told(
        Helm::missing("looked in HOIST_TOOLS and PATH")
            .template(&chart())
            .await
            .unwrap_err(),
    );
    told(
        Helm::new("/no/such/helm", cache.path())
            .template(&chart())
            .await
            .unwrap_err(),
    );
    let mut absent = chart();
    absent.version = "9.9.9".into();
    told(real.template(&absent).await.unwrap_err());
    let (url, _) = repository(tool("charts").join("metrics-server")).await;
    absent.mirror = Some(url.clone());
    told(
        real.template(&absent)
            .await
            .map_err(|error| strip(error, &url))
            .unwrap_err(),
    );
    let mut wrong = chart();
    wrong.values = json!({ "service": "not a map" }).as_object().unwrap().clone();
    told(real.template(&wrong).await.unwrap_err());
    let hangs = Helm::new(fake("hangs"), cache.path()).deadline(Duration::from_millis(50));
    told(hangs.template(&chart()).await.unwrap_err());
    insta::assert_snapshot!(all.join("\n"), @r#"
    chart metrics-server 3.13.1 cannot be rendered: there is no helm (looked in HOIST_TOOLS and PATH)
      hint: hoist renders charts with helm 4: install it, or set HOIST_TOOLS to its folder
    chart metrics-server 3.13.1 cannot be rendered: there is no helm (looked for /no/such/helm)
      hint: hoist renders charts with helm 4: install it, or set HOIST_TOOLS to its folder
    chart metrics-server 9.9.9 cannot be fetched from file://CHARTS/metrics-server: the folder has no metrics-server-9.9.9.tgz
      hint: check name and version with `helm search repo`; without a way out, name a mirror under `mirrors`
    chart metrics-server 9.9.9 cannot be fetched from URL: chart "metrics-server" version "9.9.9" not found in URL repository
      hint: check name and version with `helm search repo`; without a way out, name a mirror under `mirrors`
    chart metrics-server 3.13.1 cannot be rendered: metrics-server/templates/service.yaml:8:18; executing "metrics-server/templates/service.yaml" at <.Values.service.labels>:; can't evaluate field labels in type interface {}
      hint: check the component's values against the chart's own values.yaml
    chart metrics-server 3.13.1: helm gave no answer within 0.05 s while rendering, and was stopped
      hint: is the repository reachable? a mirror under `mirrors` may stand for it
    "#);
}

/// Takes the chosen port out of an error.
fn strip(error: ChartError, url: &str) -> ChartError {
    match error {
        ChartError::Fetch { chart, from, why } => ChartError::Fetch {
            chart,
            from: from.replace(url, "URL"),
            why: why.replace(url, "URL"),
        },
        other => other,
    }
}
