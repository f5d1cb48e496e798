//! The words that all of hoist speaks: keys, steps, plans, lookups, facts, statuses and the shape of a phase.
//!
//! Plain data without IO. Everything here is shared by the phases, the engine and the command line, and nothing here
//! knows what a server, a host or a Kubernetes object is made of.

mod check;
mod diagnostic;
mod error;
mod facts;
mod key;
mod lookup;
mod phase;
mod plan;
mod reason;
mod status;
mod step;
mod work;

pub use check::{Check, Outcome as CheckOutcome};
pub use diagnostic::{Diagnostic, Diagnostics, Span};
pub use error::{ErrorKind, Retry, StepError};
pub use facts::{ClusterAccess, DeployKey, Facts, HostKeyPins, PinError, Pins, ServerFacts};
pub use key::Key;
pub use lookup::{Lookup, Why};
pub use phase::{At, Goal, Phase, PhaseName};
pub use plan::{Blocked, Draft};
pub use reason::{FieldChange, Reason};
pub use status::Status;
pub use step::{Cost, Risk, Step, Verb};
pub use work::{Outcome, StepCx, StepObserver};

/// A secret value: redacted in `Debug`, without `Display` and `Serialize`, wiped from memory when dropped.
pub type Secret = secrecy::SecretString;
pub use secrecy::ExposeSecret;
