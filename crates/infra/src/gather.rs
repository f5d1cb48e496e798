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
    /// The networks that may administrate, or why the caller's cannot be told: which the API may explain, if it does
    /// not answer either.
    pub(crate) admins: Result<Vec<IpNet>, Diagnostics>,
    /// The host keys that machines made in this run are born with.
    pub(crate) host_keys: BTreeMap<String, KeyPair>,
    /// Machines that were asked to be remade, and have been, in this run.
    pub(crate) remade: BTreeSet<String>,
    /// The DNS name of the Kubernetes API, if it has one.
    pub(crate) api_name: Option<String>,
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

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use async_trait::async_trait;

    use super::*;

    struct At(Result<IpAddr, String>, AtomicU32);

    #[async_trait]
    impl Caller for At {
        async fn address(&self) -> Result<IpAddr, String> {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.clone()
        }
    }

    fn wanted() -> Wanted {
        let mut wanted = crate::plan::tests::read("").inputs.wanted;
        wanted.admins = vec![
            Admin::Caller,
            Admin::Cidr("198.51.100.0/24".parse().unwrap()),
            Admin::Caller,
        ];
        wanted
    }

    #[tokio::test]
    async fn the_caller_is_asked_once_and_remembered() {
        let caller = At(Ok("203.0.113.9".parse().unwrap()), AtomicU32::new(0));
        let (all, own) = admins(&wanted(), None, &caller).await.unwrap();
        let shown: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["198.51.100.0/24", "203.0.113.9/32"]);
        admins(&wanted(), own, &caller).await.unwrap();
        assert_eq!(caller.1.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_found_out_is_a_problem_of_the_spec() {
        let caller = At(Err("nobody answers".into()), AtomicU32::new(0));
        let problems = admins(&wanted(), None, &caller).await.unwrap_err();
        insta::assert_snapshot!(problems, @r"
        hetzner.adminCidrs has `self`, and the address of this machine cannot be found out: nobody answers
          hint: write the address instead, such as 203.0.113.7/32
        ");
    }
}
