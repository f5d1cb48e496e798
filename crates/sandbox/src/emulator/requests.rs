//! The log of requests and the counters that tests compare.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// How many requests are kept; a longer history only fills memory.
const KEPT: usize = 50_000;

/// One request as it was seen, without headers and body.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Counted from 1 since the start or the last reset.
    pub number: u64,
    /// When it came, RFC 3339 with milliseconds.
    pub time: String,
    /// HTTP method.
    pub method: String,
    /// The path below the API's prefix.
    pub path: String,
    /// The query string, empty where there was none.
    pub query: String,
    /// The status that was answered, or none where the connection was dropped.
    pub status: Option<u16>,
    /// What the `X-Correlation-ID` header said.
    pub correlation_id: String,
    /// True where a fault hit it.
    pub fault: bool,
}

/// Sums over all requests since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Every request, whatever came of it.
    pub requests: u64,
    /// Writes (anything but GET) that were carried out, even if the answer was lost.
    pub mutations: u64,
    /// Requests that were carried out, by method and path with ids replaced: `POST /servers/{id}/actions/poweron`.
    pub by_route: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Inner {
    log: VecDeque<Request>,
    counters: Counters,
}

/// The log of one emulator.
#[derive(Default)]
pub(crate) struct Requests(Mutex<Inner>);

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request. `done` says that it was carried out.
    pub(crate) fn note(&self, mut request: Request, done: bool) {
        let mut inner = self.lock();
        inner.counters.requests += 1;
        request.number = inner.counters.requests;
        if done {
            inner.counters.mutations += u64::from(request.method != "GET" && request.method != "HEAD");
            let route = format!("{} {}", request.method, route(&request.path));
            *inner.counters.by_route.entry(route).or_default() += 1;
        }
        if inner.log.len() == KEPT {
            inner.log.pop_front();
        }
        inner.log.push_back(request);
    }

    pub(crate) fn list(&self) -> Vec<Request> {
        self.lock().log.iter().cloned().collect()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Inner::default();
    }
}

/// The path with each id (a number, or the 32 hexadecimal digits of Cloudflare) replaced.
fn route(path: &str) -> String {
    let is_id = |part: &str| {
        !part.is_empty()
            && (part.bytes().all(|byte| byte.is_ascii_digit())
                || part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    path.split('/')
        .map(|part| if is_id(part) { "{id}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::route;

    #[test]
    fn routes_have_no_ids() {
        assert_eq!(route("/servers/42/actions/poweron"), "/servers/{id}/actions/poweron");
        assert_eq!(
            route("/zones/0123456789abcdef0123456789abcdef/dns_records"),
            "/zones/{id}/dns_records"
        );
    }
}
