//! A client for the part of Cloudflare's API that concerns DNS: tokens, zones and records.
//!
//! Tolerant of fields and values that it does not know; patient with 429 and 5xx, within bounds. Knows nothing of
//! hoist's spec.

mod client;
mod error;
mod model;

pub use client::{Client, Options};
pub use error::{ApiMessage, Error};
pub use model::{NewRecord, Record, RecordFilter, TokenStatus, Zone};
