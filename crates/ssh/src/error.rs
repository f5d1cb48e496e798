//! What can go wrong between here and a host, each with what to do next.

use std::time::Duration;

use crate::Fingerprint;

/// A failure of a connection, or of what was done over it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made.
    #[error("could not reach {host}: {why}")]
    Unreachable {
        /// `ADDRESS:PORT`.
        host: String,
        /// What the last attempt met.
        why: String,
    },
    /// The deadline passed.
    #[error("timed out after {} waiting for {waiting_for} on {host}{}", seconds(.after), last_attempt(.last))]
    TimedOut {
        /// `ADDRESS:PORT`.
        host: String,
        /// What was waited for.
        waiting_for: String,
        /// How long.
        after: Duration,
        /// What the last attempt met, where there were several.
        last: Option<String>,
    },
    /// The host showed a key that is not one of the pinned ones.
    #[error("the host key of {host} is not the expected one: expected {}, found {found}", list(.expected))]
    HostKeyChanged {
        /// `ADDRESS:PORT`.
        host: String,
        /// The pinned keys; none means that no key may be trusted.
        expected: Vec<Fingerprint>,
        /// What the host showed.
        found: Fingerprint,
    },
    /// The host showed a certificate, which nobody asked it for.
    #[error("{host} showed a host certificate; only pinned host keys are trusted")]
    HostCertificate {
        /// `ADDRESS:PORT`.
        host: String,
    },
    /// No identity was accepted.
    #[error("{host} refuses to log in {user}: {}", tried_list(.tried))]
    AuthFailed {
        /// `ADDRESS:PORT`.
        host: String,
        /// The user.
        user: String,
        /// What was tried, each with what came of it.
        tried: Vec<String>,
    },
    /// A script ended with an error.
    #[error("{what} failed on {host}: {}{}", status_text(.status), tail(.stderr))]
    Exit {
        /// `ADDRESS:PORT`.
        host: String,
        /// What the script was for.
        what: String,
        /// Its exit status; none when a signal ended it.
        status: Option<u32>,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// The connection broke while something was under way.
    #[error("the connection to {host} was lost during {what}: {why}")]
    Lost {
        /// `ADDRESS:PORT`.
        host: String,
        /// What was under way.
        what: String,
        /// Why, as far as it is known.
        why: String,
    },
    /// The host did something that the protocol does not allow, or refused a channel.
    #[error("{host} refused {what}: {why}")]
    Refused {
        /// `ADDRESS:PORT`.
        host: String,
        /// What was asked.
        what: String,
        /// Its answer.
        why: String,
    },
}

impl Error {
    /// What to do next, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => {
                "check that the machine is running, that its firewall lets this address in (hetzner.adminCidrs), and \
                 that access.port is the port on which its sshd listens"
                    .into()
            }
            Self::HostKeyChanged { expected, .. } if expected.is_empty() => {
                "no host key of this machine is pinned: read its fingerprint on its console with `ssh-keygen -lf \
                 /etc/ssh/ssh_host_ed25519_key.pub`, and pin that one".into()
            }
            Self::HostKeyChanged { .. } => {
                "somebody may be answering in its place, so nothing was sent. If you reinstalled the machine or changed \
                 its key yourself, compare the found fingerprint with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` \
                 on the machine's console, and pin the found one if they agree; otherwise run `hoist replace MACHINE`"
                    .into()
            }
            Self::HostCertificate { .. } => {
                "remove HostCertificate from its sshd configuration, or connect to its plain host key".into()
            }
            Self::AuthFailed { .. } => {
                "the machine accepts the keys of access.users with sudo; load one of them into ssh-agent (`ssh-add -l` \
                 lists them) or name its file in access.identity"
                    .into()
            }
            _ => return None,
        })
    }

    /// Whether the same may succeed later without anybody doing anything.
    pub fn passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Lost { .. }
        )
    }
}

fn seconds(after: &Duration) -> String {
    if after.as_secs() >= 120 && after.as_secs().is_multiple_of(60) {
        format!("{} minutes", after.as_secs() / 60)
    } else if after.as_millis().is_multiple_of(1000) {
        format!("{} s", after.as_secs())
    } else {
        format!("{:.1} s", after.as_secs_f64())
    }
}

fn last_attempt(last: &Option<String>) -> String {
    last.as_ref()
        .map(|why| format!(" (last attempt: {why})"))
        .unwrap_or_default()
}

fn list(expected: &[Fingerprint]) -> String {
    if expected.is_empty() {
        return "none".into();
    }
    expected
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}

fn tried_list(tried: &[String]) -> String {
    if tried.is_empty() {
        return "there was no key to try".into();
    }
    format!("tried {}", tried.join(", "))
}

fn status_text(status: &Option<u32>) -> String {
    match status {
        Some(status) => format!("exit status {status}"),
        None => "ended by a signal".into(),
    }
}

fn tail(stderr: &str) -> String {
    let stderr = stderr.trim_end();
    if stderr.is_empty() {
        return String::new();
    }
    format!("\n  {}", stderr.replace('\n', "\n  "))
}
