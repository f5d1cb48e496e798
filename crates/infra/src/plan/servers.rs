//! The servers' part of the plan: create, change in place, remake, delete, or leave alone and say why.

use std::collections::BTreeSet;

use hoist_hcloud::{Server, ServerStatus};
use hoist_model::{Blocked, Cost, Draft, FieldChange, Key, Reason, Risk, Step, Verb};

use super::{ServersPlan, cannot_see, name_taken, removal, unwanted};
use crate::desired::{Desired, ServerBody, private_address};
use crate::names;
use crate::observe::{Observed, machine_of};
use crate::op::{Op, ServerChange};

const OLDER_RATE: &str = "a rate from before a price rise is lost, the list price holds from then on";

pub(super) fn plan(desired: &Desired, observed: &Observed, draft: &mut Draft<Op>) -> ServersPlan {
    let mut plan = ServersPlan {
        births: false,
        leaving: Vec::new(),
    };
    let ours: Vec<&Server> = match observed.our_servers() {
        Ok(servers) => servers.collect(),
        Err(unseen) => {
            // Nothing else may go while servers that may use it cannot be seen.
            plan.leaving.push(Key::new("server", "*"));
            draft.blocked.push(cannot_see(Key::new("server", "*"), unseen));
            for name in desired.servers.keys() {
                draft.blocked.push(cannot_see(Key::server(name), unseen));
            }
            return plan;
        }
    };
    for (name, body) in &desired.servers {
        let key = Key::server(name);
        let mut mine = ours.iter().filter(|server| machine_of(server) == name);
        match (mine.next(), mine.next()) {
            (Some(one), Some(other)) => draft.blocked.push(twice(key, name, one, other)),
            (Some(server), None) => existing(desired, observed, body, server, &mut plan, draft),
            (None, _) => missing(desired, observed, body, &mut plan, draft),
        }
    }
    // Two servers of one machine are told apart by their ids.
    let mut seen = BTreeSet::new();
    for server in ours {
        let machine = machine_of(server);
        if desired.servers.contains_key(machine) {
            continue;
        }
        let name = if seen.insert(machine) {
            machine.to_owned()
        } else {
            format!("{machine}#{}", server.id)
        };
        let key = Key::server(&name);
        let because = if desired.disabled.contains(machine) {
            "disabled in hoist.yaml"
        } else {
            "no longer in hoist.yaml"
        };
        let op = Op::DeleteServer {
            name: machine.to_owned(),
            id: server.id,
        };
        let before = price(observed, &server.server_type.name, server.location_name());
        plan.leaving.push(key.clone());
        draft.steps.push(
            removal(key, op, unwanted(desired, because), lost(server))
                .cost(Cost {
                    before_cents: before.unwrap_or(0),
                    after_cents: 0,
                })
                .group(machine),
        );
    }
    plan
}

fn missing(desired: &Desired, observed: &Observed, body: &ServerBody, plan: &mut ServersPlan, draft: &mut Draft<Op>) {
    let name = &body.machine.name;
    let key = Key::server(name);
    let taken = observed
        .servers
        .iter()
        .flatten()
        .find(|server| server.name == *name && !names::ours(&server.labels, &desired.cluster));
    if let Some(server) = taken {
        draft
            .blocked
            .push(name_taken(key, "server", name, server.id, Some(name)));
        return;
    }
    if cannot_be_had(desired, observed, name, &key, draft) {
        return;
    }
    plan.births = true;
    let after = price(observed, &body.machine.server_type, &body.machine.location).unwrap_or(0);
    draft.steps.push(
        Step::new(
            key,
            Verb::Create,
            Op::CreateServer { name: name.clone() },
            Reason::Missing,
        )
        .needs(birth_needs(desired, body))
        .cost(Cost {
            before_cents: 0,
            after_cents: after,
        })
        .group(name),
    );
}

/// Whether a server cannot be ordered now; says why.
fn cannot_be_had(desired: &Desired, observed: &Observed, name: &str, key: &Key, draft: &mut Draft<Op>) -> bool {
    if let Err(unseen) = &observed.catalog {
        draft.blocked.push(cannot_see(key.clone(), unseen));
        return true;
    }
    if let Some((why, hint)) = desired.sold_out.get(name) {
        draft.blocked.push(Blocked {
            key: key.clone(),
            why: why.clone(),
            hint: Some(hint.clone()),
        });
        return true;
    }
    false
}

