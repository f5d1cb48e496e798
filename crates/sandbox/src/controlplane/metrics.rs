//! Stands for metrics-server: the resource metrics API, with the same small numbers for every container.
//!
//! An APIService without a backend breaks more than itself: no namespace can be deleted while discovery fails. The real
//! program would have to scrape kubelets that are not there.

use std::net::SocketAddr;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::egress::is_running;
use super::error::Error;
use super::pki::{Authority, Leaf};
use super::serve;

/// The image that this stands for.
pub(crate) const IMAGE: &str = "metrics-server";

const GROUP: &str = "metrics.k8s.io";
const VERSION: &str = "metrics.k8s.io/v1beta1";
/// What a container uses.
const CONTAINER: (u64, u64) = (5, 32);
/// What a node uses besides.
const NODE: (u64, u64) = (150, 900);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Selection {
    label_selector: Option<String>,
    field_selector: Option<String>,
}

impl Selection {
    fn params(self) -> ListParams {
        ListParams {
            label_selector: self.label_selector,
            field_selector: self.field_selector,
            ..Default::default()
        }
    }
}

/// Serves until the returned set is dropped.
pub(crate) async fn start(
    listen: SocketAddr,
    authority: &Authority,
    client: kube::Client,
) -> Result<JoinSet<()>, Error> {
    let names = ["metrics-server.kube-system.svc".to_owned()];
    let acceptor = serve::tls(authority, &Leaf::server(IMAGE, &names))?;
    let listener = serve::bind(listen, "the metrics API").await?;
    let router = router(client);
    Ok(serve::each(listener, move |stream| {
        let (acceptor, router) = (acceptor.clone(), router.clone());
        async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = TowerToHyperService::new(router);
            let builder = auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        }
    }))
}

fn router(client: kube::Client) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ok" }))
        .route(
            "/apis",
            get(|| async { Json(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": [group()] })) }),
        )
        .route("/apis/metrics.k8s.io", get(|| async { Json(group()) }))
        .route("/apis/metrics.k8s.io/v1beta1", get(|| async { Json(resources()) }))
        .route("/apis/metrics.k8s.io/v1beta1/nodes", get(nodes))
        .route("/apis/metrics.k8s.io/v1beta1/nodes/{name}", get(node))
        .route("/apis/metrics.k8s.io/v1beta1/pods", get(all_pods))
        .route("/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods", get(pods))
        .route(
            "/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods/{name}",
            get(pod),
        )
        .with_state(client)
}

fn group() -> Value {
    let version = json!({ "groupVersion": VERSION, "version": "v1beta1" });
    json!({ "kind": "APIGroup", "apiVersion": "v1", "name": GROUP, "versions": [version], "preferredVersion": version })
}

fn resources() -> Value {
    let resource = |name: &str, kind: &str, namespaced: bool| json!({ "name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["get", "list"] });
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": VERSION,
        "resources": [resource("nodes", "NodeMetrics", false), resource("pods", "PodMetrics", true)],
    })
}

type Answer = Result<Json<Value>, Failure>;

/// What the API server said instead.
struct Failure(kube::Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = match &self.0 {
            kube::Error::Api(status) => StatusCode::from_u16(status.code).unwrap_or(StatusCode::BAD_GATEWAY),
            _ => StatusCode::BAD_GATEWAY,
        };
        let body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code.as_u16(),
            "message": self.0.to_string(),
        });
        (code, Json(body)).into_response()
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        Self(error)
    }
}

async fn nodes(State(client): State<kube::Client>, Query(selection): Query<Selection>) -> Answer {
    let found = Api::<Node>::all(client).list(&selection.params()).await?;
    Ok(list("NodeMetricsList", found.iter().map(of_node).collect()))
}

async fn node(State(client): State<kube::Client>, Path(name): Path<String>) -> Answer {
    Ok(Json(of_node(&Api::<Node>::all(client).get(&name).await?)))
}

async fn all_pods(State(client): State<kube::Client>, Query(selection): Query<Selection>) -> Answer {
    list_pods(&Api::all(client), selection).await
}

async fn pods(
    State(client): State<kube::Client>,
    Path(namespace): Path<String>,
    Query(selection): Query<Selection>,
) -> Answer {
    list_pods(&Api::namespaced(client, &namespace), selection).await
}

async fn list_pods(api: &Api<Pod>, selection: Selection) -> Answer {
    let found = api.list(&selection.params()).await?;
    Ok(list(
        "PodMetricsList",
        found.iter().filter(|pod| is_running(pod)).map(of_pod).collect(),
    ))
}

async fn pod(State(client): State<kube::Client>, Path((namespace, name)): Path<(String, String)>) -> Answer {
    Ok(Json(of_pod(&Api::namespaced(client, &namespace).get(&name).await?)))
}

fn list(kind: &str, items: Vec<Value>) -> Json<Value> {
    Json(json!({ "kind": kind, "apiVersion": VERSION, "metadata": {}, "items": items }))
}

fn of_node(node: &Node) -> Value {
    let metadata = json!({ "name": node.name_any(), "labels": node.labels() });
    let mut metrics = sample("NodeMetrics", metadata);
    metrics["usage"] = usage(NODE);
    metrics
}

fn of_pod(pod: &Pod) -> Value {
    let metadata = json!({ "name": pod.name_any(), "namespace": pod.namespace(), "labels": pod.labels() });
    let mut metrics = sample("PodMetrics", metadata);
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    metrics["containers"] = containers
        .map(|c| json!({ "name": c.name, "usage": usage(CONTAINER) }))
        .collect();
    metrics
}

fn sample(kind: &str, metadata: Value) -> Value {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    json!({ "kind": kind, "apiVersion": VERSION, "metadata": metadata, "timestamp": now, "window": "15s" })
}

fn usage((cpu, memory): (u64, u64)) -> Value {
    json!({ "cpu": format!("{cpu}m"), "memory": format!("{memory}Mi") })
}
