//! How each machine stands.

use hoist_model::{Key, Lookup, Status};

use crate::desired::{Desired, Node};
use crate::host::{HostFacts, K3s, Os};
use crate::observe::{Observed, Seen};

pub(crate) fn status(desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
    desired
        .nodes
        .iter()
        .map(|node| (Key::node(&node.name), one(node, observed)))
        .collect()
}

fn one(node: &Node, observed: &Observed) -> Status {
    match observed.machines.get(&node.name) {
        None | Some(Seen::Absent) => Status::Missing,
        Some(Seen::Unknown(why) | Seen::Unreachable(why) | Seen::Silent(why) | Seen::Refused { why, .. }) => {
            Status::Unknown(why.clone())
        }
        Some(Seen::Host { facts, .. }) => host(node, facts, observed),
    }
}

fn host(node: &Node, facts: &HostFacts, observed: &Observed) -> Status {
    match &facts.os {
        Os::Debian => Status::NotReady("runs Debian, NixOS is not installed yet".into()),
        Os::Installer => Status::NotReady("runs the NixOS installer".into()),
        Os::Other(os) => Status::Drifted(format!("runs {os}")),
        Os::Nixos if facts.built.is_none() => Status::Drifted("runs a NixOS that hoist did not install".into()),
        Os::Nixos if facts.running() != Some(node.hash.as_str()) => {
            Status::Drifted("runs another configuration".into())
        }
        Os::Nixos if node.role.is_none() => Status::Ready,
        Os::Nixos => match (&facts.k3s, &observed.registered) {
            (K3s::Active, Lookup::Present(nodes)) if nodes.contains(&node.name) => Status::Ready,
            (K3s::Active, Lookup::Unknown(why)) => Status::Unknown(why.to_string()),
            (K3s::Active, _) => Status::NotReady("its Node is not registered".into()),
            (K3s::Failed, _) => Status::NotReady("k3s failed".into()),
            (K3s::Activating, _) => Status::NotReady("k3s is starting".into()),
            (K3s::Absent, _) => Status::NotReady("k3s does not run".into()),
        },
    }
}
