//! What can go wrong, what kind of wrong it is, and what a person can do about it.

use std::fmt;
use std::time::Duration;

use crate::model::Action;
use crate::model::open_enum;

open_enum! {
    /// The API's error codes that mean something to us.
    Code {
        /// Changed meanwhile: ask again.
        Conflict = "conflict",
        /// Too many requests.
        RateLimitExceeded = "rate_limit_exceeded",
        /// Something between us and the API failed.
        BadGateway = "bad_gateway",
        /// Something between us and the API gave up.
        Timeout = "timeout",
        /// The API is not there now.
        Unavailable = "unavailable",
        /// The API failed.
        ServerError = "server_error",
        /// Another action holds the resource.
        Locked = "locked",
        /// Something else uses the resource.
        ResourceInUse = "resource_in_use",
        /// No address free in the subnet, or the subnet is not ready.
        NoSubnetAvailable = "no_subnet_available",
        /// A service behind the API refused.
        ServiceError = "service_error",
        /// Sold out.
        ResourceUnavailable = "resource_unavailable",
        /// The placement group cannot be honoured.
        PlacementError = "placement_error",
        /// The request is wrong.
        InvalidInput = "invalid_input",
        /// The address must be unassigned first.
        MustBeUnassigned = "must_be_unassigned",
        /// A quota of the project.
        ResourceLimitExceeded = "resource_limit_exceeded",
        /// Not allowed.
        Forbidden = "forbidden",
        /// Maintenance.
        Maintenance = "maintenance",
        /// The token is not valid.
        Unauthorized = "unauthorized",
        /// The token may only read.
        TokenReadonly = "token_readonly",
        /// Protected against deletion or rebuilding.
        Protected = "protected",
        /// An endpoint that is gone.
        DeprecatedApiEndpoint = "deprecated_api_endpoint",
        /// The name (or the fingerprint) is taken.
        UniquenessError = "uniqueness_error",
        /// It is not there.
        NotFound = "not_found",
        /// Already so.
        ServerAlreadyAttached = "server_already_attached",
        /// Already so.
        FirewallAlreadyApplied = "firewall_already_applied",
        /// Already so.
        TargetAlreadyDefined = "target_already_defined",
    }
}

/// How an error is to be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Ask again soon; the client does so itself, a bounded number of times.
    Retry,
    /// Ask again until a deadline: something else has to finish first.
    RetryUnderDeadline,
    /// It cannot be had: another type or location.
    OtherTypeOrLocation,
    /// The address has to be unassigned first.
    UnassignFirst,
    /// Stop and explain.
    Stop,
    /// Something with that name exists: adopt it where it is ours.
    AdoptIfOurs,
    /// What was asked for is so already.
    Done,
}

/// An error that the API answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The API's code.
    pub code: Code,
    /// The HTTP status.
    pub status: u16,
    /// The API's message.
    pub message: String,
    /// Fields that the API names as wrong, with its words.
    pub fields: Vec<String>,
    /// What was asked: `POST /servers`.
    pub request: String,
    /// What Hetzner's support asks for.
    pub correlation_id: Option<String>,
}

