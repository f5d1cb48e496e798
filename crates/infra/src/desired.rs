//! What must exist. Pure: the spec, this round's inputs and what was observed go in, bodies come out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use hoist_hcloud::{Direction, Labels, Protocol, Rule, Server, UserData};
use hoist_model::{Diagnostic, Diagnostics, Goal};
use ipnet::{IpNet, Ipv4Net};

use crate::gather::Inputs;
use crate::names::{self, HOST_KEY, ROLE};
use crate::observe::Observed;
use crate::offer::{self, Refusal};
use crate::user_data::{self, FirstBoot};
use crate::wanted::{Machine, Role};
use crate::{addresses, import::Import};

/// What must exist.
pub struct Desired {
    pub(crate) cluster: String,
    /// Nothing of the cluster is to be left.
    pub(crate) destroy: bool,
    /// Only labels are to be written, onto these.
    pub(crate) imports: Vec<Import>,
    pub(crate) network: NetworkBody,
    pub(crate) firewall: FirewallBody,
    pub(crate) deploy_key: KeyBody,
    /// The spread group of the control planes, where there is more than one.
    pub(crate) group: Option<String>,
    pub(crate) servers: BTreeMap<String, ServerBody>,
    /// Machines to remake because the person said so.
    pub(crate) remake: BTreeSet<String>,
    /// Machines that the spec names and disables.
    pub(crate) disabled: BTreeSet<String>,
    /// Machines that cannot be had now.
    pub(crate) sold_out: BTreeMap<String, (String, String)>,
    /// The DNS name that the spec gives the API.
    pub(crate) api_name: Option<String>,
    /// The DNS records of that name, where a zone of ours holds it.
    pub(crate) dns: Option<DnsBody>,
}

/// One A record a control plane.
pub(crate) struct DnsBody {
    pub(crate) name: String,
    /// The id of the zone.
    pub(crate) zone: String,
    /// The control planes, with their public addresses where they are known.
    pub(crate) planes: BTreeMap<String, Option<Ipv4Addr>>,
}

impl DnsBody {
    /// The addresses that are known.
    pub(crate) fn addresses(&self) -> BTreeSet<Ipv4Addr> {
        self.planes.values().flatten().copied().collect()
    }

    /// Whether each control plane's address is known: only then can one be said to be wrong.
    pub(crate) fn complete(&self) -> bool {
        self.planes.values().all(Option::is_some)
    }
}

pub(crate) struct NetworkBody {
    pub(crate) name: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) zone: String,
}

pub(crate) struct FirewallBody {
    pub(crate) name: String,
    pub(crate) rules: Vec<Rule>,
}

pub(crate) struct KeyBody {
    pub(crate) name: String,
    pub(crate) public: String,
}

pub(crate) struct ServerBody {
    pub(crate) machine: Machine,
    pub(crate) address: Ipv4Addr,
    /// The labels that are compared; host-key pins are not among them.
    pub(crate) labels: Labels,
    /// The labels that a new server is born with: with the pin of its first host key.
    pub(crate) first_labels: Labels,
    pub(crate) user_data: Option<UserData>,
    pub(crate) protect: bool,
    pub(crate) group: Option<String>,
}

/// What else the decision rests on.
pub(crate) struct Ask<'a> {
    pub(crate) goal: Goal,
    pub(crate) replace: &'a BTreeSet<String>,
    pub(crate) deploy_key: &'a str,
    pub(crate) imports: &'a [Import],
}

