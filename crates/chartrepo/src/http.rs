//! One GET, or a token's POST: tried again where that can help, within deadlines and limits, and without giving
//! credentials to anybody but the host that they are for.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::event::FetchEvent;
use crate::refs::{shown, take_login};
use crate::{FetchError, Options};

const MOST_REDIRECTS: usize = 10;

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

/// How an attempt failed.
enum Failure {
    /// For good.
    Final(FetchError),
    /// Another may do, after the time that the server asks for.
    Again {
        error: FetchError,
        why: String,
        wait: Option<Duration>,
    },
}

/// The two clients, made when the first request is: reading the machine's certificates takes time.
#[derive(Debug, Default)]
pub(crate) struct Net {
    clients: OnceLock<Result<Clients, String>>,
}

#[derive(Debug)]
struct Clients {
    usual: reqwest::Client,
    /// For servers on this machine: no proxy reaches them.
    near: reqwest::Client,
}

impl Clients {
    fn new(options: &Options) -> Result<Self, reqwest::Error> {
        // Whoever came first has chosen; this crate works with any.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            rustls::crypto::ring::default_provider().install_default().ok();
        }
        let mut authorities = Vec::new();
        for text in &options.authorities {
            authorities.extend(reqwest::Certificate::from_pem_bundle(text.as_bytes())?);
        }
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("hoist/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(15))
                // Followed here, so that credentials stay with their origin.
                .redirect(reqwest::redirect::Policy::none())
                .tls_certs_merge(authorities.clone())
        };
        Ok(Self {
            usual: builder().build()?,
            near: builder().no_proxy().build()?,
        })
    }
}

impl Net {
    fn client(&self, options: &Options, url: &Url) -> Result<&reqwest::Client, FetchError> {
        let clients = self.clients.get_or_init(|| Clients::new(options).map_err(chain));
        let clients = clients.as_ref().map_err(|why| FetchError::Reference {
            what: "the list of trusted certificates".into(),
            why: why.clone(),
        })?;
        Ok(if is_loopback(url) {
            &clients.near
        } else {
            &clients.usual
        })
    }

    /// The answer: content, "not modified", or the server's refusal. What stays broken is an error.
    pub(crate) async fn ask(&self, task: &Task, options: &Options, request: &Request) -> Result<Answer, FetchError> {
        let mut attempt = 1;
        loop {
            let left = task.left();
            let patience = options.request_timeout.min(left);
            let outcome = tokio::time::timeout(patience, self.attempt(task, options, request, attempt)).await;
            let (error, why, wait) = match outcome {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Failure::Final(error))) => return Err(error),
                Ok(Err(Failure::Again { error, why, wait })) => (error, why, wait),
                Err(_) => {
                    let whole = left <= options.request_timeout;
                    let error = FetchError::TimedOut {
                        what: task.what.clone(),
                        doing: if whole {
                            format!("fetching it, at last asking {}", shown(request.url.as_str()))
                        } else {
                            format!("asking {}", shown(request.url.as_str()))
                        },
                        after: if whole { task.deadline } else { options.request_timeout },
                    };
                    let why = format!("no answer within {} s", patience.as_secs_f32());
                    (error, why, None)
                }
            };
            let wait = wait.unwrap_or_else(|| backoff(options, attempt));
            if attempt >= options.attempts || wait > options.longest_delay || wait >= task.left() {
                return Err(error);
            }
            options.tell(FetchEvent::Retrying {
                what: task.what.clone(),
                attempt,
                wait,
                why,
            });
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        task: &Task,
        options: &Options,
        request: &Request,
        attempt: u32,
    ) -> Result<Answer, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=MOST_REDIRECTS {
            let unreachable = |why: String| Failure::Again {
                error: FetchError::Unreachable {
                    what: task.what.clone(),
                    url: shown(url.as_str()),
                    why: why.clone(),
                    attempts: attempt,
                },
                why,
                wait: None,
            };
            let client = self.client(options, &url).map_err(Failure::Final)?;
            let answer = build(client, request, &url).send().await;
            let answer = answer.map_err(|error| unreachable(chain(error)))?;
            let status = answer.status();
            if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                url = redirected(task, request, &url, answer.headers()).map_err(Failure::Final)?;
                continue;
            }
            if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
                return Err(Failure::Again {
                    error: FetchError::Status {
                        what: task.what.clone(),
                        url: shown(url.as_str()),
                        status: status.as_u16(),
                        attempts: attempt,
                    },
                    why: format!("the server answers {}", status.as_u16()),
                    wait: retry_after(answer.headers()),
                });
            }
            let headers = answer.headers().clone();
            let body = if status.is_success() {
                read(task, options, request, answer)
                    .await
                    .map_err(|broken| match broken {
                        Broken::TooBig => Failure::Final(FetchError::TooBig {
                            what: task.what.clone(),
                            url: shown(url.as_str()),
                            limit: request.limit,
                        }),
                        Broken::Lost(why) => unreachable(why),
                    })?
            } else {
                Bytes::new()
            };
            return Ok(Answer {
                status,
                headers,
                body,
                attempts: attempt,
            });
        }
        Err(Failure::Final(FetchError::Redirect {
            what: task.what.clone(),
            url: shown(request.url.as_str()),
            to: shown(url.as_str()),
            why: "after ten redirects",
        }))
    }
}

