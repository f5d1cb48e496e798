//! A client for the Hetzner Cloud API: tolerant of what the API adds, careful about what it changes.
//!
//! Knows nothing of hoist. [`Client`] pages through lists, retries what passes, waits for the rate limit, polls all
//! actions with one request, and settles a create that was not answered by looking the name up.

mod calls;
mod client;
mod error;
mod limit;
mod model;
mod poller;
mod send;

pub use calls::{Changed, ListOptions};
pub use client::{Client, Options};
pub use error::{ApiError, Class, Code, Error};
pub use limit::RateLimit;
pub use model::*;