/// Says what must exist, or what is wrong with the spec.
pub(crate) fn desired(ask: &Ask<'_>, inputs: &Inputs, observed: &Observed) -> Result<Desired, Diagnostics> {
    let wanted = &inputs.wanted;
    let cluster = wanted.cluster.clone();
    let destroy = matches!(ask.goal, Goal::Destroy { .. });
    let mut desired = Desired {
        destroy,
        imports: ask.imports.to_vec(),
        network: NetworkBody {
            name: cluster.clone(),
            cidr: wanted.network,
            zone: wanted.zone.clone(),
        },
        firewall: FirewallBody {
            name: cluster.clone(),
            rules: rules(inputs),
        },
        deploy_key: KeyBody {
            name: names::deploy_key(&cluster),
            public: ask.deploy_key.to_owned(),
        },
        group: None,
        servers: BTreeMap::new(),
        remake: BTreeSet::new(),
        disabled: wanted.disabled.clone(),
        sold_out: BTreeMap::new(),
        api_name: inputs.api_name.clone(),
        dns: None,
        cluster,
    };
    if destroy {
        return Ok(desired);
    }
    let mut problems = Diagnostics::default();
    if let Err(unknown) = &inputs.admins
        && observed.blind().is_none()
        && ask.imports.is_empty()
    {
        // Behind an API that does not answer, its own error says why; and an import leaves the firewall alone.
        problems.0.extend(unknown.0.iter().cloned());
    }
    let planes = wanted
        .machines
        .iter()
        .filter(|machine| machine.role == Some(Role::Server))
        .count();
    desired.group = (planes > 1).then(|| names::control_planes(&desired.cluster));
    for name in ask.replace {
        if !wanted.machines.iter().any(|machine| machine.name == *name) {
            problems.push(
                Diagnostic::new(
                    "infra/unknown-machine",
                    format!("there is no enabled machine `{name}` to replace"),
                )
                .hint("`hoist replace` takes the name of a machine in hoist.yaml"),
            );
        }
    }
    desired.dns = dns(inputs, observed);
    desired.remake = ask.replace.difference(&inputs.remade).cloned().collect();
    match private_addresses(inputs, observed) {
        Ok(addresses) => {
            for machine in &wanted.machines {
                match server_body(machine, addresses[&machine.name], inputs, desired.group.as_ref()) {
                    Ok(body) => drop(desired.servers.insert(machine.name.clone(), body)),
                    Err(found) => problems.0.extend(found.0),
                }
            }
        }
        Err(found) => problems.0.extend(found.0),
    }
    if ask.imports.is_empty() {
        offers(&mut desired, inputs, observed, &mut problems);
    }
    problems.into_result()?;
    Ok(desired)
}

fn dns(inputs: &Inputs, observed: &Observed) -> Option<DnsBody> {
    let name = inputs.api_name.clone()?;
    let zones = observed.zones.as_ref().ok()?;
    let holding = zones.iter().filter(|zone| names::within(&name, &zone.name));
    let zone = holding.max_by_key(|zone| zone.name.len())?.id.clone();
    let planes = inputs.wanted.machines.iter();
    let planes: BTreeMap<_, _> = planes
        .filter(|machine| machine.role == Some(Role::Server))
        .map(|machine| {
            // Of two servers with the labels of one machine nobody knows which it is.
            let address = match observed.servers_of(&machine.name)[..] {
                [server] => server.public_net.ipv4.as_ref().and_then(|ipv4| ipv4.ip.parse().ok()),
                _ => None,
            };
            (machine.name.clone(), address)
        })
        .collect();
    (!planes.is_empty()).then_some(DnsBody { name, zone, planes })
}

/// The rules of the firewall: administration from the admins' networks, ICMP, and nothing else. The private network
/// is not filtered by Hetzner's firewalls.
fn rules(inputs: &Inputs) -> Vec<Rule> {
    let wanted = &inputs.wanted;
    let mut admins: Vec<String> = inputs.admins.iter().flatten().map(IpNet::to_string).collect();
    admins.sort();
    let rule = |protocol, port: Option<u16>, sources: &[String], description: &str| Rule {
        direction: Direction::In,
        protocol,
        port: port.map(|port| port.to_string()),
        source_ips: sources.to_vec(),
        destination_ips: Vec::new(),
        description: Some(description.to_owned()),
    };
    let anyone = ["0.0.0.0/0".to_owned(), "::/0".to_owned()];
    let mut rules = vec![rule(Protocol::Icmp, None, &anyone, "ICMP")];
    if !admins.is_empty() {
        rules.push(rule(Protocol::Tcp, Some(wanted.ssh_port), &admins, "SSH"));
        if wanted.ssh_port != 22 {
            // The kexec installer's sshd knows nothing of our port.
            rules.push(rule(Protocol::Tcp, Some(22), &admins, "SSH of the installer"));
        }
        rules.push(rule(Protocol::Tcp, Some(6443), &admins, "Kubernetes API"));
    }
    rules
}

/// A rule as it is compared: the order of addresses means nothing, and neither does an empty description.
pub(crate) fn normal(rules: &[Rule]) -> BTreeSet<Rule> {
    rules
        .iter()
        .cloned()
        .map(|mut rule| {
            rule.source_ips.sort();
            rule.destination_ips.sort();
            rule.description = rule.description.filter(|text| !text.is_empty());
            rule
        })
        .collect()
}

