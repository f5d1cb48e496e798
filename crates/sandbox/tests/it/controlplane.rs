//! The control plane with its real programs: one is shared by the tests that only use it.

mod certificates;
mod cluster;
mod gateways;
mod harness;
mod lifecycle;
mod services;
mod sops;
