//! What a simulated pod says on its ports: plain HTTP, so that the way to it can be seen to work.
//!
//! The answer says that it is simulated. Clients that expect TLS, such as webhooks, get none.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use tokio::io::{AsyncRead, AsyncWrite};

/// True when a pod says that one of its containers listens on a port.
pub(crate) fn has_port(pod: &Pod, port: u16) -> bool {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers
        .flat_map(|c| c.ports.iter().flatten())
        .any(|p| u16::try_from(p.container_port) == Ok(port))
}

/// How a pod is called in its answers.
pub(crate) fn name(pod: &Pod, port: u16) -> String {
    format!(
        "{}/{} on port {port}",
        pod.namespace().unwrap_or_default(),
        pod.name_any()
    )
}

/// Answers every request of a connection.
pub(crate) async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin + Send, name: &str) {
    let service = service_fn(|_request: Request<Incoming>| async move {
        let mut response = Response::new(Full::<Bytes>::from(format!("the simulated pod {name}\n")));
        let headers = response.headers_mut();
        headers.insert(
            http::header::SERVER,
            http::HeaderValue::from_static("hoist-sandbox (simulated pod)"),
        );
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain"));
        Ok::<_, Infallible>(response)
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
