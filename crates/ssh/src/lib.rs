//! An SSH client for the work that hoist does on hosts: scripts, files and tunnels over a connection whose host key is
//! pinned. It knows nothing of hoist's spec.
//!
//! Two rules shape it. It fails closed: a host whose key is not among the pinned ones, or that shows a certificate, is
//! never logged in to. And nothing secret goes into a command line: scripts and their input travel over the channel,
//! where no process list shows them.

mod auth;
mod connect;
mod error;
mod exec;
mod files;
mod fingerprint;
mod forward;
mod keys;
mod quote;

pub use auth::Identity;
pub use connect::{HostKeyPolicy, Patience, Session, Target};
pub use error::Error;
pub use exec::{Output, Script, Stream};
pub use files::Archive;
pub use fingerprint::{Fingerprint, ParseFingerprintError};
pub use forward::{Forward, Tunnel};
pub use keys::{KeyError, KeyPair};
pub use quote::quote;
