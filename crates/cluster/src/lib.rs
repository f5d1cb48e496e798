//! The cluster phase: everything inside Kubernetes, as components whose objects are applied, awaited and pruned.
//!
//! Read in this order: `component` (what a component is), `gather` (where components come from), `observe`, `desired`, `plan`,
//! `apply`, `status`, `op`; `verify` asks the cluster whether it does what it should.

mod apply;
mod component;
mod desired;
mod failure;
mod gather;
mod observe;
mod op;
mod phase;
mod plan;
mod prune;
mod revision;
mod status;
mod verify;

pub use component::{Catalog, Component, Preflight};
pub use desired::Desired;
pub use gather::{Cluster, Options, SpecCatalog, tagged};
pub use observe::Observed;
pub use op::Op;
pub use phase::{ClusterPhase, Inputs};
