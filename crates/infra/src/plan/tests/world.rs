//! Scenarios as text, one thing a line:
//!
//! ```text
//! machine NAME TYPE LOCATION IMAGE [server|agent]    an enabled machine
//! disabled NAME                                      a disabled one
//! destroy | replace NAME | import MACHINE=SERVER     what is asked for
//! network|firewall|group NAME ours|foreign|CLUSTER   what exists (rules and ranges as desired)
//! key NAME ours|foreign deploy|other                 an ssh key with our material, or with other
//! server NAME ours|foreign|CLUSTER TYPE LOCATION IMAGE STATUS [ADDRESS] [guarded] [protected] [disk=GB] [role=R] [named=N] [ip=PUBLIC]
//! api NAME                                           the DNS name of the API
//! zone NAME                                          a DNS zone that the token sees
//! record NAME KIND CONTENT ours|foreign|CLUSTER [proxied] [ttl=N]     a DNS record, in the zone before it
//! unseen KIND CODE                                   a list call that failed
//! ```

use std::collections::{BTreeMap, BTreeSet};

use hoist_cloudflare::Record;
use hoist_hcloud::{Firewall, Labels, Network, PlacementGroup, Server, SshKey};
use hoist_model::Goal;
use serde_json::json;

use crate::dns::{TTL, ZoneRecords};
use crate::gather::Inputs;
use crate::import::Import;
use crate::names;
use crate::observe::{Catalog, Observed, Unseen};
use crate::wanted::{Admin, Machine, Role, Wanted};

pub(crate) struct Scenario {
    pub(crate) goal: Goal,
    pub(crate) replace: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    pub(crate) inputs: Inputs,
    pub(crate) observed: Observed,
}

/// The id of our network, firewall and so on: kinds have their own ranges.
pub(crate) const NETWORK: u64 = 100;
pub(crate) const FIREWALL: u64 = 200;

const TYPES: &str = include_str!("types.json");

pub(crate) fn catalog() -> Catalog {
    let read: serde_json::Value = serde_json::from_str(TYPES).unwrap();
    Catalog {
        types: serde_json::from_value(read["server_types"].clone()).unwrap(),
        locations: serde_json::from_value(read["locations"].clone()).unwrap(),
        images: serde_json::from_value(read["images"].clone()).unwrap(),
    }
}

fn owner(word: &str, name: &str) -> Labels {
    match word {
        "ours" => names::labels("demo", name),
        "foreign" => Labels::new(),
        cluster => names::labels(cluster, name),
    }
}

pub(crate) fn read(text: &str) -> Scenario {
    let wanted = Wanted {
        cluster: "demo".into(),
        network: "10.0.0.0/16".parse().unwrap(),
        zone: "eu-central".into(),
        admins: vec![Admin::Cidr("203.0.113.7/32".parse().unwrap())],
        ssh_port: 2222,
        user_keys: vec!["ssh-ed25519 AAAAUSER cameron".into()],
        machines: Vec::new(),
        disabled: BTreeSet::new(),
    };
    let mut scenario = Scenario {
        goal: Goal::Converge,
        replace: BTreeSet::new(),
        imports: Vec::new(),
        inputs: Inputs {
            wanted,
            admins: Ok(vec!["203.0.113.7/32".parse().unwrap()]),
            host_keys: BTreeMap::new(),
            remade: BTreeSet::new(),
            api_name: None,
        },
        observed: Observed {
            cluster: "demo".into(),
            machines: Vec::new(),
            servers: Ok(Vec::new()),
            networks: Ok(Vec::new()),
            firewalls: Ok(Vec::new()),
            ssh_keys: Ok(Vec::new()),
            groups: Ok(Vec::new()),
            catalog: Ok(catalog()),
            zones: Ok(Vec::new()),
        },
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        thing(&mut scenario, &words).unwrap_or_else(|| panic!("cannot read `{line}`"));
    }
    // Firewalls that exist have the rules that are wanted, unless the test changes them.
    let rules = super::desired_of(&scenario)
        .map(|desired| desired.firewall.rules)
        .unwrap_or_default();
    for firewall in scenario.observed.firewalls.iter_mut().flatten() {
        firewall.rules = rules.clone();
    }
    scenario
}

