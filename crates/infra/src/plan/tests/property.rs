//! Carrying out a plan in a model of the project leaves nothing to plan, whatever was there before.

use hoist_cloudflare::Record;
use hoist_hcloud::{Firewall, Network, PlacementGroup, Server, ServerStatus, SshKey};
use proptest::prelude::*;
use serde_json::json;

use super::world::{FIREWALL, NETWORK, catalog};
use super::{DEPLOY, Scenario, desired_of, read, show};
use crate::desired::Desired;
use crate::dns::TTL;
use crate::names;
use crate::observe::Observed;
use crate::op::{Op, ServerChange};

fn born(desired: &Desired, observed: &Observed, name: &str, id: u64) -> Server {
    let body = &desired.servers[name];
    let network = observed
        .networks
        .as_ref()
        .unwrap()
        .iter()
        .find(|network| network.name == "demo")
        .unwrap()
        .id;
    let firewall = observed
        .firewalls
        .as_ref()
        .unwrap()
        .iter()
        .find(|firewall| firewall.name == "demo")
        .unwrap()
        .id;
    let mut server: Server = serde_json::from_value(json!({
        "id": id, "name": name, "status": "running",
        "location": { "name": body.machine.location }, "image": { "id": 77, "name": body.machine.image },
        "public_net": { "ipv4": { "ip": format!("198.51.100.{}", id % 250) }, "firewalls": [{ "id": firewall, "status": "applied" }] },
        "private_net": [{ "network": network, "ip": body.address.to_string() }],
        "protection": { "delete": body.protect, "rebuild": body.protect },
    }))
    .unwrap();
    server.labels = body.first_labels.clone();
    retype(&mut server, &body.machine.server_type);
    server
}

fn retype(server: &mut Server, name: &str) {
    server.server_type = catalog()
        .types
        .into_iter()
        .find(|server_type| server_type.name == name)
        .unwrap();
}

