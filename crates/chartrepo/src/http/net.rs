//! One GET, or a token's POST: tried again where that can help, within deadlines and limits, and without giving
//! credentials to anybody but the host that they are for.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use url::Url;

use super::rules::{backoff, chain, is_loopback, retry_after, same_origin};
use super::{Answer, Request, Task};
use crate::event::FetchEvent;
use crate::refs::{shown, take_login};
use crate::{FetchError, Options};

const MOST_REDIRECTS: usize = 10;

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

/// The clients, each made when it is needed: reading this machine's certificates takes time.
#[derive(Debug, Default)]
pub(crate) struct Net {
    usual: OnceLock<Result<reqwest::Client, String>>,
    /// For servers on this machine: no proxy reaches them.
    near: OnceLock<Result<reqwest::Client, String>>,
}

fn client(options: &Options, is_near: bool) -> Result<reqwest::Client, reqwest::Error> {
    // Whoever came first has chosen; this crate works with any.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    let mut authorities = Vec::new();
    for text in &options.authorities {
        authorities.extend(reqwest::Certificate::from_pem_bundle(text.as_bytes())?);
    }
    let builder = reqwest::Client::builder()
        .user_agent(concat!("hoist/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(15))
        // Followed here, so that credentials stay with their origin.
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(authorities);
    if is_near { builder.no_proxy() } else { builder }.build()
}

impl Net {
    fn client(&self, options: &Options, url: &Url) -> Result<&reqwest::Client, FetchError> {
        let is_near = is_loopback(url);
        let made = if is_near { &self.near } else { &self.usual };
        let made = made.get_or_init(|| client(options, is_near).map_err(chain));
        made.as_ref().map_err(|why| FetchError::Reference {
            what: "the list of trusted certificates".into(),
            why: why.clone(),
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
