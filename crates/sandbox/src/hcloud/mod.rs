//! The Hetzner Cloud API, in memory: stateful, asynchronous where Hetzner is, with machines behind its servers.
//!
//! It speaks `/v1` for tokens of one project: servers, networks, firewalls, placement groups, ssh keys, primary IPs,
//! volumes, load balancers, images, server types, locations, pricing and actions, with Hetzner's error codes, pages,
//! label selectors, locks and rate limit. A retired endpoint answers 410; what it does not know answers 404.
//! Public IPv4 addresses are loopback addresses, so that a server can be dialled.
//!
//! Beside the shared admin API (see [`crate::emulator`]) it has:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_sandbox/state` | every resource, the same text for the same world (no actions, no counters) |
//! | `PUT /_sandbox/availability` | `{"serverType": "cpx32", "location": "fsn1", "available": false}`: sold out, or back |
//! | `PUT /_sandbox/quota` | `{"servers": 3, …}`: the project's limits; what is left out goes back to its default |
//! | `PUT /_sandbox/rate-limit` | `{"limit": 10, "refillPerSecond": 1}`: a new, full bucket |
//! | `GET /_sandbox/servers/{id}/user-data` | what the server was created with, which the API itself never tells |

mod action;
mod actions;
mod addresses;
mod admin;
mod call;
mod catalog;
mod config;
mod error;
mod firewalls;
mod images;
mod labels;
mod load_balancers;
mod machines;
mod networks;
mod placement_groups;
mod primary_ips;
mod query;
mod rate;
mod run;
mod seed;
mod server;
mod server_actions;
mod server_create;
mod server_network;
mod ssh_keys;
mod state;
mod volumes;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use self::addresses::AddressPool;
use self::call::{Call, Reply};
pub use self::config::{Config, Quota, Token};
use self::error::{ApiError, ApiResult};
pub use self::machines::IdleMachines;
use self::query::Query;
use self::rate::Bucket;
pub use self::rate::RateLimit;
use self::state::State;
use crate::emulator::{Answer, Counters, Fault, Front, HasFront, Incoming, Request, admin as shared_admin};
use crate::seams::Machines;

struct Inner {
    front: Front,
    tokens: Vec<Token>,
    bucket: Mutex<Bucket>,
    state: Mutex<State>,
    machines: Arc<dyn Machines>,
    scale: f64,
    stop: CancellationToken,
    /// Changes whenever an action ends.
    ended: watch::Sender<()>,
}

impl HasFront for Inner {
    fn front(&self) -> &Front {
        &self.front
    }
}

impl Inner {
    /// A handler that panicked has changed at most one resource: going on is better than refusing everything.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self, server: u64) -> bool {
        self.state().servers.get(&server).is_some_and(|server| server.made)
    }
}

/// The emulator; a clone is the same one. Actions under way end with the last clone.
#[derive(Clone)]
pub struct Emulator {
    inner: Arc<Inner>,
    /// Ends the actions under way when the last clone goes.
    alive: Arc<DropGuard>,
}

impl Emulator {
    /// An empty project with these machines behind it.
    pub fn new(config: Config, machines: Arc<dyn Machines>) -> Self {
        let stop = CancellationToken::new();
        Self {
            alive: Arc::new(stop.clone().drop_guard()),
            inner: Arc::new(Inner {
                front: Front::new("/v1", envelope),
                tokens: config.tokens,
                bucket: Mutex::new(Bucket::new(config.rate_limit)),
                state: Mutex::new(State::new(config.addresses, config.quota)),
                machines,
                scale: config.scale,
                stop,
                ended: watch::Sender::new(()),
            }),
        }
    }

    /// The API under `/v1` and the admin API under `/_sandbox`. Serve it with [`crate::emulator::serve`]: a plain
    /// `axum::serve` cannot drop connections.
    pub fn router(&self) -> Router {
        let alive = self.alive.clone();
        shared_admin::<Inner>()
            .merge(admin::routes())
            .fallback(
                async move |axum::extract::State(inner): axum::extract::State<Arc<Inner>>,
                            request: axum::extract::Request| {
                    let _alive = &alive;
                    inner
                        .clone()
                        .front
                        .pass(request, async |incoming| inner.answer(incoming))
                        .await
                },
            )
            .with_state(self.inner.clone())
    }

    /// Everything that exists, as `GET /_sandbox/state` tells it.
    pub fn state(&self) -> Value {
        self.inner.state().json()
    }

    /// Arms a fault.
    pub fn fault(&self, fault: Fault) {
        self.inner.front.faults.arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.inner.front.faults.clear();
    }

    /// The log of requests.
    pub fn requests(&self) -> Vec<Request> {
        self.inner.front.requests.list()
    }

    /// The sums over all requests.
    pub fn counters(&self) -> Counters {
        self.inner.front.requests.counters()
    }

    /// Empties the log and zeroes the sums.
    pub fn clear_requests(&self) {
        self.inner.front.requests.clear();
    }

    /// Sells a server type out in a location, or puts it back.
    pub fn set_available(&self, server_type: &str, location: &str, available: bool) {
        self.inner
            .state()
            .catalog
            .set_available(server_type, location, available);
    }

    /// Changes the project's limits.
    pub fn set_quota(&self, quota: Quota) {
        self.inner.state().quota = quota;
    }

