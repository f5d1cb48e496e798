//! The first phase: servers, network, firewall and keys in Hetzner Cloud, and the DNS record of the API's name.
//!
//! Owns what carries the label `hoist.dev/cluster` and nothing else. Has no state file: names, private addresses and
//! labels are chosen in the plan, and everything else is read from the project.

mod addresses;
mod apply;
mod caller;
mod desired;
mod dns;
mod failure;
mod from_spec;
mod gather;
mod import;
mod labels;
mod lock;
mod names;
mod observe;
mod offer;
mod op;
mod phase;
mod pins;
mod plan;
mod publish;
mod status;
mod user_data;
mod wanted;

pub use caller::Caller;
pub use desired::Desired;
pub use dns::{Dns, DnsToken};
pub use gather::Inputs;
pub use import::Import;
pub use lock::{Held, LockError, ProjectLock};
pub use observe::Observed;
pub use op::{Op, ServerChange};
pub use phase::Infra;
