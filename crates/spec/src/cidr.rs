//! A network in CIDR notation, whose host bits are zero.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::text::Refused;

pub(crate) const FORMAT: &str = "cidr";

/// A network, such as `10.42.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(IpNet);

impl Cidr {
    /// The network.
    pub fn net(&self) -> IpNet {
        self.0
    }

    /// Whether the two share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.contains(&other.0) || other.0.contains(&self.0)
    }

    /// The address at an offset from the network's first, if it is inside.
    pub fn nth(&self, offset: u32) -> Option<IpAddr> {
        let address = match self.0.network() {
            IpAddr::V4(first) => IpAddr::V4(u32::from(first).checked_add(offset)?.into()),
            IpAddr::V6(first) => IpAddr::V6(u128::from(first).checked_add(u128::from(offset))?.into()),
        };
        self.0.contains(&address).then_some(address)
    }
}

impl FromStr for Cidr {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        let refused = |why: String, hint: String| Refused {
            why,
            hint,
            hidden: false,
        };
        let net: IpNet = text.parse().map_err(|_| {
            let hint = match text.parse::<IpAddr>() {
                Ok(address) => format!("write {}, which is this one address", IpNet::from(address)),
                Err(_) => "write address/length, such as 10.42.0.0/16".into(),
            };
            refused(format!("`{text}` is not a network in CIDR notation"), hint)
        })?;
        if net.addr() == net.network() {
            Ok(Self(net))
        } else {
            Err(refused(
                format!("`{text}` is an address inside a network, not a network"),
                format!("write {}", net.trunc()),
            ))
        }
    }
}

impl TryFrom<String> for Cidr {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Cidr {
    fn schema_name() -> Cow<'static, str> {
        "Cidr".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": FORMAT })
    }
}
