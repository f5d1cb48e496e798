//! Certificates from Let's Encrypt: the issuers and the canary as objects, and the preflight of the DNS zone.

mod objects;
mod preflight;

pub use objects::{canary, canary_staging, issuers};
pub use preflight::{Preflight, PreflightError, preflight};
