//! One HTTP request to the API server, as raw as kube's client allows: its typed calls hide Retry-After and the
//! causes of a refusal.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;

use crate::error::from_status;
use crate::{DeployError, ObjectId};

/// Longer than any single answer of a working API server takes, webhooks included.
const PATIENCE: Duration = Duration::from_secs(40);

/// A request without its answer.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) accept: Option<&'static str>,
    pub(crate) body: Option<&'a Value>,
    /// The object that it is about, for errors.
    pub(crate) id: Option<&'a ObjectId>,
    /// What it does, for errors: `list Deployment.apps`.
    pub(crate) what: String,
}

impl Call<'_> {
    /// Reads something.
    pub(crate) fn get(path: String, what: String) -> Self {
        Self {
            method: Method::GET,
            path,
            content_type: None,
            accept: None,
            body: None,
            id: None,
            what,
        }
    }

    fn request(&self) -> Result<Request<Body>, DeployError> {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.path);
        if let Some(content_type) = self.content_type {
            request = request.header(http::header::CONTENT_TYPE, content_type);
        }
        if let Some(accept) = self.accept {
            request = request.header(http::header::ACCEPT, accept);
        }
        let bytes = self.body.map(serde_json::to_vec).transpose();
        let bytes = bytes.map_err(|error| self.garbled(&error))?.unwrap_or_default();
        request.body(Body::from(bytes)).map_err(|error| self.garbled(&error))
    }

    fn garbled(&self, why: &dyn std::error::Error) -> DeployError {
        DeployError::Garbled {
            what: self.what.clone(),
            why: why.to_string(),
        }
    }

    fn no_answer(&self, why: &dyn std::error::Error) -> DeployError {
        // The innermost cause says what a person can act on: `Connection refused`, `certificate has expired`.
        let mut root = why;
        while let Some(inner) = root.source() {
            root = inner;
        }
        DeployError::NoAnswer {
            what: self.what.clone(),
            why: root.to_string(),
        }
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn send(&self, client: &kube::Client) -> Result<Value, DeployError> {
        let work = async {
            let answer = self.open(client).await?;
            let bytes = answer
                .collect()
                .await
                .map_err(|error| self.no_answer(&error))?
                .to_bytes();
            serde_json::from_slice(&bytes).map_err(|error| self.garbled(&error))
        };
        tokio::time::timeout(PATIENCE, work)
            .await
            .unwrap_or_else(|_| Err(self.silent()))
    }

    /// Sends it and leaves the answer's body to be read as it comes.
    pub(crate) async fn stream(&self, client: &kube::Client) -> Result<Body, DeployError> {
        tokio::time::timeout(PATIENCE, self.open(client))
            .await
            .unwrap_or_else(|_| Err(self.silent()))
    }

    fn silent(&self) -> DeployError {
        DeployError::NoAnswer {
            what: self.what.clone(),
            why: format!("nothing within {} s", PATIENCE.as_secs()),
        }
    }

    async fn open(&self, client: &kube::Client) -> Result<Body, DeployError> {
        let answer = client
            .send(self.request()?)
            .await
            .map_err(|error| self.no_answer(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.into_body());
        }
        let retry_after = answer
            .headers()
            .get(http::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let bytes = answer
            .collect()
            .await
            .map_err(|error| self.no_answer(&error))?
            .to_bytes();
        let body =
            serde_json::from_slice(&bytes).unwrap_or_else(|_| serde_json::json!({"message": plain(&bytes, status)}));
        Err(from_status(&self.what, self.id, status.as_u16(), &body, retry_after))
    }
}

/// An answer that is no `Status`, cut to a line.
fn plain(bytes: &[u8], status: StatusCode) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.map_or_else(|| status.to_string(), |line| line.trim().chars().take(200).collect())
}

/// A text as part of a query. The API's names and selectors need few characters more than letters.
pub(crate) fn query(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
