//! How the API fails.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// What is being done when a token is verified.
pub(crate) const VERIFYING: &str = "verifying the token";

/// One of the API's own errors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ApiMessage {
    /// Its number, such as 10000 (authentication) or 81058 (the record exists).
    #[serde(default)]
    pub code: u32,
    /// Its words.
    #[serde(default)]
    pub message: String,
    /// What is behind it.
    #[serde(default)]
    pub error_chain: Vec<ApiMessage>,
}

impl fmt::Display for ApiMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        for cause in &self.error_chain {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

/// A call failed. Never holds the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer came.
    #[error("Cloudflare cannot be reached ({doing}): {why}")]
    Unreachable {
        /// What was tried.
        doing: String,
        /// Why.
        why: String,
    },
    /// The token is not one, or not valid any more.
    #[error("Cloudflare does not accept the token ({doing}): {messages}")]
    Unauthorized {
        /// What was tried.
        doing: String,
        /// The API's words.
        messages: String,
    },
    /// The token is valid and may not do this.
    #[error("Cloudflare's token may not do this ({doing}): {messages}")]
    Forbidden {
        /// What was tried.
        doing: String,
        /// The API's words.
        messages: String,
    },
    /// There is no such thing.
    #[error("Cloudflare has no such thing ({doing}): {messages}")]
    NotFound {
        /// What was tried.
        doing: String,
        /// The API's words.
        messages: String,
    },
    /// The same record is there.
    #[error("Cloudflare has this record already ({doing}): {messages}")]
    Exists {
        /// What was tried.
        doing: String,
        /// The API's words.
        messages: String,
    },
    /// Too many requests, and still so after the last attempt.
    #[error("Cloudflare's rate limit is used up ({doing})")]
    RateLimited {
        /// What was tried.
        doing: String,
        /// How long the API asks to wait.
        retry_after: Option<Duration>,
    },
    /// Anything else.
    #[error("Cloudflare refused ({doing}): HTTP {status}: {messages}")]
    Api {
        /// What was tried.
        doing: String,
        /// The status.
        status: u16,
        /// The API's words.
        messages: String,
        /// The API's numbers.
        codes: Vec<u32>,
    },
    /// The answer is not what the API's documentation says.
    #[error("Cloudflare's answer cannot be read ({doing}): {why}")]
    Answer {
        /// What was tried.
        doing: String,
        /// Why.
        why: String,
    },
}

impl Error {
    pub(crate) fn from_api(doing: &str, status: u16, messages: &[ApiMessage], retry_after: Option<Duration>) -> Self {
        let doing = doing.to_owned();
        let codes: Vec<u32> = messages.iter().map(|message| message.code).collect();
        let has = |wanted: &[u32]| codes.iter().any(|code| wanted.contains(code));
        let words: Vec<String> = messages.iter().map(ToString::to_string).collect();
        let messages = if words.is_empty() {
            format!("HTTP {status}")
        } else {
            words.join("; ")
        };
        match status {
            429 => Self::RateLimited { doing, retry_after },
            _ if has(&[81053, 81057, 81058]) => Self::Exists { doing, messages },
            // 6003 and 6111 are headers that cannot be a token, 1000 a token that is none.
            401 => Self::Unauthorized { doing, messages },
            400 if has(&[6003, 6111, 1000]) => Self::Unauthorized { doing, messages },
            // Verifying needs no rights: who may not even do that has no token.
            403 if doing == VERIFYING => Self::Unauthorized { doing, messages },
            403 => Self::Forbidden { doing, messages },
            404 => Self::NotFound { doing, messages },
            _ => Self::Api {
                doing,
                status,
                messages,
                codes,
            },
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "is there a network? CLOUDFLARE_API_BASE changes where the API is looked for",
            Self::Unauthorized { .. } => "make a new token: My Profile, API Tokens, template Edit zone DNS",
            Self::Forbidden { .. } => "the token needs Zone:Read and DNS:Edit for the zone",
            Self::NotFound { .. } => "check the zone's name, and that the token covers it",
            Self::Exists { .. } => "remove the record, or let hoist have another name",
            Self::RateLimited { .. } => {
                "wait five minutes: the limit is 1200 requests in that time, for all your tokens"
            }
            Self::Api { status, .. } if *status < 500 => "the request does not fit: please report it with these words",
            Self::Api { .. } | Self::Answer { .. } => "try again; Cloudflare's status page tells whether it is them",
        }
    }
}
