//! Small arithmetic on addresses and ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::error::Error;

/// The first address of a Service range: the Service `kubernetes` has it.
pub(crate) fn first_address(range: &str) -> Result<IpAddr, Error> {
    let net = range
        .parse::<IpNet>()
        .ok()
        .filter(|net| net.prefix_len() + 2 <= net.max_prefix_len());
    match net {
        Some(IpNet::V4(net)) => Ok(Ipv4Addr::from_bits(net.network().to_bits() + 1).into()),
        Some(IpNet::V6(net)) => Ok(Ipv6Addr::from_bits(net.network().to_bits() + 1).into()),
        None => Err(Error::Config(format!(
            "{range:?} is no range of addresses for Services; one is 10.43.0.0/16"
        ))),
    }
}

/// An address outside of loopback that stands for a loopback address: 127.1.2.3 becomes 192.0.2.3, of the range that
/// is kept for documentation and so is nobody's.
pub(crate) fn stand_in(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) if v4.is_loopback() => IpAddr::V4(Ipv4Addr::new(192, 0, 2, v4.octets()[3])),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_service_address_follows_the_range() {
        assert_eq!(first_address("10.43.0.0/16").unwrap().to_string(), "10.43.0.1");
        assert_eq!(first_address("fd00::/112").unwrap().to_string(), "fd00::1");
        let error = first_address("10.43.0.0").unwrap_err().to_string();
        assert!(error.contains("10.43.0.0") && error.contains("10.43.0.0/16"), "{error}");
    }

    #[test]
    fn only_loopback_needs_a_stand_in() {
        assert_eq!(stand_in("127.9.8.7".parse().unwrap()).to_string(), "192.0.2.7");
        assert_eq!(stand_in("10.0.1.2".parse().unwrap()).to_string(), "10.0.1.2");
    }
}
