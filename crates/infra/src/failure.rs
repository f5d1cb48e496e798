//! Turns the client's errors into failed steps: what, where, why, what next, and whether trying again can help.

use hoist_hcloud::{Class, Code, Error};
use hoist_model::{ErrorKind, Retry, StepError};

use crate::plan::article;

/// A failed step. `what` says what was being done: `creating server kube-control`.
pub(crate) fn failed(what: &str, error: &Error) -> StepError {
    let retry = match error.class() {
        Class::Retry | Class::RetryUnderDeadline => Retry::Soon,
        _ => Retry::No,
    };
    let kind = match error.code() {
        Some(Code::Unauthorized | Code::TokenReadonly) => ErrorKind::User,
        _ => ErrorKind::Remote,
    };
    StepError {
        kind,
        message: format!("{what}: {error}"),
        hint: error.hint(),
        retry,
    }
}

/// A step that Cloudflare has failed. Its errors say themselves what was being done.
pub(crate) fn dns_failed(error: &hoist_cloudflare::Error) -> StepError {
    use hoist_cloudflare::Error as E;
    let retry = match error {
        // The next attempt looks at what is there before it writes.
        E::Unreachable { .. } | E::Exists { .. } => Retry::Soon,
        E::RateLimited { retry_after, .. } => retry_after.map_or(Retry::Soon, Retry::After),
        E::Api { status, .. } if *status >= 500 => Retry::Soon,
        _ => Retry::No,
    };
    let kind = match error {
        E::Unauthorized { .. } | E::Forbidden { .. } => ErrorKind::User,
        _ => ErrorKind::Remote,
    };
    StepError {
        kind,
        message: error.to_string(),
        hint: Some(error.hint().to_owned()),
        retry,
    }
}

/// A name that is taken by something that is not ours.
pub(crate) fn taken(kind: &str, name: &str, id: u64) -> StepError {
    StepError::remote(format!(
        "{} {kind} named {name} (id {id}) exists and does not belong to this cluster",
        article(kind)
    ))
    .hint("it is not touched; `hoist plan` says what can be done")
}
