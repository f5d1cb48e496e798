//! Who may administrate: a network, or the word `self` for wherever hoist is run from.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::text::Refused;
use crate::{Cidr, guess};

pub(crate) const FORMAT: &str = "cidr-or-self";

/// How the caller's own address is written.
const CALLER: &str = "self";

/// One entry of `hetzner.adminCidrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AdminCidr {
    /// `self`: the address that hoist is run from, found out anew in each run.
    Caller,
    /// A network.
    Net(Cidr),
}

impl FromStr for AdminCidr {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        if text == CALLER {
            return Ok(Self::Caller);
        }
        text.parse().map(Self::Net).map_err(|refused: Refused| {
            let why = format!("`{text}` is neither a network nor `{CALLER}`");
            let hint = if guess::nearest(text, [CALLER].into_iter()).is_some() {
                format!("did you mean `{CALLER}`, the address that hoist is run from?")
            } else if text.chars().all(char::is_alphabetic) {
                format!(
                    "write address/length, such as 203.0.113.7/32, or `{CALLER}`: the address that hoist is run from"
                )
            } else {
                return refused;
            };
            Refused {
                why,
                hint,
                hidden: false,
            }
        })
    }
}

impl TryFrom<String> for AdminCidr {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        text.parse()
    }
}

impl From<AdminCidr> for String {
    fn from(cidr: AdminCidr) -> Self {
        cidr.to_string()
    }
}

impl fmt::Display for AdminCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => f.write_str(CALLER),
            Self::Net(cidr) => cidr.fmt(f),
        }
    }
}

impl JsonSchema for AdminCidr {
    fn schema_name() -> Cow<'static, str> {
        "AdminCidr".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": FORMAT, "examples": [CALLER, "203.0.113.0/24"] })
    }
}
