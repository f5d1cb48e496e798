//! Secret values: where they come from, the Secrets that the cluster starts with, and the tokens that hoist keeps.
//!
//! A value lives in memory only. What is kept on disk is encrypted with age to the recipients of the spec.

mod age;
mod bootstrap;
mod environment;
mod program;
mod resolve;
mod tokens;

pub use self::age::{AgeError, Identities};
pub use bootstrap::{BootstrapSecrets, bootstrap};
pub use environment::Environment;
pub use resolve::{Resolver, SourceError};
pub use tokens::{Token, TokenError, TokenStore};