/// What a new server needs before it can be ordered.
fn birth_needs(desired: &Desired, body: &ServerBody) -> Vec<Key> {
    let mut needs = vec![
        names::network_key(&desired.network.name),
        names::firewall_key(&desired.firewall.name),
        names::ssh_key_key(&desired.deploy_key.name),
    ];
    needs.extend(body.group.as_deref().map(names::group_key));
    needs
}

fn existing(
    desired: &Desired,
    observed: &Observed,
    body: &ServerBody,
    server: &Server,
    plan: &mut ServersPlan,
    draft: &mut Draft<Op>,
) {
    let name = &body.machine.name;
    let key = Key::server(name);
    if let Some(reason) = remake_reason(desired, observed, body, server) {
        if cannot_be_had(desired, observed, name, &key, draft) {
            return;
        }
        plan.births = true;
        let cost = Cost {
            before_cents: price(observed, &server.server_type.name, server.location_name()).unwrap_or(0),
            after_cents: price(observed, &body.machine.server_type, &body.machine.location).unwrap_or(0),
        };
        draft.steps.push(
            Step::new(
                key,
                Verb::Replace,
                Op::ReplaceServer {
                    name: name.clone(),
                    id: server.id,
                },
                reason,
            )
            .needs(birth_needs(desired, body))
            .risk(Risk::Destructive(format!("{}; {OLDER_RATE}", lost(server))))
            .cost(cost)
            .group(name),
        );
        return;
    }
    let rescale = server.server_type.name != body.machine.server_type;
    if rescale {
        if cannot_be_had(desired, observed, name, &key, draft) {
            return;
        }
        if let Some(blocked) = disk_too_small(observed, body, server, &key) {
            draft.blocked.push(blocked);
            return;
        }
    }
    let (changes, mut fields) = drift(desired, observed, body, server);
    if changes.is_empty() {
        return;
    }
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    let mut needs = Vec::new();
    if changes.contains(&ServerChange::Attach) {
        needs.push(names::network_key(&desired.network.name));
    }
    if changes.contains(&ServerChange::Firewall) {
        needs.push(names::firewall_key(&desired.firewall.name));
    }
    let op = Op::UpdateServer {
        name: name.clone(),
        id: server.id,
        changes,
    };
    let mut step = Step::new(key, Verb::Update, op, Reason::Changed { fields })
        .needs(needs)
        .group(name);
    if rescale {
        step = step
            .risk(Risk::Downtime(format!(
                "{name} is shut down and started again, a few minutes; {OLDER_RATE}"
            )))
            .cost(Cost {
                before_cents: price(observed, &server.server_type.name, server.location_name()).unwrap_or(0),
                after_cents: price(observed, &body.machine.server_type, &body.machine.location).unwrap_or(0),
            });
    }
    draft.steps.push(step);
}

/// Why a server can only be made anew to be as desired, if that is so.
fn remake_reason(desired: &Desired, observed: &Observed, body: &ServerBody, server: &Server) -> Option<Reason> {
    if desired.remake.contains(&body.machine.name) {
        return Some(Reason::Asked { word: "replace".into() });
    }
    let machine = &body.machine;
    let mut fields = Vec::new();
    if server.location_name() != machine.location {
        fields.push(FieldChange::new(
            "location",
            Some(server.location_name()),
            Some(&machine.location),
        ));
    }
    // An image that was deleted, or a snapshot without a name, cannot be compared; the machine goes on as it is.
    if let Some(image) = server.image.as_ref()
        && let Some(name) = image.name.as_deref()
        && name != machine.image
        && image.id.to_string() != machine.image
    {
        fields.push(FieldChange::new("image", Some(name), Some(&machine.image)));
    }
    if server.server_type.name != machine.server_type
        && let Some(wanted) = observed.server_type(&machine.server_type)
        && wanted.architecture != server.server_type.architecture
    {
        let arch = |name: &str, arch: &hoist_hcloud::Architecture| format!("{name} ({arch})");
        fields.push(FieldChange::new(
            "server_type",
            Some(arch(&server.server_type.name, &server.server_type.architecture)),
            Some(arch(&wanted.name, &wanted.architecture)),
        ));
    }
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    (!fields.is_empty()).then_some(Reason::Changed { fields })
}

