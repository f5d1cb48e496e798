//! The deploy engine: server-side apply of a set of Kubernetes objects, with a plan before and a proof of readiness after.
//!
//! A client crate, useful alone: it takes objects, a discriminator that marks what is ours, and a kubeconfig. What
//! differs is found with one list call a kind and at most one dry run an object; objects whose owned fields are as
//! desired cost nothing. It decides nothing about order beyond naming which object needs which ([`needs`]).

mod api;
mod apply;
mod call;
mod compare;
mod delete;
mod diff;
mod error;
mod explain;
mod fields;
mod id;
mod inventory;
mod kinds;
mod mark;
mod needs;
mod object;
mod readiness;
mod service_ip;
mod snapshot;
mod wait;

pub use api::{Api, Calls, Listing};
pub use apply::apply_one;
pub use compare::{Comparison, compare, compare_all};
pub use delete::{Keep, Propagation, delete, prunable};
pub use diff::FieldChange;
pub(crate) use diff::diff;
pub use error::{Conflict, DeployError, Passing, StillWaiting, kubectl};
pub use explain::explain;
pub use id::{Kind, ObjectId, ParseIdError};
pub use inventory::Inventory;
pub use kinds::{Kinds, Resource};
pub use mark::{LABEL_COMPONENT, LABEL_DISCRIMINATOR, MANAGER, Mark};
pub use needs::{Cycle, Needs, needs, order};
pub use object::{Object, ObjectError};
pub use readiness::{Readiness, immediate, readiness};
pub use snapshot::{Live, Snapshot};
pub(crate) use wait::wait_gone;
pub use wait::{Wait, wait_ready};
