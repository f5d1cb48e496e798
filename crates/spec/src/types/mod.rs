//! The types of hoist.yaml, one module a section.

mod access;
mod cluster;
mod components;
mod hetzner;
mod machines;
mod nixos;
mod secrets;
mod spec;
mod tls;

pub use access::{Access, Identity, Sudo, User};
pub use cluster::{Cluster, K3s, KubeconfigMode};
pub use components::{
    Builtin, CertManager, ChartSource, Cilium, Components, Coredns, ExternalDns, ExternalDnsPolicy, LocalPath,
    MetricsServer, UserComponent,
};
pub use hetzner::{Hetzner, Network, NetworkZone};
pub use machines::{Machine, Os, Role};
pub use nixos::Nixos;
pub use secrets::{Bitwarden, Secrets, Source};
pub use spec::Spec;
pub use tls::{Canary, Dns01, Tls};

/// The default of switches that are on.
fn on() -> bool {
    true
}