fn build(client: &reqwest::Client, request: &Request, url: &Url) -> reqwest::RequestBuilder {
    let mut builder = match &request.form {
        None => client.get(url.clone()),
        Some(form) => {
            let form: Vec<_> = form.iter().map(|(key, value)| (*key, value.expose_secret())).collect();
            client.post(url.clone()).form(&form)
        }
    };
    builder = builder.header(header::ACCEPT, request.accept);
    if request.packed {
        builder = builder.header(header::ACCEPT_ENCODING, "gzip");
    }
    if let Some(authorization) = &request.authorization
        && same_origin(url, &request.url)
        && let Ok(mut value) = HeaderValue::from_str(authorization.expose_secret())
    {
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    if let Some(etag) = &request.validators.etag {
        builder = builder.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(date) = &request.validators.last_modified {
        builder = builder.header(header::IF_MODIFIED_SINCE, date);
    }
    builder
}

fn redirected(task: &Task, request: &Request, from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let refuse = |to: &str, why| FetchError::Redirect {
        what: task.what.clone(),
        url: shown(request.url.as_str()),
        to: shown(to),
        why,
    };
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| refuse("nowhere", "without saying where"))?;
    let mut to = from.join(location).map_err(|_| refuse(location, "which is no URL"))?;
    take_login(&mut to);
    match (from.scheme(), to.scheme()) {
        // What was asked for safely is not taken from anybody on the way.
        ("https", "http") => Err(refuse(to.as_str(), "which is not encrypted")),
        (_, "http" | "https") if request.form.is_none() => Ok(to),
        (_, "http" | "https") => Err(refuse(to.as_str(), "where credentials are not sent")),
        _ => Err(refuse(to.as_str(), "which is neither `https` nor `http`")),
    }
}

enum Broken {
    TooBig,
    Lost(String),
}

async fn read(
    task: &Task,
    options: &Options,
    request: &Request,
    mut answer: reqwest::Response,
) -> Result<Bytes, Broken> {
    let total = answer.content_length();
    if total.is_some_and(|total| total > request.limit) {
        return Err(Broken::TooBig);
    }
    let mut body = BytesMut::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk);
                let done = body.len() as u64;
                if done > request.limit {
                    return Err(Broken::TooBig);
                }
                if request.progress {
                    options.tell(FetchEvent::Bytes {
                        what: task.what.clone(),
                        done,
                        total,
                    });
                }
            }
            Ok(None) => return Ok(body.freeze()),
            Err(error) => {
                return Err(Broken::Lost(format!(
                    "broke off after {} bytes: {}",
                    body.len(),
                    chain(error)
                )));
            }
        }
    }
}

pub(crate) fn same_origin(a: &Url, b: &Url) -> bool {
    (a.scheme(), a.host_str(), a.port_or_known_default()) == (b.scheme(), b.host_str(), b.port_or_known_default())
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => is_local_name(name),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Doubles with each attempt; half of it is left to chance, so that many do not come back together.
fn backoff(options: &Options, attempt: u32) -> Duration {
    let doubled = options.first_delay.saturating_mul(1 << (attempt - 1).min(16));
    doubled
        .min(options.longest_delay)
        .mul_f64(rand::random_range(0.5..=1.0))
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - chrono::Utc::now()).to_std().unwrap_or_default())
}

/// An error with its causes, and without the URL, where credentials may stand.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_server_says_when_to_come_back_in_two_ways() {
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after(&headers("Sun, 06 Nov 1994 08:49:37 GMT")),
            Some(Duration::ZERO)
        );
        let later = (chrono::Utc::now() + chrono::Duration::hours(1)).to_rfc2822();
        assert!(retry_after(&headers(&later)).unwrap() > Duration::from_secs(3000));
        for text in ["", "soon", "-1"] {
            assert_eq!(retry_after(&headers(text)), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = Options {
            first_delay: Duration::from_millis(100),
            longest_delay: Duration::from_millis(300),
            ..Options::default()
        };
        for (attempt, most) in [(1, 100), (2, 200), (3, 300), (40, 300)] {
            let wait = backoff(&options, attempt);
            assert!(
                wait <= Duration::from_millis(most) && wait >= Duration::from_millis(most / 2),
                "{wait:?}"
            );
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert!(same_origin(&url("https://a/x"), &url("https://a:443/y")));
        for other in ["http://a", "https://b", "https://a:444"] {
            assert!(!same_origin(&url("https://a"), &url(other)), "{other}");
        }
        for (text, near) in [
            ("http://127.3.0.1", true),
            ("http://[::1]:1", true),
            ("http://localhost", true),
            ("http://localhost.example", false),
        ] {
            assert_eq!(is_loopback(&url(text)), near, "{text}");
        }
    }
}
