//! Faults on request: what goes wrong, at which of the matching requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// One fault: at the `nth` request that matches, and `times` times from there on, `effect` happens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// An HTTP method, `write` for any but GET, or nothing for every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path below the API's prefix, such as `/servers/*/actions/poweron`: `*` is one segment, `**` the rest.
    pub path: String,
    /// The first matching request that fails, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many requests fail from there on.
    #[serde(default = "one")]
    pub times: u64,
    /// What happens to them.
    pub effect: Effect,
}

fn one() -> u64 {
    1
}

/// What happens to a request that a fault hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Effect {
    /// This error is answered and nothing is done.
    Respond(Answer),
    /// The request is carried out, and then this error is answered.
    RespondAfter(Answer),
    /// The connection is closed without an answer and nothing is done.
    DropBefore,
    /// The request is carried out, and then the connection is closed without an answer.
    DropAfter,
    /// The request is carried out, and its answer never comes.
    HangAfter,
    /// The request waits this many milliseconds first.
    DelayMs(u64),
    /// The request succeeds, and the (first) action that it began ends in this error without having done its work.
    FailAction(Answer),
}

/// An error in the API's own envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Answer {
    /// HTTP status; not used for actions.
    #[serde(default = "server_error")]
    pub status: u16,
    /// The API's error code: a word at Hetzner, a number at Cloudflare.
    pub code: String,
    /// The message beside it.
    #[serde(default)]
    pub message: String,
}

fn server_error() -> u16 {
    500
}

impl Fault {
    /// The nth request of `method` to `path` meets `effect`, once.
    pub fn once(method: &str, path: &str, nth: u64, effect: Effect) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            nth,
            times: 1,
            effect,
        }
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let method_fits = match self.method.as_deref() {
            None => true,
            Some("write") => method != "GET" && method != "HEAD",
            Some(wanted) => wanted.eq_ignore_ascii_case(method),
        };
        method_fits && path_matches(&self.path, path)
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let mut pattern = pattern.split('/').filter(|part| !part.is_empty());
    let mut path = path.split('/').filter(|part| !part.is_empty());
    loop {
        match (pattern.next(), path.next()) {
            (None, None) | (Some("**"), _) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}

/// An armed fault and what became of it, as the admin API shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Armed {
    id: u64,
    #[serde(flatten)]
    fault: Fault,
    matched: u64,
    fired: u64,
}

/// The armed faults of one emulator.
#[derive(Default)]
pub(crate) struct Faults(Mutex<(u64, Vec<Armed>)>);

impl Faults {
    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Armed>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arm(&self, fault: Fault) -> u64 {
        let mut faults = self.lock();
        faults.0 += 1;
        let id = faults.0;
        faults.1.push(Armed {
            id,
            fault,
            matched: 0,
            fired: 0,
        });
        id
    }

    pub(crate) fn clear(&self) {
        self.lock().1.clear();
    }

    pub(crate) fn list(&self) -> Vec<Armed> {
        self.lock().1.clone()
    }

    /// Counts the request against every matching fault; the first one that is due happens.
    pub(crate) fn take(&self, method: &str, path: &str) -> Option<Effect> {
        let mut hit = None;
        for armed in &mut self.lock().1 {
            if !armed.fault.matches(method, path) {
                continue;
            }
            armed.matched += 1;
            if hit.is_none() && armed.matched >= armed.fault.nth && armed.fired < armed.fault.times {
                armed.fired += 1;
                hit = Some(armed.fault.effect.clone());
            }
        }
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_one_segment_or_the_rest() {
        assert!(path_matches("/servers/*/actions/poweron", "/servers/7/actions/poweron"));
        assert!(!path_matches("/servers/*", "/servers/7/actions/poweron"));
        assert!(!path_matches("/servers/*", "/servers"));
        assert!(path_matches("/servers/**", "/servers/7/actions/poweron"));
        assert!(path_matches("**", "/anything/at/all"));
        assert!(!path_matches("/servers", "/networks"));
    }

    #[test]
    fn a_fault_fires_from_its_nth_match_on_and_only_so_often() {
        let faults = Faults::default();
        faults.arm(Fault {
            times: 2,
            ..Fault::once("write", "/servers/**", 2, Effect::DropBefore)
        });
        let seen: Vec<bool> = ["POST", "GET", "DELETE", "PUT", "POST"]
            .iter()
            .map(|method| faults.take(method, "/servers/1").is_some())
            .collect();
        assert_eq!(seen, [false, false, true, true, false]);
        assert_eq!(faults.list()[0].matched, 4);
    }

    #[test]
    fn faults_are_written_as_the_documentation_says() {
        let fault: Fault = serde_json::from_str(
            r#"{"method":"POST","path":"/servers","nth":2,"effect":{"respond":{"status":412,"code":"resource_unavailable"}}}"#,
        )
        .unwrap();
        assert_eq!((fault.nth, fault.times), (2, 1));
        let drop: Fault = serde_json::from_str(r#"{"path":"**","effect":"dropAfter"}"#).unwrap();
        assert_eq!(drop.effect, Effect::DropAfter);
        assert!(serde_json::from_str::<Fault>(r#"{"path":"**","effect":"dropAfter","typo":1}"#).is_err());
    }
}
