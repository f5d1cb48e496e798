//! The components whose objects are written in Rust.

pub(crate) mod coredns;
pub(crate) mod local_path;
pub(crate) mod metrics_server;
pub(crate) mod sops_crd;
pub(crate) mod sops_operator;