    /// Starts a new, full bucket of requests.
    pub fn set_rate_limit(&self, rate: RateLimit) {
        *self.inner.bucket() = Bucket::new(rate);
    }
}

fn envelope(answer: &Answer) -> Response {
    ApiError::new(answer.status, &answer.code, answer.message.clone()).into_response()
}

impl Inner {
    fn answer(self: &Arc<Self>, incoming: Incoming) -> Response {
        let result = self
            .admit(&incoming.headers, &incoming.method)
            .and_then(|()| self.handle(incoming));
        let mut response = result.into_response();
        self.bucket().tell(response.headers_mut());
        response
    }

    /// Authentication first, then the budget, as Hetzner does.
    fn admit(&self, headers: &HeaderMap, method: &Method) -> ApiResult<()> {
        let given = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        let Some(token) = self.tokens.iter().find(|token| token.is(given)) else {
            return Err(ApiError::new(401, "unauthorized", "unable to authenticate"));
        };
        let mut bucket = self.bucket();
        if !bucket.take(Instant::now()) {
            return Err(ApiError::new(429, "rate_limit_exceeded", bucket.refusal()));
        }
        drop(bucket);
        if token.read_only && method != Method::GET {
            return Err(ApiError::new(
                403,
                "token_readonly",
                "the token is only allowed to perform GET requests",
            ));
        }
        Ok(())
    }

    fn handle(self: &Arc<Self>, incoming: Incoming) -> ApiResult<Reply> {
        let mut state = self.state();
        let mut call = Call {
            state: &mut state,
            method: incoming.method,
            query: Query::parse(&incoming.query),
            bytes: incoming.body,
            chains: Vec::new(),
        };
        let segments: Vec<&str> = incoming.path.split('/').filter(|part| !part.is_empty()).collect();
        let reply = route(&mut call, &segments)?;
        let mut chains = call.chains;
        if let (Some(answer), Some(step)) = (
            incoming.fail_action,
            chains.first_mut().and_then(|chain| chain.first_mut()),
        ) {
            step.fail = Some((answer.code, answer.message));
        }
        drop(state);
        self.spawn(chains);
        Ok(reply)
    }

    fn spawn(self: &Arc<Self>, chains: Vec<call::Chain>) {
        for chain in chains {
            tokio::spawn(run::chain(self.clone(), chain));
        }
    }
}

fn route(call: &mut Call<'_>, path: &[&str]) -> ApiResult<Reply> {
    let Some((first, rest)) = path.split_first() else {
        return Err(ApiError::no_route("/"));
    };
    if let Some(kind) = actions::kind_of(first)
        && let Some(reply) = actions::of_resources(call, kind, rest)?
    {
        return Ok(reply);
    }
    match *first {
        "actions" => actions::route(call, rest),
        "servers" => server::route(call, rest),
        "networks" => networks::route(call, rest),
        "firewalls" => firewalls::route(call, rest),
        "placement_groups" => placement_groups::route(call, rest),
        "ssh_keys" => ssh_keys::route(call, rest),
        "primary_ips" => primary_ips::route(call, rest),
        "volumes" => volumes::route(call, rest),
        "load_balancers" => load_balancers::route(call, rest),
        "images" => images::route(call, rest),
        "server_types" | "locations" | "load_balancer_types" | "pricing" if call.method == Method::GET => {
            read_only(call, first, rest)
        }
        // Kinds that the sandbox does not have: there are none of them.
        "floating_ips" | "certificates" | "isos" if call.method == Method::GET && rest.is_empty() => {
            Ok(Reply::ok(call.query.list(first, std::iter::empty(), &[])?))
        }
        "datacenters" => Err(ApiError::new(
            410,
            "deprecated_api_endpoint",
            "datacenters were removed from the API: see server_types[].locations",
        )),
        _ => Err(ApiError::no_route(&path.join("/"))),
    }
}

fn read_only(call: &Call<'_>, kind: &str, rest: &[&str]) -> ApiResult<Reply> {
    let catalog = &call.state.catalog;
    match (kind, rest) {
        ("pricing", []) => Ok(Reply::ok(catalog.pricing())),
        ("server_types", []) => {
            let items = catalog.types.iter().map(|kind| catalog.json(kind));
            Ok(Reply::ok(call.query.list("server_types", items, &["name"])?))
        }
        ("server_types", [id]) => match catalog.types.iter().find(|kind| kind.id.to_string() == *id) {
            Some(kind) => Ok(Reply::ok(json!({ "server_type": catalog.json(kind) }))),
            None => Err(ApiError::not_found("server_type", id)),
        },
        ("locations", []) => {
            let items = catalog::LOCATIONS.iter().map(catalog::Location::json);
            Ok(Reply::ok(call.query.list("locations", items, &["name"])?))
        }
        ("locations", [id]) => match catalog::LOCATIONS
            .iter()
            .find(|location| location.id.to_string() == *id)
        {
            Some(location) => Ok(Reply::ok(json!({ "location": location.json() }))),
            None => Err(ApiError::not_found("location", id)),
        },
        ("load_balancer_types", []) => {
            let items = std::iter::once(load_balancers::type_json());
            Ok(Reply::ok(call.query.list("load_balancer_types", items, &["name"])?))
        }
        ("load_balancer_types", ["1"]) => Ok(Reply::ok(json!({ "load_balancer_type": load_balancers::type_json() }))),
        _ => Err(ApiError::no_route(&format!("{kind}/{}", rest.join("/")))),
    }
}
