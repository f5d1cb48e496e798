//! Networks: disjoint, of one family, and large enough.

use ipnet::IpNet;

use super::Report;
use crate::Spec;

pub(super) fn disjoint(spec: &Spec, report: &mut Report<'_>) {
    let networks = [
        (["hetzner", "network", "cidr"].as_slice(), &spec.hetzner.network.cidr),
        (["cluster", "podCidr"].as_slice(), &spec.cluster.pod_cidr),
        (["cluster", "serviceCidr"].as_slice(), &spec.cluster.service_cidr),
    ];
    for (index, (path, cidr)) in networks.iter().enumerate() {
        for (other_path, other) in &networks[index + 1..] {
            if cidr.overlaps(other) {
                // The one that the file names is the one to change; a default has no place.
                let (here, there) = if report
                    .tree
                    .get(other_path[0])
                    .is_some_and(|section| section.value.get(other_path[1]).is_some())
                {
                    (other_path, path)
                } else {
                    (path, other_path)
                };
                let message = format!(
                    "{} ({cidr}) and {} ({other}) overlap",
                    path.join("."),
                    other_path.join(".")
                );
                let hint = format!(
                    "choose a network that shares no address with {}; packets could not be told apart",
                    there.join(".")
                );
                report.value(here, "spec/overlapping-networks", message, hint);
            }
        }
    }
}

pub(super) fn sizes(spec: &Spec, report: &mut Report<'_>) {
    let network = spec.hetzner.network.cidr;
    match network.net() {
        IpNet::V4(net) if net.prefix_len() <= 24 && is_private(net) => {}
        IpNet::V4(net) if !is_private(net) => report.value(
            &["hetzner", "network", "cidr"],
            "spec/invalid-network",
            format!("hetzner.network.cidr: {network} is not a private network"),
            "choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        ),
        IpNet::V4(_) => report.value(
            &["hetzner", "network", "cidr"],
            "spec/invalid-network",
            format!("hetzner.network.cidr: {network} is too small"),
            "Hetzner's subnets have a /24 at the least; the default is 10.0.0.0/16",
        ),
        IpNet::V6(_) => report.value(
            &["hetzner", "network", "cidr"],
            "spec/invalid-network",
            format!("hetzner.network.cidr: {network} is IPv6"),
            "Hetzner's private networks are IPv4; the default is 10.0.0.0/16",
        ),
    }
    let (pods, services) = (spec.cluster.pod_cidr, spec.cluster.service_cidr);
    if pods.net().addr().is_ipv4() != services.net().addr().is_ipv4() {
        report.value(
            &["cluster", "serviceCidr"],
            "spec/invalid-network",
            format!("cluster.podCidr ({pods}) and cluster.serviceCidr ({services}) are of different families"),
            "make both IPv4 or both IPv6",
        );
    }
    if services.nth(10).is_none() {
        report.value(
            &["cluster", "serviceCidr"],
            "spec/invalid-network",
            format!("cluster.serviceCidr: {services} has no 10th address, which the cluster's DNS takes"),
            "choose a /16, as is usual",
        );
    }
    // Each node takes a /24 of the pods' network.
    if pods.net().addr().is_ipv4() && pods.net().prefix_len() > 23 {
        report.value(
            &["cluster", "podCidr"],
            "spec/invalid-network",
            format!("cluster.podCidr: {pods} is too small: each node takes a /24 of it"),
            "choose a /16, as is usual",
        );
    }
}

fn is_private(net: ipnet::Ipv4Net) -> bool {
    ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
        .iter()
        .any(|range| range.parse::<ipnet::Ipv4Net>().is_ok_and(|range| range.contains(&net)))
}
