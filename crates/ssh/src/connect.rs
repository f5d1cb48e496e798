//! From an address to a session: the pinned host key, the login, and patience with hosts that are still booting.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use russh::client::{self, Config, Handle};
use russh::keys::PublicKeyOrCertificate;
use tokio::net::TcpStream;

use crate::auth::log_in;
use crate::{Error, Fingerprint, Identity};

/// Which host keys are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostKeyPolicy {
    /// These and no others. An empty list trusts nobody.
    Pinned(Vec<Fingerprint>),
}

/// Where to log in, as whom, and whom to trust there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The trusted host keys.
    pub host_keys: HostKeyPolicy,
}

impl Target {
    /// `ADDRESS:PORT`, for messages.
    pub fn host(&self) -> String {
        SocketAddr::new(self.address, self.port).to_string()
    }
}

/// How long to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one attempt, from the first packet to being logged in.
    pub attempt: Duration,
    /// For all attempts. A host that refuses connections or is silent is tried again until then.
    pub total: Duration,
}

impl Patience {
    /// One attempt, for hosts that should be there.
    pub fn once(attempt: Duration) -> Self {
        Self {
            attempt,
            total: attempt,
        }
    }

    /// Attempts of up to 10 seconds until `total` is over, for hosts that are booting.
    pub fn until(total: Duration) -> Self {
        Self {
            attempt: Duration::from_secs(10).min(total),
            total,
        }
    }
}

/// A logged-in connection. Dropping it ends it.
pub struct Session {
    pub(crate) handle: Handle<Client>,
    pub(crate) host: String,
    host_key: Fingerprint,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("host", &self.host)
            .field("host_key", &self.host_key)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects and logs in. Silence and refused connections are tried again as long as the patience lasts; a wrong host
    /// key and a refused login are final at once.
    pub async fn connect(target: &Target, identities: &[Identity], patience: Patience) -> Result<Self, Error> {
        let begun = Instant::now();
        let mut last = None;
        let mut pause = Duration::from_millis(100);
        loop {
            let left = patience.total.saturating_sub(begun.elapsed());
            let limit = patience.attempt.min(left);
            let error = match tokio::time::timeout(limit, attempt(target, identities)).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(error)) if error.passing() => error,
                Ok(Err(error)) => return Err(error),
                Err(_) => Error::TimedOut {
                    host: target.host(),
                    waiting_for: "SSH".into(),
                    after: limit,
                    last: None,
                },
            };
            tracing::debug!(host = target.host(), %error, "not reachable yet");
            let only_attempt = patience.attempt >= patience.total;
            if only_attempt {
                return Err(error);
            }
            // The attempt that the deadline cut short says less than the one before it.
            if last.is_none() || limit == patience.attempt || !matches!(error, Error::TimedOut { .. }) {
                last = Some(match error {
                    Error::Unreachable { why, .. } | Error::Lost { why, .. } => why,
                    Error::TimedOut { .. } => "no answer".into(),
                    other => other.to_string(),
                });
            }
            if begun.elapsed() + pause >= patience.total {
                return Err(Error::TimedOut {
                    host: target.host(),
                    waiting_for: "SSH".into(),
                    after: patience.total,
                    last,
                });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// `ADDRESS:PORT`, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The key that the host showed: one of the pinned ones.
    pub fn host_key(&self) -> Fingerprint {
        self.host_key
    }

    /// Whether the connection has ended.
    pub fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// Ends the connection and tells the host.
    pub async fn close(self) {
        let _ = self
            .handle
            .disconnect(russh::Disconnect::ByApplication, "done", "en")
            .await;
    }
}

async fn attempt(target: &Target, identities: &[Identity]) -> Result<Session, Error> {
    let host = target.host();
    let unreachable = |why: String| Error::Unreachable {
        host: host.clone(),
        why,
    };
    let stream = TcpStream::connect((target.address, target.port))
        .await
        .map_err(|error| unreachable(io_text(&error)))?;
    let _ = stream.set_nodelay(true);
    let config = Config {
        // Noticed after a minute: a host that has been switched off sends nothing.
        keepalive_interval: Some(Duration::from_secs(15)),
        keepalive_max: 3,
        nodelay: true,
        ..Config::default()
    };
    let verdict = Arc::new(Mutex::new(Verdict::Unseen));
    let client = Client {
        policy: target.host_keys.clone(),
        verdict: verdict.clone(),
    };
    let connected = client::connect_stream(Arc::new(config), stream, client).await;
    let verdict = verdict
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone();
    let mut handle = match (connected, &verdict) {
        (Ok(handle), Verdict::Trusted(_)) => handle,
        (_, Verdict::Certificate) => return Err(Error::HostCertificate { host }),
        (_, Verdict::Distrusted(found)) => {
            let HostKeyPolicy::Pinned(expected) = &target.host_keys;
            return Err(Error::HostKeyChanged {
                host,
                expected: expected.clone(),
                found: *found,
            });
        }
        (Ok(_), Verdict::Unseen) => return Err(unreachable("it showed no host key".into())),
        (Err(error), _) => return Err(unreachable(format!("the SSH handshake failed: {error}"))),
    };
    let Verdict::Trusted(host_key) = verdict else {
        unreachable!("every other verdict has returned");
    };
    log_in(&mut handle, target, identities).await?;
    Ok(Session { handle, host, host_key })
}

/// The system's own words without Rust's `(os error N)`.
pub(crate) fn io_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

#[derive(Clone, Debug)]
enum Verdict {
    Unseen,
    Trusted(Fingerprint),
    Distrusted(Fingerprint),
    Certificate,
}

/// Judges the host key, and nothing else.
pub(crate) struct Client {
    policy: HostKeyPolicy,
    verdict: Arc<Mutex<Verdict>>,
}

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let verdict = match shown {
            PublicKeyOrCertificate::Certificate(_) => Verdict::Certificate,
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                let found = Fingerprint::of(key);
                let HostKeyPolicy::Pinned(pinned) = &self.policy;
                if pinned.contains(&found) {
                    Verdict::Trusted(found)
                } else {
                    Verdict::Distrusted(found)
                }
            }
        };
        let trusted = matches!(verdict, Verdict::Trusted(_));
        *self.verdict.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = verdict;
        Ok(trusted)
    }
}
