//! What servers share: network, firewall, placement group, and the deploy key that they are born with.

use hoist_hcloud::{Labels, Network};
use hoist_model::{Blocked, Draft, FieldChange, Key, Reason, Step, Verb};
use ipnet::Ipv4Net;

use super::{ServersPlan, cannot_see, name_taken, removal, unwanted};
use crate::desired::{Desired, normal};
use crate::names::{self, NAME, ours};
use crate::observe::Observed;
use crate::op::Op;

pub(super) fn plan(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    ssh_keys(desired, observed, servers, draft);
    networks(desired, observed, servers, draft);
    firewalls(desired, observed, servers, draft);
    groups(desired, observed, servers, draft);
}

/// A label of ours that is missing or wrong on an object that is ours by its cluster label.
fn label_fields(labels: &Labels, name: &str) -> Vec<FieldChange> {
    let has = labels.get(NAME);
    if has.is_some_and(|value| value == name) {
        Vec::new()
    } else {
        vec![FieldChange::new(format!("labels.{NAME}"), has, Some(name))]
    }
}

fn networks(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    let body = &desired.network;
    let key = names::network_key(&body.name);
    let all = match &observed.networks {
        Ok(all) => all,
        Err(unseen) => return draft.blocked.push(cannot_see(key, unseen)),
    };
    for network in all.iter().filter(|network| ours(&network.labels, &desired.cluster)) {
        if desired.destroy || network.name != body.name {
            let step = removal(
                names::network_key(&network.name),
                Op::DeleteNetwork { id: network.id },
                unwanted(desired, "no longer in hoist.yaml"),
                format!("the private network {}", network.name),
            );
            draft.steps.push(step.needs(servers.leaving.iter().cloned()));
        }
    }
    if desired.destroy {
        return;
    }
    let Some(network) = all.iter().find(|network| network.name == body.name) else {
        draft
            .steps
            .push(Step::new(key, Verb::Create, Op::PutNetwork, Reason::Missing));
        return;
    };
    if !ours(&network.labels, &desired.cluster) {
        return draft
            .blocked
            .push(name_taken(key, "network", &body.name, network.id, None));
    }
    match network_fields(network, body.cidr) {
        Ok(mut fields) => {
            fields.extend(label_fields(&network.labels, &body.name));
            if !fields.is_empty() {
                draft
                    .steps
                    .push(Step::new(key, Verb::Update, Op::PutNetwork, Reason::Changed { fields }));
            }
        }
        Err(range) => draft.blocked.push(Blocked {
            key,
            why: format!(
                "hetzner.network.cidr is {}, and the network {} of this cluster has {range}, which cannot be changed \
                 while servers use it",
                body.cidr, body.name
            ),
            hint: Some(format!(
                "write `cidr: {range}`, or destroy the cluster and make it anew"
            )),
        }),
    }
}

/// What is missing from a network, or the range that it has and should not have.
fn network_fields(network: &Network, cidr: Ipv4Net) -> Result<Vec<FieldChange>, String> {
    let parse = |text: &str| text.parse::<Ipv4Net>().ok().map(|net| net.trunc());
    if parse(&network.ip_range) != Some(cidr.trunc()) {
        return Err(network.ip_range.clone());
    }
    let ranges: Vec<&str> = network
        .subnets
        .iter()
        .filter_map(|subnet| subnet.ip_range.as_deref())
        .collect();
    if ranges.iter().any(|range| parse(range) == Some(cidr.trunc())) {
        return Ok(Vec::new());
    }
    match ranges.first() {
        Some(range) => Err((*range).to_owned()),
        None => Ok(vec![FieldChange::new(
            "subnets",
            None::<String>,
            Some(cidr.to_string()),
        )]),
    }
}

