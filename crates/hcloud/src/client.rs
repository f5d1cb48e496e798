//! The client and what it can be told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::error::Error;
use crate::limit::{Bucket, RateLimit};
use crate::poller::Poller;

/// How patient a client is. The defaults are for the real API; tests shorten the waits.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the client calls itself.
    pub user_agent: String,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How often one request is tried.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles each time, with jitter.
    pub first_delay: Duration,
    /// The longest wait between two attempts.
    pub longest_delay: Duration,
    /// How long a request waits for the rate limit before it gives up.
    pub rate_limit_patience: Duration,
    /// The shortest interval between two polls of actions.
    pub poll_shortest: Duration,
    /// The longest interval between two polls of actions.
    pub poll_longest: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: concat!("hoist/", env!("CARGO_PKG_VERSION")).into(),
            request_timeout: Duration::from_secs(30),
            attempts: 6,
            first_delay: Duration::from_millis(300),
            longest_delay: Duration::from_secs(10),
            rate_limit_patience: Duration::from_secs(600),
            poll_shortest: Duration::from_millis(500),
            poll_longest: Duration::from_secs(5),
        }
    }
}

impl Options {
    /// Waits short enough for an API on loopback that answers at once.
    pub fn loopback() -> Self {
        Self {
            first_delay: Duration::from_millis(5),
            longest_delay: Duration::from_millis(100),
            poll_shortest: Duration::from_millis(20),
            poll_longest: Duration::from_millis(200),
            ..Self::default()
        }
    }
}

/// A client for one project. Cheap to clone; clones share connections, the rate limit and the poller.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: String,
    pub(crate) token: SecretString,
    pub(crate) options: Options,
    pub(crate) bucket: Bucket,
    pub(crate) poller: Poller,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.inner.endpoint)
            .finish_non_exhaustive()
    }
}

/// What an hour allows until the API says otherwise.
const REQUESTS_AN_HOUR: u32 = 3600;

impl Client {
    /// The endpoint of Hetzner's own API.
    pub const ENDPOINT: &'static str = "https://api.hetzner.cloud/v1";

    /// A client for the project that the token belongs to. Nothing is sent yet. An endpoint on loopback, which is no
    /// real cloud, is polled faster.
    pub fn new(endpoint: &str, token: SecretString) -> Result<Self, Error> {
        let patience = if is_loopback(endpoint) {
            Options::loopback()
        } else {
            Options::default()
        };
        Self::with_options(endpoint, token, patience)
    }

    /// The same, with other patience.
    pub fn with_options(endpoint: &str, token: SecretString, options: Options) -> Result<Self, Error> {
        let refuse = |why: String| Error::Endpoint {
            endpoint: endpoint.to_owned(),
            why,
        };
        let url = Url::parse(endpoint).map_err(|error| refuse(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse("it is neither an http nor an https URL".into()));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("it holds more than a host and a path".into()));
        }
        // One provider for the process; whoever installed one first has chosen the same.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            rustls::crypto::ring::default_provider().install_default().ok();
        }
        let mut builder = reqwest::Client::builder();
        if is_loopback(endpoint) {
            // A proxy of this machine's environment does not reach what listens on its loopback.
            builder = builder.no_proxy();
        }
        let http = builder
            .user_agent(&options.user_agent)
            .timeout(options.request_timeout)
            .connect_timeout(options.request_timeout.min(Duration::from_secs(10)))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| refuse(format!("the HTTP client cannot be built: {error}")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                endpoint: endpoint.trim_end_matches('/').to_owned(),
                token,
                options,
                bucket: Bucket::new(REQUESTS_AN_HOUR),
                poller: Poller::default(),
            }),
        })
    }

    /// The endpoint, for messages.
    pub fn endpoint(&self) -> &str {
        &self.inner.endpoint
    }

    /// The shortest interval at which something should be looked at again.
    pub fn poll_interval(&self) -> Duration {
        self.inner.options.poll_shortest
    }

    /// What is left of the rate limit, as far as this client knows.
    pub fn rate_limit(&self) -> RateLimit {
        self.inner.bucket.now()
    }
}

/// Whether an endpoint is on this machine, and so no real cloud.
fn is_loopback(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    })
}
