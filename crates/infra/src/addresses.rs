//! Private addresses, chosen in the plan: a server keeps what it has, a new one gets the lowest that is free.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// No address is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// An address a machine. `held` are the addresses of machines that exist, `taken` those of anything else there.
pub(crate) fn assign<'a>(
    network: Ipv4Net,
    machines: impl IntoIterator<Item = &'a str>,
    held: &BTreeMap<String, Ipv4Addr>,
    taken: &BTreeSet<Ipv4Addr>,
) -> Result<BTreeMap<String, Ipv4Addr>, Full> {
    let mut used: BTreeSet<Ipv4Addr> = taken.iter().chain(held.values()).copied().collect();
    // Hetzner's gateway is the first address; `hosts` leaves out the network's own and the broadcast address.
    used.extend(network.hosts().next());
    let mut free = network
        .hosts()
        .filter(|address| !used.contains(address))
        .collect::<FreeList>();
    let mut all = BTreeMap::new();
    for machine in machines {
        let address = match held.get(machine).filter(|address| network.contains(*address)) {
            Some(address) => *address,
            None => free.next().ok_or(Full)?,
        };
        all.insert(machine.to_owned(), address);
    }
    Ok(all)
}

/// The free addresses that can be needed at all: a /8 has sixteen million.
struct FreeList(std::vec::IntoIter<Ipv4Addr>);

impl FromIterator<Ipv4Addr> for FreeList {
    fn from_iter<T: IntoIterator<Item = Ipv4Addr>>(iter: T) -> Self {
        Self(iter.into_iter().take(4096).collect::<Vec<_>>().into_iter())
    }
}

impl Iterator for FreeList {
    type Item = Ipv4Addr;

    fn next(&mut self) -> Option<Ipv4Addr> {
        self.0.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(text: &str) -> Ipv4Addr {
        text.parse().unwrap()
    }

    #[test]
    fn new_machines_get_the_lowest_free_and_old_ones_keep_theirs() {
        let network = "10.0.0.0/29".parse().unwrap();
        let held = BTreeMap::from([("b".to_owned(), ip("10.0.0.2"))]);
        let taken = BTreeSet::from([ip("10.0.0.4")]);
        let all = assign(network, ["a", "b", "c"], &held, &taken).unwrap();
        let shown: Vec<_> = all.iter().map(|(name, ip)| format!("{name}={ip}")).collect();
        assert_eq!(shown, ["a=10.0.0.3", "b=10.0.0.2", "c=10.0.0.5"]);
        assert_eq!(assign(network, ["a", "b", "c", "d", "e"], &held, &taken), Err(Full));
    }

    proptest! {
        #[test]
        fn addresses_are_unique_inside_and_stable_when_machines_come(count in 1usize..40, more in 0usize..10, gone in 0usize..40) {
            let network: Ipv4Net = "10.0.0.0/24".parse().unwrap();
            let names: Vec<String> = (0..count + more).map(|i| format!("m{i:02}")).collect();
            let none = (BTreeMap::new(), BTreeSet::new());
            let first = assign(network, names[..count].iter().map(String::as_str), &none.0, &none.1).unwrap();
            let distinct: BTreeSet<_> = first.values().collect();
            prop_assert_eq!(distinct.len(), count);
            prop_assert!(first.values().all(|a| network.contains(a) && *a != ip("10.0.0.1") && *a != ip("10.0.0.0")));
            // One of them is lost, others come: whoever stays keeps its address.
            let mut held = first.clone();
            held.remove(&format!("m{:02}", gone % count));
            let second = assign(network, names.iter().map(String::as_str), &held, &none.1).unwrap();
            for (name, address) in &held {
                prop_assert_eq!(&second[name], address);
            }
            let distinct: BTreeSet<_> = second.values().collect();
            prop_assert_eq!(distinct.len(), names.len());
        }
    }
}
