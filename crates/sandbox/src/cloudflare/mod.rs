//! The Cloudflare API for DNS, in memory, and a DNS server that answers from the same zones.
//!
//! It speaks `/client/v4`: `user/tokens/verify`, `zones`, and `zones/{id}/dns_records` with lists, single records, and
//! batches, in Cloudflare's envelope and with its error codes. The zones are those of [`Config`]; they are as
//! Cloudflare's free plan has them (no tags, comments of 100 characters). Record types: A, AAAA, CNAME, TXT, NS, MX,
//! SRV, CAA.
//!
//! Where it differs from Cloudflare, knowingly:
//! - There is no proxy in front of proxied records: DNS answers with what the record says.
//! - Loopback addresses may be proxied, as they are this sandbox's public addresses.
//! - Record ids follow from the order of creation, so that the same run gives the same state.
//!
//! Beside the shared admin API (see [`crate::emulator`]) it has:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_sandbox/state` | every zone and record, the same text for the same world (no times, no serial numbers) |
//! | `PUT /_sandbox/token` | a [`Grants`]: what the token may do from now on; what is left out is granted |

mod admin;
mod api;
mod content;
mod dns;
mod error;
mod list;
mod query;
mod record;
mod records;
mod token;
mod zone;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use secrecy::SecretString;
use serde_json::Value;

pub use self::dns::{DnsServer, serve_dns};
pub use self::token::{Grants, TokenStatus};
use self::zone::Zones;
use crate::emulator::{Counters, Fault, Front, HasFront, Request, admin as shared_admin};

/// What an emulator begins with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The one API token that is accepted.
    pub token: SecretString,
    /// The names of the zones, such as `example.com`.
    pub zones: Vec<String>,
    /// Put records into each zone that belong to somebody else, and a zone that nobody asked for.
    pub foreign: bool,
}

/// The emulator.
pub struct Cloudflare {
    front: Front,
    token: SecretString,
    grants: Mutex<Grants>,
    zones: Mutex<Zones>,
}

impl Cloudflare {
    /// An account with these zones.
    pub fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            front: Front::new("/client/v4", error::envelope),
            token: config.token,
            grants: Mutex::new(Grants::default()),
            zones: Mutex::new(Zones::new(&config.zones, config.foreign)),
        })
    }

    /// Every zone and record, as `GET /_sandbox/state` tells it.
    pub fn state(&self) -> Value {
        self.zones().state()
    }

    /// Says what the token may do from now on.
    pub fn set_grants(&self, grants: Grants) {
        *self.grants.lock().unwrap_or_else(PoisonError::into_inner) = grants;
    }

    /// Arms a fault.
    pub fn fault(&self, fault: Fault) {
        self.front.faults.arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.front.faults.clear();
    }

    /// The log of requests.
    pub fn requests(&self) -> Vec<Request> {
        self.front.requests.list()
    }

    /// The sums over all requests.
    pub fn counters(&self) -> Counters {
        self.front.requests.counters()
    }

    /// Empties the log and zeroes the sums.
    pub fn clear_requests(&self) {
        self.front.requests.clear();
    }

    /// A handler that panicked has changed nothing: a change is made whole or not at all.
    fn zones(&self) -> MutexGuard<'_, Zones> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn grants(&self) -> Grants {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HasFront for Cloudflare {
    fn front(&self) -> &Front {
        &self.front
    }
}

/// The API under `/client/v4` and the admin API under `/_sandbox`. Serve it with [`crate::emulator::serve`]: a plain
/// `axum::serve` cannot drop connections.
pub fn router(cloudflare: Arc<Cloudflare>) -> Router {
    shared_admin::<Cloudflare>()
        .merge(admin::routes())
        .fallback(answer)
        .with_state(cloudflare)
}

async fn answer(State(cloudflare): State<Arc<Cloudflare>>, request: axum::extract::Request) -> Response {
    let front = &cloudflare.front;
    front
        .pass(request, async |incoming| api::answer(&cloudflare, &incoming))
        .await
}
