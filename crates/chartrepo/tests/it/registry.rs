//! A registry: the distribution specification as far as helm pushes and pulls. helm itself is its judge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hoist_chartrepo::Digest;
use serde_json::json;

use crate::server::listen;

/// Who may come in.
#[derive(Clone, Debug, Default)]
pub(crate) enum Door {
    #[default]
    Open,
    /// With this `Authorization` on each request.
    Basic(String),
    /// With a token, which is given to who comes with this `Authorization`, or to anybody.
    Bearer { authorization: Option<String> },
    /// With a token, which is given for this refresh token.
    Refresh(String),
}

#[derive(Debug, Default)]
struct Inner {
    blobs: BTreeMap<String, Vec<u8>>,
    /// By repository and tag or digest.
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    door: Door,
    page: usize,
    asked: Vec<String>,
    host: String,
    lie: Option<String>,
}

/// The registry. It ends with the test.
pub(crate) struct Registry {
    pub(crate) host: String,
    inner: Arc<Mutex<Inner>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Registry {
    pub(crate) async fn start(door: Door) -> Self {
        let inner = Arc::<Mutex<Inner>>::default();
        let app = axum::Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let (host, task) = listen(app).await;
        {
            let mut inner = inner.lock().unwrap();
            inner.host.clone_from(&host);
            inner.door = door;
            inner.page = 100;
        }
        Self { host, inner, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("oci://{}{path}", self.host)
    }

    /// How many tags come on a page.
    pub(crate) fn page(&self, size: usize) {
        self.inner.lock().unwrap().page = size;
    }

    /// Says that the next manifests have this digest.
    pub(crate) fn lie(&self, digest: &str) {
        self.inner.lock().unwrap().lie = Some(digest.into());
    }

    /// Puts content under the digest of another.
    pub(crate) fn spoil(&self, digest: &Digest, bytes: &[u8]) {
        self.inner
            .lock()
            .unwrap()
            .blobs
            .insert(digest.to_string(), bytes.into());
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> serde_json::Value {
        let digest = Digest::of(bytes).to_string();
        self.inner.lock().unwrap().blobs.insert(digest.clone(), bytes.into());
        json!({ "digest": digest, "size": bytes.len() })
    }

    pub(crate) fn manifest(&self, repo: &str, tag: &str, kind: &str, manifest: &serde_json::Value) -> Digest {
        let bytes = serde_json::to_vec(manifest).unwrap();
        let digest = Digest::of(&bytes);
        let mut inner = self.inner.lock().unwrap();
        for reference in [tag.to_owned(), digest.to_string()] {
            inner
                .manifests
                .insert((repo.into(), reference), (kind.into(), bytes.clone()));
        }
        digest
    }

    /// Pushes a chart without helm, which takes its time.
    pub(crate) fn push(&self, repo: &str, tag: &str, archive: &[u8]) -> Digest {
        let mut config = self.blob(br#"{"name":"some"}"#);
        config["mediaType"] = "application/vnd.cncf.helm.config.v1+json".into();
        let mut layer = self.blob(archive);
        layer["mediaType"] = "application/vnd.cncf.helm.chart.content.v1.tar+gzip".into();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        self.manifest(repo, tag, "application/vnd.oci.image.manifest.v1+json", &manifest)
    }

    pub(crate) fn remove(&self, repo: &str, reference: &str) {
        self.inner
            .lock()
            .unwrap()
            .manifests
            .remove(&(repo.into(), reference.into()));
    }

    /// What was asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.lock().unwrap().asked)
    }
}

const TOKEN: &str = "Bearer canary-token";

async fn serve(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut inner = inner.lock().unwrap();
    inner.asked.push(format!("{method} {uri}"));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if uri.path() == "/token" {
        return token(&inner.door, &method, given, &uri, &body);
    }
    let realm = format!("http://{}/token", inner.host);
    let (open, challenge) = match &inner.door {
        Door::Open => (true, String::new()),
        Door::Basic(wanted) => (given == Some(wanted), "Basic realm=\"charts\"".to_owned()),
        Door::Bearer { .. } | Door::Refresh(_) => (
            given == Some(TOKEN),
            format!("Bearer realm=\"{realm}\",service=\"registry, of charts\""),
        ),
    };
    if !open {
        return (StatusCode::UNAUTHORIZED, [("www-authenticate", challenge)]).into_response();
    }
    let path = uri.path().strip_prefix("/v2/").unwrap_or("").to_owned();
    let query: BTreeMap<String, String> = url_query(&uri);
    if let Some((repo, reference)) = path.split_once("/manifests/") {
        return inner.on_manifest(&method, (repo.into(), reference.into()), &headers, &body);
    }
    if let Some((repo, _)) = path.split_once("/blobs/uploads/") {
        return inner.on_upload(&method, repo, &query, &body);
    }
    if let Some((_, digest)) = path.split_once("/blobs/") {
        return match inner.blobs.get(digest) {
            Some(bytes) => (StatusCode::OK, content(&method, bytes)).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    match path.strip_suffix("/tags/list") {
        Some(repo) => inner.on_tags(repo, &query),
        None if path.is_empty() => StatusCode::OK.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn url_query(uri: &Uri) -> BTreeMap<String, String> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.replace("%3A", ":")))
        .collect()
}

/// A HEAD has the length of what a GET has.
fn content(method: &Method, bytes: &[u8]) -> Response {
    let mut answer = ([("content-length", bytes.len())], Vec::new()).into_response();
    if *method == Method::GET {
        answer = bytes.to_vec().into_response();
    }
    answer
}

fn token(door: &Door, method: &Method, given: Option<&str>, uri: &Uri, body: &Bytes) -> Response {
    let asked = String::from_utf8_lossy(body).into_owned() + uri.query().unwrap_or_default();
    let right_scope = asked.contains("scope=repository%3A") && asked.contains("service=registry%2C+of+charts");
    let good = match door {
        Door::Bearer { authorization: None } => given.is_none(),
        Door::Bearer { authorization } => given == authorization.as_deref(),
        Door::Refresh(refresh) => method == Method::POST && asked.contains(&format!("refresh_token={refresh}")),
        Door::Open | Door::Basic(_) => false,
    };
    if !good || !right_scope {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let token = TOKEN.trim_start_matches("Bearer ");
    axum::Json(json!({ "access_token": token, "expires_in": 60 })).into_response()
}

impl Inner {
    fn on_manifest(&mut self, method: &Method, key: (String, String), headers: &HeaderMap, body: &Bytes) -> Response {
        if *method == Method::PUT {
            let digest = Digest::of(body).to_string();
            let kind = headers["content-type"].to_str().unwrap().to_owned();
            let at_digest = (key.0.clone(), digest.clone());
            for key in [key, at_digest] {
                self.manifests.insert(key, (kind.clone(), body.to_vec()));
            }
            return (StatusCode::CREATED, [("docker-content-digest", digest)]).into_response();
        }
        let Some((kind, bytes)) = self.manifests.get(&key) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let accepted = headers.get_all("accept").iter().filter_map(|value| value.to_str().ok());
        if !accepted.into_iter().any(|accepted| accepted.contains(kind.as_str())) {
            return StatusCode::NOT_ACCEPTABLE.into_response();
        }
        let digest = self.lie.clone().unwrap_or_else(|| Digest::of(bytes).to_string());
        let headers = [("content-type", kind.clone()), ("docker-content-digest", digest)];
        let mut answer = content(method, bytes);
        for (name, value) in headers {
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        answer
    }

    fn on_upload(&mut self, method: &Method, repo: &str, query: &BTreeMap<String, String>, body: &Bytes) -> Response {
        match (method, query.get("digest")) {
            (&Method::PUT, Some(digest)) if *digest == Digest::of(body).to_string() => {
                self.blobs.insert(digest.clone(), body.to_vec());
                StatusCode::CREATED.into_response()
            }
            (&Method::POST, _) => {
                let place = format!("/v2/{repo}/blobs/uploads/1");
                (StatusCode::ACCEPTED, [("location", place)]).into_response()
            }
            _ => StatusCode::BAD_REQUEST.into_response(),
        }
    }

    fn on_tags(&self, repo: &str, query: &BTreeMap<String, String>) -> Response {
        let tags = self
            .manifests
            .keys()
            .filter(|(of, tag)| of == repo && !tag.contains(':'));
        let tags: Vec<&String> = tags.map(|(_, tag)| tag).collect();
        if tags.is_empty() {
            return StatusCode::NOT_FOUND.into_response();
        }
        let from = query
            .get("last")
            .map_or(0, |last| tags.iter().position(|tag| *tag == last).unwrap() + 1);
        let page = &tags[from..tags.len().min(from + self.page)];
        let mut answer = axum::Json(json!({ "name": repo, "tags": page })).into_response();
        if from + self.page < tags.len() {
            let next = format!("</v2/{repo}/tags/list?last={}>; rel=\"next\"", page[page.len() - 1]);
            answer.headers_mut().insert("link", next.parse().unwrap());
        }
        answer
    }
}
