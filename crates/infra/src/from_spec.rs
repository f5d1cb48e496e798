//! Reads off the spec what this phase needs.

use hoist_spec::{AdminCidr, Spec, Sudo};
use ipnet::IpNet;

use crate::wanted::{Admin, Machine, Role, Wanted};

pub(crate) fn wanted(spec: &Spec) -> Wanted {
    let machines = spec
        .machines_enabled()
        .map(|(name, machine)| Machine {
            name: name.to_owned(),
            server_type: machine.server_type.to_string(),
            location: machine.location.to_string(),
            image: machine.image.clone(),
            role: machine.role.map(|role| match role {
                hoist_spec::Role::Server => Role::Server,
                hoist_spec::Role::Agent => Role::Agent,
            }),
        })
        .collect();
    Wanted {
        cluster: spec.cluster.name.to_string(),
        network: match spec.hetzner.network.cidr.net() {
            IpNet::V4(net) => net,
            // Refused by the spec's own checks; an empty network holds no machine and says so.
            IpNet::V6(_) => ipnet::Ipv4Net::default(),
        },
        zone: spec.hetzner.network.zone.as_str().to_owned(),
        admins: spec
            .hetzner
            .admin_cidrs
            .iter()
            .map(|admin| match admin {
                AdminCidr::Caller => Admin::Caller,
                AdminCidr::Net(cidr) => Admin::Cidr(cidr.net()),
            })
            .collect(),
        ssh_port: spec.access.port,
        // Root takes the keys of those who may become root.
        user_keys: spec
            .access
            .users
            .values()
            .filter(|user| user.sudo != Sudo::None)
            .flat_map(|user| user.keys.iter().map(ToString::to_string))
            .collect(),
        machines,
        disabled: spec
            .machines
            .iter()
            .filter(|(_, machine)| !machine.enabled)
            .map(|(name, _)| name.to_string())
            .collect(),
    }
}
