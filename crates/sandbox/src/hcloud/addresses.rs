//! The public addresses that servers get: loopback ones for IPv4, documentation ones for IPv6.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A range of IPv4 addresses, handed out in turn, so that an address is not reused at once.
#[derive(Clone, Debug)]
pub struct AddressPool {
    first: u32,
    count: u32,
    next: u32,
    taken: BTreeSet<u32>,
}

impl AddressPool {
    /// `count` addresses from `first` on.
    pub fn new(first: Ipv4Addr, count: u32) -> Self {
        Self {
            first: u32::from(first),
            count,
            next: 0,
            taken: BTreeSet::new(),
        }
    }

    pub(crate) fn take(&mut self) -> Option<Ipv4Addr> {
        for _ in 0..self.count {
            let address = self.first + self.next;
            self.next = (self.next + 1) % self.count;
            if self.taken.insert(address) {
                return Some(Ipv4Addr::from(address));
            }
        }
        None
    }

    pub(crate) fn give_back(&mut self, address: Ipv4Addr) {
        self.taken.remove(&u32::from(address));
    }
}

/// The /64 of a primary IPv6, by its id: nothing dials it.
pub(crate) fn ipv6_network(id: u64) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, (id >> 16) as u16, id as u16, 0, 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_in_turn_and_run_out() {
        let mut pool = AddressPool::new(Ipv4Addr::new(127, 1, 2, 10), 2);
        let (a, b) = (pool.take().unwrap(), pool.take().unwrap());
        assert_eq!((a, b), (Ipv4Addr::new(127, 1, 2, 10), Ipv4Addr::new(127, 1, 2, 11)));
        assert!(pool.take().is_none());
        pool.give_back(b);
        assert_eq!(pool.take(), Some(b));
    }
}
