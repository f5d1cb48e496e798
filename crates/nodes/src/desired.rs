//! What must exist: each machine's configuration, and who may log in to apply it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hoist_model::{At, Diagnostic, Diagnostics, Facts, Goal};
use hoist_spec::{Identity as SpecIdentity, Role, Spec, Sudo};
use hoist_ssh::{Identity, KeyPair};

use crate::render::{Sources, Tree, ours, render};

/// One machine.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    /// What it is in the cluster; none is a machine with our operating system and no k3s.
    pub(crate) role: Option<Role>,
    /// Its part of the flake.
    pub(crate) tree: Tree,
    /// That part's hash.
    pub(crate) hash: String,
}

impl Node {
    pub(crate) fn is_server(&self) -> bool {
        self.role == Some(Role::Server)
    }
}

/// What must exist, in the spec's order.
#[derive(Clone, Debug)]
pub struct Desired {
    pub(crate) cluster: String,
    pub(crate) nodes: Vec<Node>,
    pub(crate) port: u16,
    pub(crate) identities: Vec<Identity>,
    pub(crate) replace: BTreeSet<String>,
    /// Machines whose Nodes go, because the machines do.
    pub(crate) leaving: BTreeSet<String>,
}

impl Desired {
    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }
}

pub(crate) fn desired(at: &At<'_, Spec>, sources: &Sources, identities: Vec<Identity>) -> Result<Desired, Diagnostics> {
    let sudoers = |spec: &Spec| {
        spec.access
            .users
            .values()
            .any(|user| user.sudo != Sudo::None && !user.keys.is_empty())
    };
    if ours(at.spec).next().is_some() && !sudoers(at.spec) {
        let problem = Diagnostic::new(
            "nodes/nobody-with-sudo",
            "no user of access.users has both a key and sudo, so that hoist itself could not log in after the installation",
        );
        return Err(problem
            .hint("hoist works as root with the keys of the users that may use sudo: give one of them `sudo: nopasswd`")
            .into());
    }
    let nodes = match at.goal {
        Goal::Converge => nodes(at.spec, sources, at.facts),
        Goal::Destroy { .. } => Vec::new(),
    };
    let leaving = match at.goal {
        Goal::Converge => leaving(at.spec, at.facts),
        // With the whole cluster, its Nodes go by themselves.
        Goal::Destroy { .. } => BTreeSet::new(),
    };
    Ok(Desired {
        leaving,
        cluster: at.spec.cluster.name.to_string(),
        nodes,
        port: at.spec.access.port,
        identities,
        replace: at.replace.clone(),
    })
}

/// Disabled machines, and servers of ours that the spec does not name any more.
fn leaving(spec: &Spec, facts: &Facts) -> BTreeSet<String> {
    let disabled = spec
        .machines
        .iter()
        .filter(|(_, machine)| !machine.enabled)
        .map(|(name, _)| name.to_string());
    let named = |name: &&String| spec.machines.keys().any(|known| known.as_str() == name.as_str());
    let forgotten = facts.servers.keys().filter(|name| !named(name)).cloned();
    disabled.chain(forgotten).collect()
}

fn nodes(spec: &Spec, sources: &Sources, facts: &Facts) -> Vec<Node> {
    let tree = render(spec, sources, facts);
    ours(spec)
        .map(|(name, machine)| {
            let tree = tree.of_machine(name);
            Node {
                name: name.to_owned(),
                role: machine.role,
                hash: tree.hash(),
                tree,
            }
        })
        .collect()
}

/// Who logs in: this run's key, which new servers know, then the person.
pub(crate) fn identities(
    spec: &Spec,
    deploy_key: &KeyPair,
    agent_socket: Option<&Path>,
    home: Option<&Path>,
) -> Vec<Identity> {
    let mut identities = vec![Identity::Key(deploy_key.clone())];
    match &spec.access.identity {
        SpecIdentity::Agent => identities.extend(agent_socket.map(|socket| Identity::Agent(socket.to_owned()))),
        SpecIdentity::File(path) => identities.push(Identity::File(at_home(path, &spec.dir, home))),
    }
    identities
}

fn at_home(path: &Path, dir: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => dir.join(path).components().collect(),
    }
}
