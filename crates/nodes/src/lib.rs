//! The nodes phase: NixOS with k3s on the cluster's servers, rendered from the spec and installed over SSH.
//!
//! The next step always follows from what a host says of itself (`Debian`, `Installer`, `NixOS`), never from a remembered
//! phase, so that a run that was killed anywhere is taken up where it stands.

mod api;
mod apply;
mod changes;
mod desired;
mod drain;
mod host;
pub mod kubeconfig;
mod observe;
mod op;
mod options;
mod phase;
mod plan;
mod reach;
pub mod render;
mod status;

pub use desired::Desired;
pub use observe::Observed;
pub use op::{Membership, Op};
pub use options::{Deadlines, Installer, K3sTokens, Options, TokenSource};
pub use phase::{Inputs, Nodes};