fn firewalls(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    let body = &desired.firewall;
    let key = names::firewall_key(&body.name);
    let all = match &observed.firewalls {
        Ok(all) => all,
        Err(unseen) => return draft.blocked.push(cannot_see(key, unseen)),
    };
    for firewall in all.iter().filter(|firewall| ours(&firewall.labels, &desired.cluster)) {
        if desired.destroy || firewall.name != body.name {
            let step = removal(
                names::firewall_key(&firewall.name),
                Op::DeleteFirewall { id: firewall.id },
                unwanted(desired, "no longer in hoist.yaml"),
                format!("the firewall {} and its rules", firewall.name),
            );
            draft.steps.push(step.needs(servers.leaving.iter().cloned()));
        }
    }
    if desired.destroy {
        return;
    }
    let Some(firewall) = all.iter().find(|firewall| firewall.name == body.name) else {
        draft
            .steps
            .push(Step::new(key, Verb::Create, Op::PutFirewall, Reason::Missing));
        return;
    };
    if !ours(&firewall.labels, &desired.cluster) {
        return draft
            .blocked
            .push(name_taken(key, "firewall", &body.name, firewall.id, None));
    }
    let mut fields = label_fields(&firewall.labels, &body.name);
    let (has, wants) = (normal(&firewall.rules), normal(&body.rules));
    let shown = |rule: &hoist_hcloud::Rule| {
        let port = rule.port.as_deref().map(|port| format!("/{port}")).unwrap_or_default();
        let (way, ips) = if rule.source_ips.is_empty() {
            ("to", &rule.destination_ips)
        } else {
            ("from", &rule.source_ips)
        };
        format!("{}{port} {way} {}", rule.protocol, ips.join(", "))
    };
    fields.extend(
        has.difference(&wants)
            .map(|rule| FieldChange::new("rules", Some(shown(rule)), None::<String>)),
    );
    fields.extend(
        wants
            .difference(&has)
            .map(|rule| FieldChange::new("rules", None::<String>, Some(shown(rule)))),
    );
    if !fields.is_empty() {
        draft.steps.push(Step::new(
            key,
            Verb::Update,
            Op::PutFirewall,
            Reason::Changed { fields },
        ));
    }
}

fn groups(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    let all = match &observed.groups {
        Ok(all) => all,
        Err(unseen) => {
            if let Some(name) = &desired.group {
                draft.blocked.push(cannot_see(names::group_key(name), unseen));
            }
            return;
        }
    };
    for group in all.iter().filter(|group| ours(&group.labels, &desired.cluster)) {
        // A group that still has servers stays until they go: it costs nothing, and they cannot leave it running.
        let in_use = !desired.destroy && !group.servers.is_empty();
        if desired.group.as_ref() != Some(&group.name) && !in_use {
            let step = removal(
                names::group_key(&group.name),
                Op::DeletePlacementGroup { id: group.id },
                unwanted(desired, "one control plane needs no spread group"),
                format!("the placement group {}", group.name),
            );
            draft.steps.push(step.needs(servers.leaving.iter().cloned()));
        }
    }
    let Some(name) = &desired.group else { return };
    let key = names::group_key(name);
    match all.iter().find(|group| group.name == *name) {
        Some(group) if ours(&group.labels, &desired.cluster) => {}
        Some(group) => draft
            .blocked
            .push(name_taken(key, "placement group", name, group.id, None)),
        None => {
            let op = Op::CreatePlacementGroup { name: name.clone() };
            draft.steps.push(Step::new(key, Verb::Create, op, Reason::Missing));
        }
    }
}

/// The key material of an OpenSSH line, without its comment.
pub(crate) fn material(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?))
}

fn ssh_keys(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    let body = &desired.deploy_key;
    let key = names::ssh_key_key(&body.name);
    let all = match &observed.ssh_keys {
        Ok(all) => all,
        Err(unseen) => return draft.blocked.push(cannot_see(key, unseen)),
    };
    let (mine, others): (Vec<_>, Vec<_>) = all.iter().partition(|key| ours(&key.labels, &desired.cluster));
    if !servers.births {
        for leftover in mine {
            let reason = if desired.destroy {
                Reason::Asked { word: "destroy".into() }
            } else {
                Reason::Finished {
                    purpose: "no server is waiting to be made".into(),
                }
            };
            let step_key: Key = names::ssh_key_key(&leftover.name);
            let op = Op::DeleteSshKey { id: leftover.id };
            draft.steps.push(Step::new(step_key, Verb::Delete, op, reason));
        }
        return;
    }
    let same = |public: &str| material(public).is_some() && material(public) == material(&body.public);
    if let Some(foreign) = others.iter().find(|key| key.name == body.name) {
        return draft
            .blocked
            .push(name_taken(key, "ssh key", &body.name, foreign.id, None));
    }
    if others.iter().any(|key| same(&key.public_key)) {
        // Somebody's key of the same fingerprint is used, and never owned.
        return;
    }
    let leftovers: Vec<_> = mine.iter().filter(|key| !same(&key.public_key)).collect();
    let there = mine.iter().any(|key| same(&key.public_key));
    if there && leftovers.is_empty() {
        return;
    }
    let ids = leftovers.iter().map(|key| key.id).collect();
    let (verb, reason) = if leftovers.is_empty() {
        (Verb::Create, Reason::Missing)
    } else {
        (
            Verb::Replace,
            Reason::Finished {
                purpose: "the deploy key of an earlier run".into(),
            },
        )
    };
    draft
        .steps
        .push(Step::new(key, verb, Op::PutDeployKey { leftovers: ids }, reason));
}
