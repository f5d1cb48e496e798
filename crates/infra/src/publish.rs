//! What later phases learn: how to reach each server, and by which host keys it is known.

use std::net::{IpAddr, Ipv6Addr};

use hoist_hcloud::{Server, ServerStatus};
use hoist_model::{Facts, HostKeyPins, Lookup, ServerFacts, Why};
use ipnet::Ipv6Net;

use crate::names::{HOST_KEY, HOST_KEY_NEXT};
use crate::observe::{Observed, machine_of};

/// Writes what is known of every machine that is wanted or exists.
pub(crate) fn publish(observed: &Observed, facts: &mut Facts) {
    match observed.our_servers() {
        Ok(servers) => {
            for machine in &observed.machines {
                facts.servers.insert(machine.clone(), Lookup::Absent);
            }
            let network = our_network(observed);
            for server in servers {
                let name = machine_of(server).to_owned();
                let found = match facts.servers.get(&name) {
                    // Labels that were copied: nobody may guess which of the two it is.
                    Some(Lookup::Present(_) | Lookup::Unknown(_)) => {
                        Lookup::Unknown(Why(format!("two servers carry the labels of machine {name}")))
                    }
                    _ => Lookup::Present(server_facts(server, network)),
                };
                facts.servers.insert(name, found);
            }
        }
        Err(unseen) => {
            for machine in &observed.machines {
                facts
                    .servers
                    .insert(machine.clone(), Lookup::Unknown(Why(unseen.why.clone())));
            }
        }
    }
}

fn our_network(observed: &Observed) -> Option<u64> {
    let networks = observed.networks.as_ref().ok()?;
    networks
        .iter()
        .find(|network| crate::names::ours(&network.labels, &observed.cluster))
        .map(|network| network.id)
}

fn server_facts(server: &Server, network: Option<u64>) -> ServerFacts {
    let private = server
        .private_net
        .iter()
        .find(|net| Some(net.network) == network)
        .or(server.private_net.first());
    ServerFacts {
        id: server.id,
        address: address(server),
        private_ipv4: private.and_then(|net| net.ip.parse().ok()),
        private_mac: private.map(|net| net.mac_address.clone()).filter(|mac| !mac.is_empty()),
        host_keys: pins(&server.labels),
        architecture: server.server_type.architecture.to_string(),
        running: server.status == ServerStatus::Running,
    }
}

/// The pins in a server's labels.
pub(crate) fn pins(labels: &hoist_hcloud::Labels) -> HostKeyPins {
    HostKeyPins {
        current: labels.get(HOST_KEY).cloned(),
        next: labels.get(HOST_KEY_NEXT).cloned(),
    }
}

/// The public address: IPv4 where there is one; otherwise the first address of the IPv6 network, which is what
/// Hetzner's images give themselves.
pub(crate) fn address(server: &Server) -> Option<IpAddr> {
    let public = &server.public_net;
    if let Some(ipv4) = public.ipv4.as_ref().and_then(|ipv4| ipv4.ip.parse().ok()) {
        return Some(ipv4);
    }
    let network: Ipv6Net = public.ipv6.as_ref()?.ip.parse().ok()?;
    Some(Ipv6Addr::from(u128::from(network.network()) + 1).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(public_net: &str) -> Server {
        serde_json::from_str(&format!(r#"{{"id":1,"name":"a","public_net":{public_net}}}"#)).unwrap()
    }

    #[test]
    fn of_two_servers_with_the_labels_of_one_machine_neither_is_told() {
        let server = "server a ours cpx32 fsn1 debian-12 running 10.0.0.2";
        let once = crate::plan::tests::read(&format!("machine b cx43 fsn1 debian-12\n{server}"));
        let mut facts = Facts::default();
        publish(&once.observed, &mut facts);
        assert_eq!(facts.server("a").unwrap().private_ipv4.unwrap().to_string(), "10.0.0.2");
        assert!(facts.servers["b"].is_absent());
        let twice = crate::plan::tests::read(&format!("{server}\n{server} named=copy"));
        let mut facts = Facts::default();
        publish(&twice.observed, &mut facts);
        assert!(facts.servers["a"].unknown().is_some());
    }

    #[test]
    fn a_server_without_ipv4_is_reached_by_the_first_address_of_its_ipv6_network() {
        let both = server(r#"{"ipv4":{"ip":"203.0.113.7"},"ipv6":{"ip":"2001:db8:1::/64"}}"#);
        assert_eq!(address(&both).unwrap().to_string(), "203.0.113.7");
        let six = server(r#"{"ipv4":null,"ipv6":{"ip":"2001:db8:1::/64"}}"#);
        assert_eq!(address(&six).unwrap().to_string(), "2001:db8:1::1");
        assert_eq!(address(&server("null")), None);
    }
}
