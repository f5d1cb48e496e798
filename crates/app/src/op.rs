//! One operation of any phase, and the three phases together.

use std::collections::BTreeSet;

use hoist_model::{Phase, PhaseName, Step};

/// An operation of one of the three phases.
#[derive(Clone, Debug)]
pub enum Op<I, N, C> {
    /// Of `infra`.
    Infra(I),
    /// Of `nodes`.
    Nodes(N),
    /// Of `cluster`.
    Cluster(C),
}

/// The three phases of one cluster, and what is asked of them.
pub struct Phases<I, N, C> {
    /// The cluster's name.
    pub name: String,
    /// Hetzner Cloud.
    pub infra: I,
    /// NixOS and k3s.
    pub nodes: N,
    /// Inside Kubernetes.
    pub cluster: C,
    /// Machines to destroy and remake.
    pub replace: BTreeSet<String>,
}

/// The op type of three phases.
pub(crate) type OpOf<I, N, C> = Op<<I as Phase>::Op, <N as Phase>::Op, <C as Phase>::Op>;

/// A step of three phases, and which of them it belongs to.
pub(crate) type StepOf<I, N, C> = (PhaseName, Step<OpOf<I, N, C>>);
