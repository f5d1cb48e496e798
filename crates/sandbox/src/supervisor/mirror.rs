//! What the sandbox serves in place of the world's download servers: Helm repositories, and the kexec installer.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Serves the files below `charts` under `/charts/`, and the installers under `/kexec/`.
pub(super) fn router(charts: Option<PathBuf>, installer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Router {
    let installer = Arc::new(installer);
    let kexec = get(async move |UrlPath(name): UrlPath<String>| match architecture(&name) {
        Some(architecture) => ([(header::CONTENT_TYPE, "application/gzip")], installer(architecture)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    });
    Router::new()
        .route("/charts/{*path}", get(chart))
        .with_state(charts)
        .route("/kexec/{name}", kexec)
}

fn architecture(name: &str) -> Option<&str> {
    name.strip_prefix("nixos-kexec-installer-noninteractive-")?
        .strip_suffix("-linux.tar.gz")
}

async fn chart(State(root): State<Option<PathBuf>>, UrlPath(path): UrlPath<String>) -> Response {
    let path = Path::new(&path);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    let Some(root) = root.filter(|_| inside) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(root.join(path)).await {
        Ok(content) => content.into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The upstream addresses that the repositories below `charts` stand for, as `URL=URL` pairs separated by commas.
pub(super) fn mirrors(charts: &Path, base: &str) -> Option<String> {
    let text = std::fs::read_to_string(charts.join("mirrors.json")).ok()?;
    let table: std::collections::BTreeMap<String, String> = serde_json::from_str(&text).ok()?;
    let pairs: Vec<String> = table
        .iter()
        .map(|(from, folder)| format!("{from}={base}/charts/{folder}"))
        .collect();
    Some(pairs.join(","))
}