/// What the API would do.
fn carry_out(op: &Op, desired: &Desired, observed: &mut Observed, fresh: u64) {
    let born = match op {
        Op::CreateServer { name } | Op::ReplaceServer { name, .. } => Some(born(desired, observed, name, fresh)),
        _ => None,
    };
    let network = observed
        .networks
        .as_ref()
        .unwrap()
        .first()
        .map_or(0, |network| network.id);
    let firewall = observed
        .firewalls
        .as_ref()
        .unwrap()
        .first()
        .map_or(0, |firewall| firewall.id);
    let servers = observed.servers.as_mut().unwrap();
    let keys = observed.ssh_keys.as_mut().unwrap();
    match op {
        Op::PutDeployKey { leftovers } => {
            keys.retain(|key| !leftovers.contains(&key.id));
            let name = desired.deploy_key.name.clone();
            keys.push(SshKey {
                id: fresh,
                labels: names::labels("demo", &name),
                name,
                public_key: DEPLOY.into(),
                ..SshKey::default()
            });
        }
        Op::DeleteSshKey { id } => keys.retain(|key| key.id != *id),
        Op::PutNetwork => {
            let networks = observed.networks.as_mut().unwrap();
            assert!(networks.iter().all(|network| network.name != "demo"));
            networks.push(Network {
                id: NETWORK,
                name: "demo".into(),
                ip_range: desired.network.cidr.to_string(),
                labels: names::labels("demo", "demo"),
                subnets: vec![serde_json::from_value(json!({ "ip_range": desired.network.cidr.to_string() })).unwrap()],
                ..Network::default()
            });
        }
        Op::DeleteNetwork { id } => {
            assert!(
                servers
                    .iter()
                    .all(|server| server.private_net.iter().all(|net| net.network != *id))
            );
            observed.networks.as_mut().unwrap().retain(|network| network.id != *id);
        }
        Op::PutFirewall => {
            let firewalls = observed.firewalls.as_mut().unwrap();
            firewalls.retain(|firewall| firewall.name != "demo");
            firewalls.push(Firewall {
                id: FIREWALL,
                name: "demo".into(),
                labels: names::labels("demo", "demo"),
                rules: desired.firewall.rules.clone(),
                ..Firewall::default()
            });
        }
        Op::DeleteFirewall { id } => {
            assert!(
                servers
                    .iter()
                    .all(|server| server.public_net.firewalls.iter().all(|on| on.id != *id))
            );
            observed
                .firewalls
                .as_mut()
                .unwrap()
                .retain(|firewall| firewall.id != *id);
        }
        Op::CreatePlacementGroup { name } => observed.groups.as_mut().unwrap().push(PlacementGroup {
            id: fresh,
            name: name.clone(),
            labels: names::labels("demo", name),
            ..PlacementGroup::default()
        }),
        Op::DeletePlacementGroup { id } => observed.groups.as_mut().unwrap().retain(|group| group.id != *id),
        Op::CreateServer { .. } => servers.extend(born),
        Op::ReplaceServer { id, .. } => {
            servers.retain(|server| server.id != *id);
            servers.extend(born);
        }
        Op::DeleteServer { id, .. } => servers.retain(|server| server.id != *id),
        Op::UpdateServer { name, id, changes } => {
            let body = &desired.servers[name];
            let server = servers.iter_mut().find(|server| server.id == *id).unwrap();
            for change in changes {
                match change {
                    ServerChange::Labels => {
                        server.labels.remove(names::ROLE);
                        server.labels.extend(body.labels.clone());
                    }
                    ServerChange::Attach => {
                        let net = json!([{ "network": network, "ip": body.address.to_string() }]);
                        server.private_net = serde_json::from_value(net).unwrap();
                    }
                    ServerChange::Firewall => {
                        server.public_net.firewalls =
                            serde_json::from_value(json!([{ "id": firewall, "status": "applied" }])).unwrap();
                    }
                    ServerChange::Type => retype(server, &body.machine.server_type),
                    ServerChange::Power => server.status = ServerStatus::Running,
                    ServerChange::Protection => server.protection.delete = true,
                }
            }
        }
        Op::PutDnsRecord { name } => {
            let body = desired.dns.as_ref().unwrap();
            assert!(body.complete(), "a record is written when all addresses are known");
            let zone = observed.zones.as_mut().unwrap().first_mut().unwrap();
            zone.records.retain(|record| record.name != *name);
            zone.records.extend(body.addresses().into_iter().map(|address| Record {
                id: format!("{name} {address}"),
                name: name.clone(),
                kind: "A".into(),
                content: address.to_string(),
                ttl: TTL,
                comment: Some(names::comment("demo")),
                proxied: false,
            }));
        }
        Op::DeleteDnsRecord { name, .. } => {
            let zone = observed.zones.as_mut().unwrap().first_mut().unwrap();
            zone.records.retain(|record| record.name != *name);
        }
        Op::ImportServer { .. } => unreachable!("no scenario here imports"),
    }
}

/// Rounds until nothing is left to do, as `apply` makes them; in each, steps run in the order of their needs.
fn converge(scenario: &mut Scenario) -> Result<usize, String> {
    let mut fresh = 1000;
    for round in 0..5 {
        // Deletions of others that were under way have ended by the time that ours are tried.
        let settled = |server: &Server| server.status != ServerStatus::Deleting;
        if round > 0 {
            scenario.observed.servers.as_mut().unwrap().retain(settled);
        }
        let desired = desired_of(scenario)?;
        let draft = super::super::plan(&desired, &scenario.observed);
        if draft.steps.is_empty() && draft.blocked.is_empty() {
            return Ok(round);
        }
        if !draft.blocked.is_empty() {
            return Err(show(&draft));
        }
        scenario.observed.servers.as_mut().unwrap().retain(settled);
        let mut left = draft.steps;
        left.retain(|step| !step.provisional);
        while !left.is_empty() {
            let waiting: Vec<_> = left.iter().map(|step| step.key.clone()).collect();
            let ready = left
                .iter()
                .position(|step| step.needs.iter().all(|need| !waiting.contains(need)));
            let step = left.remove(ready.ok_or("steps need each other in a ring")?);
            fresh += 1;
            carry_out(&step.op, &desired, &mut scenario.observed, fresh);
        }
        scenario.inputs.remade.extend(scenario.replace.iter().cloned());
    }
    Err("not done after five rounds".into())
}

