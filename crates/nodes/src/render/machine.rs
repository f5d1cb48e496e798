//! One machine's settings, from the spec and from what the cloud says of its server.

use hoist_model::ServerFacts;
use hoist_spec::{Machine, Role, Spec, Sudo};
use serde_json::Value;

use super::settings::{BetweenNodes, Firewall, K3s, STATE_DIR, Settings, User};

pub(crate) fn settings(spec: &Spec, name: &str, machine: &Machine, server: Option<&ServerFacts>) -> Settings {
    Settings {
        host_name: name.to_owned(),
        domain: spec.cluster.domain.to_string(),
        system: system(server).to_owned(),
        state_version: spec.nixos.state_version.to_string(),
        allow_unfree: spec.nixos.allow_unfree,
        ssh_port: spec.access.port,
        root_keys: root_keys(spec),
        users: users(spec),
        private_mac: server.and_then(|server| server.private_mac.clone()),
        k3s: machine.role.map(|role| k3s(spec, name, role, server)),
        firewall: firewall(spec, machine.role),
    }
}

fn system(server: Option<&ServerFacts>) -> &'static str {
    match server {
        Some(server) if server.architecture == "arm" => "aarch64-linux",
        _ => "x86_64-linux",
    }
}

fn users(spec: &Spec) -> Vec<User> {
    let user = |(name, user): (&hoist_spec::UserName, &hoist_spec::User)| User {
        name: name.to_string(),
        keys: user.keys.iter().map(ToString::to_string).collect(),
        sudo: match user.sudo {
            Sudo::Nopasswd => "nopasswd",
            Sudo::Password => "password",
            Sudo::None => "none",
        }
        .to_owned(),
    };
    spec.access.users.iter().map(user).collect()
}

/// hoist works on hosts as root, with the keys of the people who may become root anyway.
fn root_keys(spec: &Spec) -> Vec<String> {
    let mut keys = Vec::new();
    for user in spec.access.users.values().filter(|user| user.sudo != Sudo::None) {
        for key in user.keys.iter().map(ToString::to_string) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

fn k3s(spec: &Spec, name: &str, role: Role, server: Option<&ServerFacts>) -> K3s {
    let is_server = role == Role::Server;
    let file = |name: &str| format!("{STATE_DIR}/{name}");
    let cluster_dns = spec
        .cluster
        .service_cidr
        .nth(10)
        .map(|address| address.to_string())
        .unwrap_or_default();
    K3s {
        role: if is_server { "server" } else { "agent" }.to_owned(),
        version: spec.k3s.version.to_string(),
        cluster_cidr: spec.cluster.pod_cidr.to_string(),
        service_cidr: spec.cluster.service_cidr.to_string(),
        cluster_dns,
        tls_sans: if is_server {
            tls_sans(spec, name, server)
        } else {
            Vec::new()
        },
        disable: if is_server { disable(spec) } else { Vec::new() },
        flags: flags(spec, is_server, server),
        token_file: file(if is_server { "k3s-token" } else { "k3s-agent-token" }),
        agent_token_file: is_server.then(|| file("k3s-agent-token")),
        environment_file: file("k3s.env"),
    }
}

/// The API's name, and each address and name of the host itself.
fn tls_sans(spec: &Spec, name: &str, server: Option<&ServerFacts>) -> Vec<String> {
    let mut sans = Vec::new();
    sans.extend(spec.api_name().map(str::to_owned));
    sans.extend(spec.k3s.tls_sans.iter().map(ToString::to_string));
    sans.push(name.to_owned());
    sans.push(format!("{name}.{}", spec.cluster.domain));
    if let Some(server) = server {
        sans.extend(server.address.map(|address| address.to_string()));
        sans.extend(server.private_ipv4.map(|address| address.to_string()));
    }
    let mut seen = std::collections::BTreeSet::new();
    sans.retain(|san| seen.insert(san.clone()));
    sans
}

fn disable(spec: &Spec) -> Vec<String> {
    let coredns = spec.components.coredns.as_ref().is_some_and(|coredns| coredns.enabled);
    let mut disable = Vec::new();
    if coredns {
        disable.push("coredns".to_owned());
    }
    disable.extend(["local-storage", "metrics-server", "servicelb", "traefik"].map(str::to_owned));
    disable
}

fn flags(spec: &Spec, is_server: bool, server: Option<&ServerFacts>) -> Vec<String> {
    let mut flags = Vec::new();
    if is_server {
        if cilium(spec).is_some() {
            flags.extend(
                [
                    "--flannel-backend=none",
                    "--disable-network-policy",
                    "--disable-kube-proxy",
                ]
                .map(str::to_owned),
            );
        }
        flags.push("--disable-cloud-controller".to_owned());
        if spec.k3s.secrets_encryption {
            flags.push("--secrets-encryption".to_owned());
        }
        flags.push(format!("--write-kubeconfig-mode={}", spec.k3s.kubeconfig_mode.as_str()));
    }
    if let Some(server) = server {
        flags.extend(server.private_ipv4.map(|address| format!("--node-ip={address}")));
        if server.private_ipv4.is_some() {
            flags.extend(server.address.map(|address| format!("--node-external-ip={address}")));
        }
    }
    flags
}

fn cilium(spec: &Spec) -> Option<&hoist_spec::Cilium> {
    spec.components.cilium.as_ref().filter(|cilium| cilium.enabled)
}

/// The port that Cilium's tunnel between nodes uses: GENEVE unless its values say otherwise, as in the catalog.
fn tunnel_port(spec: &Spec) -> Option<u16> {
    let values = &cilium(spec)?.values;
    if values.get("routingMode").and_then(Value::as_str) == Some("native") {
        return None;
    }
    let said = values.get("tunnelPort").and_then(Value::as_u64);
    let default = match values.get("tunnelProtocol").and_then(Value::as_str) {
        Some("vxlan") => 8472,
        _ => 6081,
    };
    Some(
        said.and_then(|port| u16::try_from(port).ok())
            .filter(|port| *port != 0)
            .unwrap_or(default),
    )
}

fn firewall(spec: &Spec, role: Option<Role>) -> Firewall {
    let sorted = |mut ports: Vec<u16>| {
        ports.sort_unstable();
        ports.dedup();
        ports
    };
    let mut tcp = vec![spec.access.port];
    let mut udp = Vec::new();
    let mut between = Vec::new();
    if let Some(role) = role {
        tcp.extend([4240, 4244]);
        between.push(10250);
        udp.extend([4789, 8472]);
        udp.extend(tunnel_port(spec));
        if role == Role::Server {
            tcp.push(6443);
            between.extend([2379, 2380]);
        }
    }
    Firewall {
        tcp: sorted(tcp),
        udp: sorted(udp),
        between_nodes: BetweenNodes {
            tcp: sorted(between),
            from: vec![spec.hetzner.network.cidr.to_string()],
        },
    }
}
