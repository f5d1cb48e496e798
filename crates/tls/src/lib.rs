//! Certificates from Let's Encrypt: the issuers and the canary as objects, and the preflight of the DNS zone.

mod objects;
mod preflight;

pub use objects::{CANARY, CANARY_STAGING, ISSUER_PROD, ISSUER_STAGING, canary, canary_staging, issuers};
pub use preflight::{Preflight, PreflightError, preflight};