fn machine(name: &'static str) -> impl Strategy<Value = String> {
    let types = prop_oneof![Just("cx43"), Just("cpx32"), Just("cpx42"), Just("cax21")];
    let locations = prop_oneof![Just("fsn1"), Just("hel1")];
    let roles = prop_oneof![Just("server"), Just("agent"), Just("")];
    (types, locations, roles, any::<bool>()).prop_map(move |(server_type, location, role, there)| {
        if there {
            format!("machine {name} {server_type} {location} debian-12 {role}")
        } else {
            format!("disabled {name}")
        }
    })
}

fn server(name: &'static str, number: u8) -> impl Strategy<Value = String> {
    let types = prop_oneof![Just("cx43"), Just("cpx32"), Just("cax21"), Just("cpx31")];
    let status = prop_oneof![Just("running"), Just("off"), Just("deleting")];
    let flags = any::<[bool; 5]>();
    (types, status, flags).prop_map(
        move |(server_type, status, [there, attached, guarded, protected, role])| {
            if !there {
                return String::new();
            }
            let mut line = format!("server {name} ours {server_type} fsn1 debian-12 {status}");
            if attached {
                line.push_str(&format!(" 10.0.0.{number}"));
            }
            for (on, word) in [(guarded, " guarded"), (protected, " protected"), (role, " role=agent")] {
                if on {
                    line.push_str(word);
                }
            }
            line
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_carried_out_leaves_an_empty_plan(
        machines in (machine("a"), machine("b"), machine("c")),
        servers in (server("a", 2), server("b", 9), server("old", 4)),
        replace in any::<bool>(),
        key in prop_oneof![Just(""), Just("key hoist-demo-deploy ours other"), Just("key x foreign deploy")],
        api in prop_oneof![Just(""), Just("api kube.example.com"), Just("api k8s.example.com")],
        record in prop_oneof![
            Just(""),
            Just("record kube.example.com A 198.51.100.1 ours"),
            Just("record kube.example.com A 192.0.2.1 ours proxied"),
        ],
        destroy in any::<bool>(),
    ) {
        let mut text = ["network demo ours", "firewall demo ours", "server web foreign cx23 hel1 debian-12 off", "zone example.com"].join("\n");
        for part in [&machines.0, &machines.1, &machines.2, &servers.0, &servers.1, &servers.2, &key.to_owned(), &api.to_owned(), &record.to_owned()] {
            text.push('\n');
            text.push_str(part);
        }
        if destroy {
            text.push_str("\ndestroy");
        } else if replace && machines.0.starts_with("machine") {
            text.push_str("\nreplace a");
        }
        let mut scenario = read(&text);
        let rounds = converge(&mut scenario).map_err(|why| TestCaseError::fail(format!("{text}\n{why}")))?;
        prop_assert!(rounds <= 2, "{rounds} rounds for\n{text}");
        let servers = scenario.observed.servers.as_ref().unwrap();
        prop_assert!(servers.iter().any(|server| server.name == "web" && server.status == ServerStatus::Off));
        let planes: std::collections::BTreeSet<_> = servers
            .iter()
            .filter(|server| server.labels.get(names::ROLE).is_some_and(|role| role == "server"))
            .map(|server| server.public_net.ipv4.as_ref().unwrap().ip.clone())
            .collect();
        let records = &scenario.observed.zones.as_ref().unwrap()[0].records;
        let led: std::collections::BTreeSet<_> = records.iter().map(|record| record.content.clone()).collect();
        prop_assert_eq!(led, if api.is_empty() { Default::default() } else { planes }, "{}", text);
        prop_assert!(records.iter().all(|record| api.ends_with(&record.name)), "{records:?}");
        let mut addresses: Vec<_> = servers.iter().flat_map(|server| &server.private_net).map(|net| &net.ip).collect();
        let count = addresses.len();
        addresses.sort();
        addresses.dedup();
        prop_assert_eq!(addresses.len(), count, "addresses are used once");
    }

    #[test]
    fn the_same_question_has_the_same_answer(machines in (machine("a"), machine("b")), one in server("a", 2)) {
        let text = [machines.0, machines.1, one].join("\n");
        let (first, second) = (super::told(&text), super::told(&text));
        prop_assert_eq!(first, second);
    }
}
