//! What the spec names and only IO, or chance, can tell: the caller's address, and a throw-away host key a machine.

use std::collections::{BTreeMap, BTreeSet};

use hoist_model::{Diagnostic, Diagnostics};
use hoist_ssh::KeyPair;
use ipnet::IpNet;

use crate::caller::{Caller, network_of};
use crate::wanted::{Admin, Wanted};

/// The inputs of one round.
pub struct Inputs {
    pub(crate) wanted: Wanted,
    pub(crate) admins: Vec<IpNet>,
    /// The host keys that machines made in this run are born with.
    pub(crate) host_keys: BTreeMap<String, KeyPair>,
    /// Machines that were asked to be remade, and have been, in this run.
    pub(crate) remade: BTreeSet<String>,
}

/// What is kept from one round to the next, in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) caller: Option<IpNet>,
    pub(crate) host_keys: BTreeMap<String, KeyPair>,
    pub(crate) remade: BTreeSet<String>,
}

impl Memory {
    /// The host key of each machine, made at first need and the same for the whole run: a create that is tried again
    /// must not come with another key than the label that it wrote.
    pub(crate) fn keys_for(&mut self, wanted: &Wanted) -> BTreeMap<String, KeyPair> {
        for machine in &wanted.machines {
            self.host_keys
                .entry(machine.name.clone())
                .or_insert_with(|| KeyPair::generate(&format!("{} first boot", machine.name)));
        }
        self.host_keys.clone()
    }
}

/// The networks that may administrate, with `self` resolved; `known` is the answer of an earlier round.
pub(crate) async fn admins(
    wanted: &Wanted,
    known: Option<IpNet>,
    caller: &dyn Caller,
) -> Result<(Vec<IpNet>, Option<IpNet>), Diagnostics> {
    let mut own = known;
    let mut all = Vec::new();
    for admin in &wanted.admins {
        all.push(match (admin, own) {
            (Admin::Cidr(cidr), _) => *cidr,
            (Admin::Caller, Some(own)) => own,
            (Admin::Caller, None) => {
                let address = caller.address().await.map_err(|why| {
                    Diagnostic::new(
                        "infra/own-address",
                        format!(
                            "hetzner.adminCidrs has `self`, and the address of this machine cannot be found out: {why}"
                        ),
                    )
                    .hint("write the address instead, such as 203.0.113.7/32")
                })?;
                *own.insert(network_of(address))
            }
        });
    }
    all.sort();
    all.dedup();
    Ok((all, own))
}