impl ApiError {
    fn class(&self) -> Class {
        let message = self.message.to_ascii_lowercase();
        match &self.code {
            Code::Conflict
            | Code::RateLimitExceeded
            | Code::BadGateway
            | Code::Timeout
            | Code::Unavailable
            | Code::ServerError => Class::Retry,
            Code::Locked | Code::ResourceInUse | Code::NoSubnetAvailable => Class::RetryUnderDeadline,
            Code::ServiceError if message.contains("attached") => Class::RetryUnderDeadline,
            Code::ResourceUnavailable | Code::PlacementError => Class::OtherTypeOrLocation,
            Code::InvalidInput if message.contains("unsupported location for server type") => {
                Class::OtherTypeOrLocation
            }
            Code::MustBeUnassigned => Class::UnassignFirst,
            Code::UniquenessError => Class::AdoptIfOurs,
            Code::ServerAlreadyAttached | Code::FirewallAlreadyApplied | Code::TargetAlreadyDefined => Class::Done,
            Code::Other(_) if self.status >= 500 => Class::Retry,
            _ => Class::Stop,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        Some(match &self.code {
            Code::Unauthorized => {
                "make a token with read and write access in the Hetzner console (Security > API tokens) and give it \
                 as HCLOUD_TOKEN"
            }
            Code::TokenReadonly => {
                "the token may only read: it is enough to look, and changing anything takes one with read and write \
                 access"
            }
            Code::ResourceLimitExceeded => {
                "this is a quota of the project, not a rate limit, and waiting does not help: raise it in the Hetzner \
                 console (Limits), or delete what is not needed"
            }
            Code::Forbidden => "the token's project does not allow this: look at the project's limits and your role",
            Code::ResourceUnavailable | Code::PlacementError => {
                "it is sold out there for now: choose another server type or location"
            }
            Code::InvalidInput if self.class() == Class::OtherTypeOrLocation => {
                "the type is retired or not offered there: choose another server type or location"
            }
            Code::Maintenance => "Hetzner is working on it: see https://status.hetzner.com and try again later",
            Code::Protected => "it is protected: switch its protection off in the console if it may really go",
            Code::DeprecatedApiEndpoint => "this program is older than the API: update it",
            Code::MustBeUnassigned => "unassign the address from its server first",
            Code::UniquenessError => {
                "something else in the project has that name, or that fingerprint: rename one of the two"
            }
            Code::RateLimitExceeded => "other programs use up the project's requests: try again in some minutes",
            Code::Locked | Code::ResourceInUse => "something else works on it: try again when that has finished",
            _ => return None,
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}", self.request, self.message, self.code)?;
        if !self.fields.is_empty() {
            write!(f, ": {}", self.fields.join("; "))?;
        }
        write!(f, ", HTTP {}", self.status)?;
        if let Some(id) = &self.correlation_id {
            write!(f, ", correlation id {id}")?;
        }
        f.write_str(")")
    }
}

/// A failure of a call. Clone, because one failed poll is told to all that wait for it. Never holds the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The endpoint cannot be used.
    #[error("the Hetzner Cloud endpoint `{endpoint}` cannot be used: {why}")]
    Endpoint {
        /// The endpoint.
        endpoint: String,
        /// Why.
        why: String,
    },
    /// The token cannot be sent.
    #[error("the Hetzner Cloud token holds characters that cannot be sent")]
    Token,
    /// The API said no.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// The API could not be reached; nothing has happened.
    #[error("{request}: the Hetzner Cloud API at {endpoint} cannot be reached after {attempts} attempts: {why}")]
    Unreachable {
        /// What was asked.
        request: String,
        /// Where.
        endpoint: String,
        /// How often.
        attempts: u32,
        /// Why.
        why: String,
    },
    /// A request that changes something was sent, and its answer was lost: it may have happened or not.
    #[error("{request}: the answer was lost, so it may have happened or not: {why}")]
    Ambiguous {
        /// What was asked.
        request: String,
        /// How it was lost.
        why: String,
        /// What Hetzner's support asks for.
        correlation_id: Option<String>,
    },
    /// The answer was not what the API documents.
    #[error("{request}: the answer cannot be read: {why}{}", correlation(correlation_id.as_deref()))]
    Body {
        /// What was asked.
        request: String,
        /// Why.
        why: String,
        /// What Hetzner's support asks for.
        correlation_id: Option<String>,
    },
    /// An action ended in an error.
    #[error("{what}: action {command} ({action}) failed: {message} ({code})")]
    Action {
        /// What it was for.
        what: String,
        /// Its id.
        action: u64,
        /// Its command.
        command: String,
        /// The API's code.
        code: String,
        /// The API's message.
        message: String,
    },
    /// A wait took too long.
    #[error("{waiting_for}: not done within {}", seconds(*.after))]
    Deadline {
        /// What was waited for, with how it stood last.
        waiting_for: String,
        /// How long.
        after: Duration,
    },
}

fn correlation(id: Option<&str>) -> String {
    id.map(|id| format!(" (correlation id {id})")).unwrap_or_default()
}

fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        format!("{duration:.1?}")
    } else {
        format!("{} s", duration.as_secs())
    }
}

