//! Requests and answers, within limits and deadlines.

mod net;
mod rules;

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap};
use secrecy::SecretString;
use url::Url;

use crate::refs::shown;
use crate::{FetchError, Options};

pub(crate) use net::Net;
pub(crate) use rules::{is_loopback, same_origin};

/// What is being fetched, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// The chart or the file, for messages.
    pub(crate) what: String,
    started: Instant,
    deadline: Duration,
}

impl Task {
    pub(crate) fn new(what: String, options: &Options) -> Self {
        Self {
            what,
            started: Instant::now(),
            deadline: options.deadline,
        }
    }

    /// The same under another name: what is asked for on the way.
    pub(crate) fn named(&self, what: String) -> Self {
        Self { what, ..self.clone() }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.started.elapsed())
    }
}

/// One request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) accept: &'static str,
    /// The whole `Authorization` header, for the URL's own origin.
    pub(crate) authorization: Option<SecretString>,
    /// The most that the content may have.
    pub(crate) limit: u64,
    /// The entity tag and the date of what we have.
    pub(crate) validators: Validators,
    /// Whether the listener is told how far it is.
    pub(crate) progress: bool,
    /// Whether the content may come packed.
    pub(crate) packed: bool,
    /// Makes it a POST.
    pub(crate) form: Option<Vec<(&'static str, SecretString)>>,
}

/// By what a server knows again which version we have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

impl Request {
    pub(crate) fn get(url: Url, accept: &'static str, limit: u64) -> Self {
        Self {
            url,
            accept,
            authorization: None,
            limit,
            validators: Validators::default(),
            progress: false,
            packed: false,
            form: None,
        }
    }
}

/// What a server said. There is a body with 2xx only.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    attempts: u32,
}

impl Answer {
    pub(crate) fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The answer, if it is the content.
    pub(crate) fn content(self, what: &str, url: &Url) -> Result<Self, FetchError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let (what, url) = (what.to_owned(), shown(url.as_str()));
        Err(match self.status.as_u16() {
            status @ (401 | 403) => FetchError::Refused {
                what,
                url,
                status,
                helper: None,
            },
            404 => FetchError::NotFound { what, url },
            status => FetchError::Status {
                what,
                url,
                status,
                attempts: self.attempts,
            },
        })
    }
}