/// A disk grows with a type and never shrinks again.
fn disk_too_small(observed: &Observed, body: &ServerBody, server: &Server, key: &Key) -> Option<Blocked> {
    let wanted = observed.server_type(&body.machine.server_type)?;
    let disk = server
        .primary_disk_size
        .filter(|disk| *disk > wanted.disk && wanted.disk > 0)?;
    let name = &body.machine.name;
    Some(Blocked {
        key: key.clone(),
        why: format!(
            "{name} has a disk of {disk} GB, and the type {} has {} GB: disks do not shrink",
            wanted.name, wanted.disk
        ),
        hint: Some(format!(
            "keep {}, choose a type with a disk of {disk} GB or more, or remake it with `hoist replace {name}`",
            server.server_type.name
        )),
    })
}

/// What differs and can be changed in place, in the order in which it is changed.
fn drift(
    desired: &Desired,
    observed: &Observed,
    body: &ServerBody,
    server: &Server,
) -> (Vec<ServerChange>, Vec<FieldChange>) {
    let mut changes = BTreeSet::new();
    let mut fields = Vec::new();
    for (label, value) in &body.labels {
        let has = server.labels.get(label);
        if has != Some(value) {
            changes.insert(ServerChange::Labels);
            fields.push(FieldChange::new(format!("labels.{label}"), has, Some(value)));
        }
    }
    if let (None, Some(role)) = (body.labels.get(names::ROLE), server.labels.get(names::ROLE)) {
        changes.insert(ServerChange::Labels);
        fields.push(FieldChange::new(
            format!("labels.{}", names::ROLE),
            Some(role),
            None::<String>,
        ));
    }
    let network = observed.networks.as_ref().ok().and_then(|networks| {
        networks
            .iter()
            .find(|network| network.name == desired.network.name && names::ours(&network.labels, &desired.cluster))
    });
    // Where the network is not seen, nothing can be said of it; where it is absent, it is made, and then attached.
    let attached = network.is_some_and(|network| private_address(server, network.id).is_some());
    if observed.networks.is_ok() && !attached {
        changes.insert(ServerChange::Attach);
        fields.push(FieldChange::new(
            "private_net",
            None::<String>,
            Some(body.address.to_string()),
        ));
    }
    let firewall = observed.firewalls.as_ref().ok().and_then(|firewalls| {
        firewalls
            .iter()
            .find(|firewall| firewall.name == desired.firewall.name && names::ours(&firewall.labels, &desired.cluster))
    });
    let guarded = firewall.is_some_and(|firewall| {
        server
            .public_net
            .firewalls
            .iter()
            .any(|applied| applied.id == firewall.id)
    });
    if observed.firewalls.is_ok() && !guarded {
        changes.insert(ServerChange::Firewall);
        fields.push(FieldChange::new(
            "firewall",
            None::<String>,
            Some(&desired.firewall.name),
        ));
    }
    if server.server_type.name != body.machine.server_type {
        changes.insert(ServerChange::Type);
        fields.push(FieldChange::new(
            "server_type",
            Some(&server.server_type.name),
            Some(&body.machine.server_type),
        ));
    }
    if server.status != ServerStatus::Running {
        changes.insert(ServerChange::Power);
        fields.push(FieldChange::new(
            "status",
            Some(server.status.to_string()),
            Some("running"),
        ));
    }
    // Someone's own protection of a worker is left alone.
    if body.protect && !server.protection.delete {
        changes.insert(ServerChange::Protection);
        fields.push(FieldChange::new("protection.delete", Some("false"), Some("true")));
    }
    (changes.into_iter().collect(), fields)
}

fn twice(key: Key, name: &str, one: &Server, other: &Server) -> Blocked {
    Blocked {
        key,
        why: format!(
            "two servers carry the labels of machine {name}: {} (id {}) and {} (id {})",
            one.name, one.id, other.name, other.id
        ),
        hint: Some(format!("take the label {} off the one that is not it", names::NAME)),
    }
}

fn lost(server: &Server) -> String {
    format!("server {} (id {}) and everything on its disk", server.name, server.id)
}

fn price(observed: &Observed, server_type: &str, location: &str) -> Option<u64> {
    observed.server_type(server_type)?.monthly_cents(location)
}
