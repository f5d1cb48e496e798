//! What both cloud emulators share: faults on request, a log of requests, and a server that can drop connections.
//!
//! Each emulator answers its API under that API's own prefix and, beside it, this admin API:
//!
//! | request | what it does |
//! |---|---|
//! | `GET /_sandbox/faults` | the armed faults, with how often each matched and fired |
//! | `POST /_sandbox/faults` | arms a [`Fault`]; answers `{"id": N}` |
//! | `DELETE /_sandbox/faults` | disarms them all |
//! | `GET /_sandbox/requests` | the log: number, time, method, path, query, status, correlation id, fault |
//! | `DELETE /_sandbox/requests` | empties the log and zeroes the counters |
//! | `GET /_sandbox/counters` | `requests`, `mutations` (writes that succeeded), and successes by route |
//!
//! Neither bodies nor headers are logged: they hold tokens and user data.

mod faults;
mod front;
mod requests;
mod serve;

pub use faults::{Answer, Effect, Fault};
pub(crate) use front::{Front, HasFront, Incoming, admin};
pub use requests::{Counters, Request};
pub use serve::{Served, serve};
