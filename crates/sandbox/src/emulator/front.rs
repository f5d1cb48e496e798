//! The way in: every request is logged, meets its fault, and is then answered.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::faults::{Answer, Effect, Fault, Faults};
use super::requests::{Request, Requests};
use super::serve::Dropped;

/// Longer bodies than any that the emulated APIs accept.
const BODY_LIMIT: usize = 4 << 20;

/// A request whose body is read and whose path is relative to the API's prefix.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Set where a fault wants the action that this request begins to fail.
    pub(crate) fail_action: Option<Answer>,
}

/// Faults and log of one emulator, and how it writes an error.
pub(crate) struct Front {
    prefix: &'static str,
    envelope: fn(&Answer) -> Response,
    pub(crate) faults: Faults,
    pub(crate) requests: Requests,
}

impl Front {
    pub(crate) fn new(prefix: &'static str, envelope: fn(&Answer) -> Response) -> Self {
        Self {
            prefix,
            envelope,
            faults: Faults::default(),
            requests: Requests::default(),
        }
    }

    /// Takes a request through its fault to `answer` and back.
    pub(crate) async fn pass<F>(&self, request: axum::extract::Request, answer: F) -> Response
    where
        F: AsyncFnOnce(Incoming) -> Response,
    {
        let (parts, body) = request.into_parts();
        let full = parts.uri.path();
        let Some(path) = full.strip_prefix(self.prefix) else {
            return (StatusCode::NOT_FOUND, format!("no such path here: {full}\n")).into_response();
        };
        let path = path.trim_end_matches('/').to_owned();
        let correlation = uuid::Uuid::new_v4().simple().to_string()[..16].to_owned();
        let mut entry = Request {
            number: 0,
            time: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            method: parts.method.to_string(),
            path: path.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            status: None,
            correlation_id: correlation.clone(),
            fault: false,
        };
        let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
            entry.status = Some(StatusCode::PAYLOAD_TOO_LARGE.as_u16());
            self.requests.note(entry, false);
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        };
        let effect = self.faults.take(parts.method.as_str(), &path);
        entry.fault = effect.is_some();
        let mut incoming = Incoming {
            method: parts.method,
            query: entry.query.clone(),
            path,
            headers: parts.headers,
            body,
            fail_action: None,
        };
        let (mut response, done) = match effect {
            None => with_outcome(answer(incoming).await),
            Some(Effect::Respond(error)) => ((self.envelope)(&error), false),
            Some(Effect::DropBefore) => (dropped(), false),
            Some(Effect::DelayMs(wait)) => {
                tokio::time::sleep(Duration::from_millis(wait)).await;
                with_outcome(answer(incoming).await)
            }
            Some(Effect::FailAction(error)) => {
                incoming.fail_action = Some(error);
                with_outcome(answer(incoming).await)
            }
            Some(Effect::RespondAfter(error)) => {
                let (_, done) = with_outcome(answer(incoming).await);
                ((self.envelope)(&error), done)
            }
            Some(Effect::HangAfter) => {
                let (_, done) = with_outcome(answer(incoming).await);
                self.requests.note(entry, done);
                // Until the client gives up, or the server ends.
                return std::future::pending().await;
            }
            Some(Effect::DropAfter) => {
                let (_, done) = with_outcome(answer(incoming).await);
                (dropped(), done)
            }
        };
        if response.extensions().get::<Dropped>().is_none() {
            entry.status = Some(response.status().as_u16());
        }
        self.requests.note(entry, done);
        if let Ok(value) = HeaderValue::from_str(&correlation) {
            response.headers_mut().insert("x-correlation-id", value);
        }
        response
    }
}

fn with_outcome(response: Response) -> (Response, bool) {
    let done = response.status().is_success();
    (response, done)
}

fn dropped() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Dropped);
    response
}

/// What has a front; the shared half of the admin API is built over it.
pub(crate) trait HasFront: Send + Sync + 'static {
    fn front(&self) -> &Front;
}

/// The routes of the admin API that both emulators have.
pub(crate) fn admin<T: HasFront>() -> Router<Arc<T>> {
    Router::new()
        .route(
            "/_sandbox/faults",
            get(async |State(emulator): State<Arc<T>>| Json(emulator.front().faults.list()))
                .post(async |State(emulator): State<Arc<T>>, Json(fault): Json<Fault>| {
                    (
                        StatusCode::CREATED,
                        Json(json!({ "id": emulator.front().faults.arm(fault) })),
                    )
                })
                .delete(async |State(emulator): State<Arc<T>>| {
                    emulator.front().faults.clear();
                    StatusCode::NO_CONTENT
                }),
        )
        .route(
            "/_sandbox/requests",
            get(async |State(emulator): State<Arc<T>>| Json(emulator.front().requests.list())).delete(
                async |State(emulator): State<Arc<T>>| {
                    emulator.front().requests.clear();
                    StatusCode::NO_CONTENT
                },
            ),
        )
        .route(
            "/_sandbox/counters",
            get(async |State(emulator): State<Arc<T>>| Json(emulator.front().requests.counters())),
        )
}
