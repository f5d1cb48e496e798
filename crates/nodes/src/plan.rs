//! What to do, from what is seen alone: no remembered phase, no IO, the same answer each time.

use hoist_model::{Blocked, Draft, FieldChange, Key, Lookup, Reason, Risk, Step, Verb};

use crate::changes::changes;
use crate::desired::{Desired, Node};
use crate::host::{HostFacts, K3s, Os};
use crate::observe::{Observed, Seen};
use crate::op::{Membership, Op};

/// The least memory that holds the installer.
const LEAST_MEMORY_MIB: u64 = 1400;

pub(crate) fn plan(desired: &Desired, observed: &Observed) -> Draft<Op> {
    let mut planner = Planner {
        desired,
        observed,
        draft: Draft::default(),
    };
    for node in &desired.nodes {
        planner.node(node);
    }
    planner.leaving();
    planner.draft
}

fn host_key(machine: &str) -> Key {
    Key::new("host-key", machine)
}

fn host(machine: &str) -> Key {
    Key::new("host", machine)
}

/// The first characters of a hash: enough for a person to tell two apart.
fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

struct Planner<'a> {
    desired: &'a Desired,
    observed: &'a Observed,
    draft: Draft<Op>,
}

impl Planner<'_> {
    fn node(&mut self, node: &Node) {
        let name = node.name.as_str();
        let seen = self.observed.machines.get(name).unwrap_or(&Seen::Absent);
        if self.desired.replace.contains(name) {
            self.make(node, true, true, Risk::None);
            return;
        }
        match seen {
            Seen::Absent => self.make(node, true, true, Risk::None),
            Seen::Unknown(why) | Seen::Unreachable(why) => self.block(name, why.clone(), None),
            Seen::Refused { why, hint } => self.block(name, why.clone(), hint.clone()),
            Seen::Silent(why) => {
                let waiting_for = format!("SSH ({why})");
                let op = Op::AwaitHost { machine: name.into() };
                let step = Step::new(host(name), Verb::Await, op, Reason::NotReady { waiting_for })
                    .needs([Key::server(name)])
                    .group(name);
                self.draft.steps.push(step);
            }
            Seen::Host { facts, pins } => {
                // A rotation that was begun is finished, whatever the host has become since.
                let rotate = pins.next.is_some() || (facts.os == Os::Debian && !facts.lasting);
                self.host(node, facts, rotate);
            }
        }
    }

    fn host(&mut self, node: &Node, facts: &HostFacts, rotate: bool) {
        let name = node.name.as_str();
        if !facts.root {
            self.block(name, "hoist is not root there".into(), None);
            return;
        }
        match &facts.os {
            Os::Debian if facts.memory_mib < LEAST_MEMORY_MIB => self.block(
                name,
                format!(
                    "it has {} MiB of memory, and the NixOS installer needs 1.5 GB",
                    facts.memory_mib
                ),
                Some("choose a larger serverType".into()),
            ),
            Os::Debian | Os::Installer => {
                let risk = if facts.made_by.as_ref() == Some(&self.desired.cluster) {
                    Risk::None
                } else {
                    Risk::Destructive("everything on the disk of a server that this cluster did not make".into())
                };
                self.make(node, false, rotate, risk);
            }
            Os::Other(os) => self.block(
                name,
                format!("it runs {os}, and hoist installs over Debian only"),
                Some(format!("set image: debian-12 and run `hoist replace {name}`")),
            ),
            Os::Nixos if facts.built.is_none() => self.block(
                name,
                "it runs a NixOS that hoist did not install".into(),
                Some(format!(
                    "`hoist replace {name}` destroys the machine and makes it anew; its data is lost"
                )),
            ),
            Os::Nixos => {
                if rotate {
                    self.rotate(name, "its rotation was begun and not finished", false);
                }
                self.installed(node, facts, rotate);
            }
        }
    }

    /// The steps that make a node of a server. `provisional` when the server itself is still to be made.
    fn make(&mut self, node: &Node, provisional: bool, rotate: bool, risk: Risk) {
        let name = node.name.as_str();
        if rotate {
            self.rotate(name, "the server was made with a throw-away host key", provisional);
        }
        let (cluster, needs, waits) = self.membership(node);
        let op = Op::Install {
            machine: name.into(),
            cluster,
        };
        let step = Step::new(Key::node(name), Verb::Create, op, Reason::Missing)
            .needs([host_key(name), Key::server(name)])
            .needs(needs)
            .group(name)
            .risk(risk)
            .provisional(provisional || waits);
        self.draft.steps.push(step);
    }

    fn rotate(&mut self, name: &str, cause: &str, provisional: bool) {
        let op = Op::RotateHostKey { machine: name.into() };
        let reason = Reason::FollowsFrom { cause: cause.into() };
        let step = Step::new(host_key(name), Verb::Update, op, reason)
            .needs([Key::server(name)])
            .group(name)
            .provisional(provisional);
        self.draft.steps.push(step);
    }

    /// How a node that is to be installed comes into the cluster, what it must wait for, and whether that cannot be
    /// told yet.
    fn membership(&self, node: &Node) -> (Membership, Vec<Key>, bool) {
        let seen = |server: &Node| self.observed.machines.get(&server.name).unwrap_or(&Seen::Absent);
        let servers = || self.desired.nodes.iter().filter(|server| server.is_server());
        let staying = |server: &&Node| !self.desired.replace.contains(&server.name);
        if let Some(member) = servers().filter(staying).find(|server| seen(server).installed()) {
            // One that is installed and does not run yet is waited for by its own step.
            return (
                Membership::Join(member.name.clone()),
                vec![Key::node(&member.name)],
                false,
            );
        }
        // Whether a control plane that cannot be seen holds a cluster is not known: a second one must not be made.
        let unseen: Vec<Key> = servers()
            .filter(staying)
            .filter_map(|server| match seen(server) {
                Seen::Silent(_) => Some(host(&server.name)),
                Seen::Unknown(_) | Seen::Unreachable(_) | Seen::Refused { .. } => Some(Key::node(&server.name)),
                _ => None,
            })
            .collect();
        let first = servers().next().map_or(node.name.as_str(), |first| first.name.as_str());
        let waits = !unseen.is_empty();
        if first == node.name {
            return (Membership::Init, unseen, waits);
        }
        let mut needs = vec![Key::node(first)];
        needs.extend(unseen);
        needs.dedup();
        (Membership::Join(first.to_owned()), needs, waits)
    }

    fn installed(&mut self, node: &Node, facts: &HostFacts, rotate: bool) {
        let name = node.name.as_str();
        let before = rotate.then(|| host_key(name));
        if facts.running() != Some(node.hash.as_str()) {
            let fields = self.differences(node, facts);
            let op = Op::Update { machine: name.into() };
            let risk = Risk::Downtime("services whose configuration changes are restarted, k3s within a minute".into());
            let step = Step::new(Key::node(name), Verb::Update, op, Reason::Changed { fields })
                .needs(before)
                .needs(self.earlier_update(node))
                .group(name)
                .risk(risk);
            self.draft.steps.push(step);
            return;
        }
        if let Some(waiting_for) = self.waits_for(node, facts) {
            let op = Op::AwaitNode { machine: name.into() };
            let step = Step::new(Key::node(name), Verb::Await, op, Reason::NotReady { waiting_for })
                .needs(before)
                .group(name);
            self.draft.steps.push(step);
        }
    }

    /// Why a host is to be updated: by the fields that differ where it can be told, else by what runs there.
    fn differences(&self, node: &Node, facts: &HostFacts) -> Vec<FieldChange> {
        let old = match (facts.running(), &facts.system) {
            (Some(hash), _) => {
                let fields = changes(node, facts);
                if !fields.is_empty() {
                    return fields;
                }
                short(hash).to_owned()
            }
            (None, Some(system)) => system.clone(),
            (None, None) => "unknown".to_owned(),
        };
        vec![FieldChange::new("configuration", Some(old), Some(short(&node.hash)))]
    }

    /// Control planes change one after another, so that etcd keeps its quorum.
    fn earlier_update(&self, node: &Node) -> Option<Key> {
        if !node.is_server() {
            return None;
        }
        let servers = self.desired.nodes.iter().filter(|server| server.is_server());
        servers
            .take_while(|server| server.name != node.name)
            .filter(|server| {
                self.draft
                    .steps
                    .iter()
                    .any(|step| step.key == Key::node(&server.name) && step.verb == Verb::Update)
            })
            .last()
            .map(|server| Key::node(&server.name))
    }

    fn waits_for(&self, node: &Node, facts: &HostFacts) -> Option<String> {
        node.role?;
        match facts.k3s {
            K3s::Active => {}
            K3s::Activating => return Some("k3s, which is starting".into()),
            K3s::Failed => return Some("k3s, which failed".into()),
            K3s::Absent => return Some("k3s, which does not run".into()),
        }
        match &self.observed.registered {
            Lookup::Present(nodes) if nodes.contains(&node.name) => None,
            Lookup::Present(_) => Some("its Node, which is not registered".into()),
            Lookup::Absent => Some("a control plane".into()),
            Lookup::Unknown(why) => Some(format!("the API: {why}")),
        }
    }

    fn leaving(&mut self) {
        let Lookup::Present(registered) = &self.observed.registered else {
            return;
        };
        for name in self.desired.leaving.intersection(registered) {
            let op = Op::RemoveNode { machine: name.clone() };
            let because = "its machine is disabled in hoist.yaml, or gone from it".into();
            let risk = "what its pods keep on its disk; they are evicted first, by their budgets".into();
            let step = Step::new(Key::node(name), Verb::Delete, op, Reason::NotDesired { because })
                .group(name)
                .risk(Risk::Destructive(risk));
            self.draft.steps.push(step);
        }
    }

    fn block(&mut self, name: &str, why: String, hint: Option<String>) {
        self.draft.blocked.push(Blocked {
            key: Key::node(name),
            why,
            hint,
        });
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
