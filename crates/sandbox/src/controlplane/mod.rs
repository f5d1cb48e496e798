//! The control plane: real etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback, without root.
//!
//! [`ControlPlane`] does for the sandbox's hosts what k3s does on real ones ([`Kubernetes`](crate::seams::Kubernetes)):
//! a server gets a kube-apiserver on its address, an agent a Node. What differs from k3s:
//!
//! - One etcd serves all servers, however many there are; it runs for as long as one server does.
//! - kwok stands for the kubelets: pods run without containers, Jobs succeed, and a pod's ports answer plain HTTP that
//!   says so. Who runs in no container can run beside the cluster, for as long as a pod with its image runs, and is
//!   reached through the egress proxy: cert-manager's three programs for real (`programs`), sops-secrets-operator by
//!   the real sops (`sops`), metrics-server (`metrics`) and Cilium's operator (`cilium`) as far as others see them.
//! - Their world is the sandbox's: Let's Encrypt is pebble, Cloudflare the emulator, and nothing else is reached
//!   (`world`).
//! - A Node becomes Ready when a pod of Cilium's agent runs on it, as without flannel on real nodes; what pods send to
//!   each other is not carried at all.
//! - A sandbox has one cluster: a second server that would make another one is refused.
//!
//! Every child process dies with the process that made it, whatever its end (see `process`).

mod apiserver;
mod cilium;
mod cluster;
mod config;
mod connect;
mod controllers;
mod egress;
mod error;
mod etcd;
mod files;
mod front;
mod keeper;
mod kubeconfig;
mod kwok;
mod members;
mod metrics;
mod nodes;
mod pki;
mod process;
mod programs;
mod proxy;
mod ranges;
mod readiness;
mod serve;
mod simulated;
mod sops;
mod stand_ins;
mod tools;
mod world;

pub use config::Config;
pub use error::Error;
pub use members::ControlPlane;
pub use tools::Tools;