fn thing(scenario: &mut Scenario, words: &[&str]) -> Option<()> {
    let observed = &mut scenario.observed;
    match words {
        ["machine", name, server_type, location, image, rest @ ..] => {
            scenario.inputs.wanted.machines.push(Machine {
                name: (*name).into(),
                server_type: (*server_type).into(),
                location: (*location).into(),
                image: (*image).into(),
                role: match rest {
                    ["server"] => Some(Role::Server),
                    ["agent"] => Some(Role::Agent),
                    [] => None,
                    _ => return None,
                },
            });
            observed.machines.push((*name).into());
        }
        ["disabled", name] => drop(scenario.inputs.wanted.disabled.insert((*name).into())),
        ["destroy"] => scenario.goal = Goal::Destroy { abandon_cluster: false },
        ["replace", name] => drop(scenario.replace.insert((*name).into())),
        ["import", what] => scenario.imports.push(Import::parse(what)?),
        ["network", name, whose, rest @ ..] => {
            let range = rest.first().unwrap_or(&"10.0.0.0/16");
            let networks = observed.networks.as_mut().ok()?;
            let subnets = json!([{ "type": "cloud", "ip_range": range, "network_zone": "eu-central" }]);
            networks.push(Network {
                id: NETWORK + networks.len() as u64,
                name: (*name).into(),
                ip_range: (*range).into(),
                labels: owner(whose, name),
                subnets: serde_json::from_value(subnets).ok()?,
                ..Network::default()
            });
        }
        ["firewall", name, whose] => {
            let firewalls = observed.firewalls.as_mut().ok()?;
            let id = FIREWALL + firewalls.len() as u64;
            firewalls.push(Firewall {
                id,
                name: (*name).into(),
                labels: owner(whose, name),
                ..Firewall::default()
            });
        }
        ["group", name, whose] => {
            let groups = observed.groups.as_mut().ok()?;
            let id = 300 + groups.len() as u64;
            groups.push(PlacementGroup {
                id,
                name: (*name).into(),
                labels: owner(whose, name),
                ..PlacementGroup::default()
            });
        }
        ["key", name, whose, material] => {
            let keys = observed.ssh_keys.as_mut().ok()?;
            let public = if *material == "deploy" {
                "ssh-ed25519 AAAADEPLOY elsewhere"
            } else {
                "ssh-ed25519 AAAAOTHER"
            };
            keys.push(SshKey {
                id: 400 + keys.len() as u64,
                name: (*name).into(),
                public_key: public.into(),
                labels: owner(whose, name),
                ..SshKey::default()
            });
        }
        ["server", name, whose, server_type, location, image, status, rest @ ..] => {
            let types = catalog().types;
            let known = types.iter().find(|known| known.name == *server_type)?.clone();
            let servers = observed.servers.as_mut().ok()?;
            let mut labels = owner(whose, name);
            let mut own_name = *name;
            let mut server = json!({
                "id": 1 + servers.len() as u64, "name": name, "status": status,
                "location": { "name": location }, "image": { "id": 1, "name": image },
                "public_net": { "ipv4": { "ip": "198.51.100.1" } },
            });
            for word in rest {
                if *word == "guarded" {
                    server["public_net"]["firewalls"] = json!([{ "id": FIREWALL, "status": "applied" }]);
                } else if *word == "protected" {
                    server["protection"] = json!({ "delete": true, "rebuild": true });
                } else if let Some(disk) = word.strip_prefix("disk=") {
                    server["primary_disk_size"] = json!(disk.parse::<u64>().ok()?);
                } else if let Some(role) = word.strip_prefix("role=") {
                    labels.insert(names::ROLE.into(), role.into());
                } else if let Some(ip) = word.strip_prefix("ip=") {
                    server["public_net"]["ipv4"]["ip"] = json!(ip);
                } else if let Some(named) = word.strip_prefix("named=") {
                    own_name = named;
                } else {
                    server["private_net"] =
                        json!([{ "network": NETWORK, "ip": word, "mac_address": "86:00:00:00:00:01" }]);
                }
            }
            let mut server: Server = serde_json::from_value(server).ok()?;
            server.server_type = known;
            server.labels = labels;
            server.name = own_name.into();
            servers.push(server);
        }
        ["api", name] => scenario.inputs.api_name = Some((*name).into()),
        ["zone", name] => observed.zones.as_mut().ok()?.push(ZoneRecords {
            id: format!("id of {name}"),
            name: (*name).into(),
            records: Vec::new(),
        }),
        ["record", name, kind, content, whose, rest @ ..] => {
            let records = &mut observed.zones.as_mut().ok()?.last_mut()?.records;
            let ttl = rest.iter().find_map(|word| word.strip_prefix("ttl=")?.parse().ok());
            records.push(Record {
                id: format!("record {}", records.len()),
                name: (*name).into(),
                kind: (*kind).into(),
                content: (*content).into(),
                ttl: ttl.unwrap_or(TTL),
                comment: match *whose {
                    "ours" => Some(names::comment("demo")),
                    "foreign" => None,
                    cluster => Some(names::comment(cluster)),
                },
                proxied: rest.contains(&"proxied"),
            });
        }
        ["unseen", kind, why @ ..] => {
            let unseen = Unseen {
                why: why.join(" "),
                hint: Some("look at the token".into()),
            };
            match *kind {
                "servers" => observed.servers = Err(unseen),
                "networks" => observed.networks = Err(unseen),
                "firewalls" => observed.firewalls = Err(unseen),
                "ssh_keys" => observed.ssh_keys = Err(unseen),
                "groups" => observed.groups = Err(unseen),
                "zones" => observed.zones = Err(unseen),
                "catalog" => observed.catalog = Err(unseen),
                _ => return None,
            }
        }
        _ => return None,
    }
    Some(())
}
