//! One request: its token of the rate limit, its bounded retries, and its errors.

use std::time::{Duration, Instant};

use rand::Rng;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Inner;
use crate::error::{ApiError, Class, Code, Error};

/// A request that has not been sent yet.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

impl Request {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
        }
    }

    pub(crate) fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// What the person reads: no query, no body, so nothing secret.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether sending it twice is the same as sending it once.
    fn repeatable(&self) -> bool {
        self.method != Method::POST
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Deserialize)]
struct ErrorDetails {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Value,
}

impl Inner {
    /// Sends a request until it succeeds, fails for good, or has been tried often enough.
    ///
    /// A POST whose answer is lost is not sent again: that is the caller's to settle ([`Error::Ambiguous`]).
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        let patience = Instant::now() + self.options.rate_limit_patience;
        let mut attempt = 1;
        loop {
            self.token_of_rate_limit(request, patience).await?;
            let error = match self.send_once(request).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if error.code() == Some(&Code::RateLimitExceeded) {
                // Nothing was done, and the bucket knows: waiting for its refill is no attempt.
                self.bucket.exhausted(Instant::now());
                if Instant::now() >= patience {
                    return Err(error);
                }
                self.pause(1).await;
                continue;
            }
            let again = match &error {
                Error::Ambiguous { .. } => request.repeatable(),
                other => other.class() == Class::Retry,
            };
            if !again || attempt >= self.options.attempts {
                return Err(match error {
                    // A repeatable request is never ambiguous: it just did not get through.
                    Error::Ambiguous { request: name, why, .. } if request.repeatable() => Error::Unreachable {
                        request: name,
                        endpoint: self.endpoint.clone(),
                        attempts: attempt,
                        why,
                    },
                    Error::Unreachable {
                        request, endpoint, why, ..
                    } => Error::Unreachable {
                        request,
                        endpoint,
                        why,
                        attempts: attempt,
                    },
                    other => other,
                });
            }
            tracing::debug!(request = request.name(), attempt, %error, "trying again");
            self.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Waits after the given attempt: doubling, with jitter so that eight lanes do not come back as one.
    pub(crate) async fn pause(&self, attempt: u32) {
        let full = self
            .options
            .first_delay
            .saturating_mul(1 << (attempt - 1).min(16))
            .min(self.options.longest_delay);
        let part = rand::rng().random_range(0.5..=1.0);
        tokio::time::sleep(full.mul_f64(part)).await;
    }

    async fn token_of_rate_limit(&self, request: &Request, patience: Instant) -> Result<(), Error> {
        loop {
            let now = Instant::now();
            let Err(wait) = self.bucket.take(now) else {
                return Ok(());
            };
            if now + wait > patience {
                return Err(Error::Deadline {
                    waiting_for: format!("{}: waiting for the rate limit of the Hetzner project", request.name()),
                    after: self.options.rate_limit_patience,
                });
            }
            tracing::debug!(request = request.name(), ?wait, "waiting for the rate limit");
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
    }

    async fn send_once<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Error> {
        let mut builder = self
            .http
            .request(request.method.clone(), format!("{}{}", self.endpoint, request.path))
            .bearer_auth(self.token.expose_secret());
        if !request.query.is_empty() {
            builder = builder.query(&request.query);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => {
                self.bucket.answered(Instant::now(), None);
                let why = chain(&error);
                let name = request.name();
                if error.is_builder() {
                    // The cause may quote the header, and with it the token.
                    return Err(Error::Token);
                }
                // Only a connection that never stood is certain to have carried nothing.
                return Err(if error.is_connect() {
                    Error::Unreachable {
                        request: name,
                        endpoint: self.endpoint.clone(),
                        attempts: 1,
                        why,
                    }
                } else {
                    Error::Ambiguous {
                        request: name,
                        why,
                        correlation_id: None,
                    }
                });
            }
        };
        let status = response.status();
        self.bucket.answered(Instant::now(), Some(response.headers()));
        let correlation_id = response
            .headers()
            .get("x-correlation-id")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let bytes = match response.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => {
                return Err(Error::Ambiguous {
                    request: request.name(),
                    why: chain(&error),
                    correlation_id,
                });
            }
        };
        if !status.is_success() {
            return Err(self.refusal(request, status, &bytes, correlation_id));
        }
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        serde_json::from_slice(text).map_err(|error| Error::Body {
            request: request.name(),
            why: error.to_string(),
            correlation_id,
        })
    }

    fn refusal(&self, request: &Request, status: StatusCode, bytes: &[u8], correlation_id: Option<String>) -> Error {
        let details = serde_json::from_slice::<ErrorBody>(bytes).ok().map(|body| body.error);
        let fields = details
            .as_ref()
            .map(|details| wrong_fields(&details.details))
            .unwrap_or_default();
        let (code, message) = match details {
            Some(details) if !details.code.is_empty() => (Code::from(details.code.as_str()), details.message),
            // A proxy, or something that is not the API, answered: the status is all there is.
            _ => (
                code_of_status(status),
                format!("answered with {status} and no error of the API"),
            ),
        };
        let lost = matches!(code, Code::BadGateway | Code::Timeout | Code::ServerError)
            || (status.is_server_error() && matches!(code, Code::Other(_)));
        if lost && !request.repeatable() {
            return Error::Ambiguous {
                request: request.name(),
                why: format!("{message} ({code}, HTTP {})", status.as_u16()),
                correlation_id,
            };
        }
        Error::Api(Box::new(ApiError {
            code,
            status: status.as_u16(),
            message,
            fields,
            request: request.name(),
            correlation_id,
        }))
    }
}

fn code_of_status(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => Code::Unauthorized,
        403 => Code::Forbidden,
        404 => Code::NotFound,
        429 => Code::RateLimitExceeded,
        502 => Code::BadGateway,
        503 => Code::Unavailable,
        504 => Code::Timeout,
        other => Code::Other(format!("http_{other}")),
    }
}

/// `details.fields[]`, as one text each.
fn wrong_fields(details: &Value) -> Vec<String> {
    let Some(fields) = details.get("fields").and_then(Value::as_array) else {
        return Vec::new();
    };
    fields
        .iter()
        .filter_map(|field| {
            let name = field.get("name")?.as_str()?;
            let words = match field.get("messages").or_else(|| field.get("message")) {
                Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                Some(Value::String(one)) => one.clone(),
                _ => String::new(),
            };
            Some(if words.is_empty() {
                name.to_owned()
            } else {
                format!("{name}: {words}")
            })
        })
        .collect()
}

/// The whole chain of causes: reqwest's own text only says that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        // hyper only says there that it is a client and was connecting.
        if !text.contains(&words) && !words.starts_with("client error (") {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&words);
        }
        next = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}