/// The address of a server in the cluster's network.
pub(crate) fn private_address(server: &Server, network: u64) -> Option<Ipv4Addr> {
    server
        .private_net
        .iter()
        .find(|net| net.network == network)?
        .ip
        .parse()
        .ok()
}

fn private_addresses(inputs: &Inputs, observed: &Observed) -> Result<BTreeMap<String, Ipv4Addr>, Diagnostics> {
    let wanted = &inputs.wanted;
    let network = observed.networks.as_ref().ok().and_then(|networks| {
        networks
            .iter()
            .find(|network| names::ours(&network.labels, &wanted.cluster) && network.name == wanted.cluster)
    });
    let mut held = BTreeMap::new();
    let mut taken = BTreeSet::new();
    if let (Some(network), Ok(servers)) = (network, &observed.servers) {
        for server in servers {
            let Some(address) = private_address(server, network.id) else {
                continue;
            };
            let machine = crate::observe::machine_of(server);
            if names::ours(&server.labels, &wanted.cluster) && wanted.machines.iter().any(|m| m.name == machine) {
                held.insert(machine.to_owned(), address);
            } else {
                taken.insert(address);
            }
        }
    }
    let machines = wanted.machines.iter().map(|machine| machine.name.as_str());
    addresses::assign(wanted.network, machines, &held, &taken).map_err(|addresses::Full| {
        Diagnostic::new(
            "infra/network-full",
            format!(
                "hetzner.network.cidr: {} has no address left for {} machines",
                wanted.network,
                wanted.machines.len()
            ),
        )
        .hint("a network's range cannot be changed later: choose a larger one, such as 10.0.0.0/16")
        .into()
    })
}

fn server_body(
    machine: &Machine,
    address: Ipv4Addr,
    inputs: &Inputs,
    group: Option<&String>,
) -> Result<ServerBody, Diagnostics> {
    let wanted = &inputs.wanted;
    let mut labels = names::labels(&wanted.cluster, &machine.name);
    if let Some(role) = machine.role {
        labels.insert(ROLE.into(), role.label().into());
    }
    let mut first_labels = labels.clone();
    let mut data = None;
    if let Some(host_key) = inputs.host_keys.get(&machine.name) {
        first_labels.insert(HOST_KEY.into(), host_key.fingerprint().to_base32());
        let boot = FirstBoot {
            hostname: &machine.name,
            host_key,
            ssh_port: wanted.ssh_port,
            user_keys: &wanted.user_keys,
        };
        data = Some(user_data::render(&boot).map_err(|size| {
            Diagnostic::new(
                "infra/user-data-too-large",
                format!(
                    "access.users: the public keys make {size} bytes of user data for {}, and Hetzner takes {}",
                    machine.name,
                    user_data::LIMIT
                ),
            )
            .hint("give fewer keys, or shorter ones (ed25519); more can be added by the NixOS configuration")
        })?);
    }
    let plane = machine.role == Some(Role::Server);
    Ok(ServerBody {
        machine: machine.clone(),
        address,
        labels,
        first_labels,
        user_data: data,
        protect: plane,
        group: group.filter(|_| plane).cloned(),
    })
}

/// Checks, before anything is done, that what has to be ordered can be had.
fn offers(desired: &mut Desired, inputs: &Inputs, observed: &Observed, problems: &mut Diagnostics) {
    let (Ok(catalog), Ok(_)) = (&observed.catalog, &observed.servers) else {
        return;
    };
    for machine in &inputs.wanted.machines {
        let existing = observed.servers_of(&machine.name);
        let result = match existing.first() {
            None => offer::new_server(catalog, machine, &inputs.wanted.zone),
            Some(_) if desired.remake.contains(&machine.name) => {
                offer::new_server(catalog, machine, &inputs.wanted.zone)
            }
            Some(server) if server.server_type.name != machine.server_type => {
                offer::type_at(catalog, machine).map(drop)
            }
            Some(server) if server.location_name() != machine.location => {
                offer::new_server(catalog, machine, &inputs.wanted.zone)
            }
            Some(_) => Ok(()),
        };
        match result {
            Ok(()) => {}
            Err(Refusal::Wrong(diagnostic)) => problems.push(*diagnostic),
            Err(Refusal::SoldOut { why, hint }) => {
                desired.sold_out.insert(machine.name.clone(), (why, hint));
            }
        }
    }
}