impl Error {
    /// How it is to be handled.
    pub fn class(&self) -> Class {
        match self {
            Self::Api(error) => error.class(),
            Self::Unreachable { .. } | Self::Ambiguous { .. } => Class::Retry,
            Self::Action { code, .. } => match Code::from(code.as_str()) {
                Code::ResourceUnavailable | Code::PlacementError => Class::OtherTypeOrLocation,
                Code::Conflict | Code::Timeout | Code::ServerError => Class::Retry,
                Code::Locked => Class::RetryUnderDeadline,
                _ => Class::Stop,
            },
            Self::Endpoint { .. } | Self::Token | Self::Body { .. } | Self::Deadline { .. } => Class::Stop,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Api(error) => error.hint().map(str::to_owned),
            Self::Endpoint { .. } => Some("HCLOUD_ENDPOINT is a URL such as https://api.hetzner.cloud/v1".into()),
            Self::Token => Some("is there a line break or a blank in it? Give the 64 letters and digits alone".into()),
            Self::Unreachable { .. } => {
                Some("look at the network, a proxy, and HCLOUD_ENDPOINT; nothing was changed by this request".into())
            }
            Self::Ambiguous { .. } => Some("run the same command again: it looks first what is there".into()),
            Self::Action { code, .. } if Code::from(code.as_str()) == Code::ResourceUnavailable => {
                Some("it is sold out there for now: choose another server type or location".into())
            }
            Self::Action { .. } => {
                Some("run the same command again; if it fails again, see the server in the console".into())
            }
            Self::Deadline { .. } => {
                Some("see https://status.hetzner.com; running the same command again goes on from here".into())
            }
            Self::Body { .. } => Some(
                "see that HCLOUD_ENDPOINT is the Hetzner Cloud API and no proxy answers in its place; if so, the API has \
                 changed: update this program"
                    .into(),
            ),
        }
    }

    /// The API's code, where it answered with one.
    pub fn code(&self) -> Option<&Code> {
        match self {
            Self::Api(error) => Some(&error.code),
            _ => None,
        }
    }

    /// Whether the API says that it is not there.
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(&Code::NotFound)
    }

    pub(crate) fn from_action(what: &str, action: &Action) -> Self {
        let failure = action.error.clone().unwrap_or_default();
        Self::Action {
            what: what.to_owned(),
            action: action.id,
            command: action.command.clone(),
            code: failure.code,
            message: failure.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, code: &str, message: &str) -> Class {
        Error::Api(Box::new(ApiError {
            code: Code::from(code),
            status,
            message: message.into(),
            fields: Vec::new(),
            request: "POST /servers".into(),
            correlation_id: None,
        }))
        .class()
    }

    #[test]
    fn each_code_has_its_class() {
        use Class::*;
        for (status, code, message, expected) in [
            (409, "conflict", "", Retry),
            (429, "rate_limit_exceeded", "", Retry),
            (502, "bad_gateway", "", Retry),
            (504, "timeout", "", Retry),
            (503, "something_new", "", Retry),
            (423, "locked", "", RetryUnderDeadline),
            (409, "resource_in_use", "", RetryUnderDeadline),
            (409, "no_subnet_available", "", RetryUnderDeadline),
            (422, "service_error", "network has servers attached", RetryUnderDeadline),
            (422, "service_error", "something else", Stop),
            (412, "resource_unavailable", "", OtherTypeOrLocation),
            (412, "placement_error", "", OtherTypeOrLocation),
            (
                422,
                "invalid_input",
                "unsupported location for server type",
                OtherTypeOrLocation,
            ),
            (422, "invalid_input", "name is wrong", Stop),
            (422, "must_be_unassigned", "", UnassignFirst),
            (403, "resource_limit_exceeded", "", Stop),
            (403, "forbidden", "", Stop),
            (503, "maintenance", "", Stop),
            (401, "unauthorized", "", Stop),
            (403, "token_readonly", "", Stop),
            (423, "protected", "", Stop),
            (410, "deprecated_api_endpoint", "", Stop),
            (409, "uniqueness_error", "", AdoptIfOurs),
            (422, "server_already_attached", "", Done),
            (422, "firewall_already_applied", "", Done),
            (409, "target_already_defined", "", Done),
            (404, "not_found", "", Stop),
            (418, "something_new", "", Stop),
        ] {
            assert_eq!(class(status, code, message), expected, "{status} {code} {message}");
        }
    }
}
