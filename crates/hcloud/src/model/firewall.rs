//! Firewalls, their rules, and what they are applied to.

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Labels, nullable};

open_enum! {
    /// Which way a rule looks.
    Direction {
        /// From outside to the server.
        In = "in",
        /// From the server to outside.
        Out = "out",
    }
}

open_enum! {
    /// A rule's protocol.
    Protocol {
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
        /// ICMP.
        Icmp = "icmp",
        /// ESP.
        Esp = "esp",
        /// GRE.
        Gre = "gre",
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// Which way it looks.
    pub direction: Direction,
    /// Its protocol.
    pub protocol: Protocol,
    /// A port or a range (`80-85`); TCP and UDP only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// CIDRs that may come in.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub source_ips: Vec<String>,
    /// CIDRs that may be reached.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub destination_ips: Vec<String>,
    /// A text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

open_enum! {
    /// What a firewall can be applied to.
    ResourceKind {
        /// One server.
        Server = "server",
        /// Every server that a label selector matches.
        LabelSelector = "label_selector",
    }
}

/// A server by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerId {
    /// The id.
    pub id: u64,
}

/// What a firewall is applied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedTo {
    /// Of which kind.
    #[serde(rename = "type", default)]
    pub kind: ResourceKind,
    /// The server, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerId>,
}

/// What a firewall is to be applied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FirewallResource {
    /// Of which kind.
    #[serde(rename = "type")]
    pub kind: ResourceKind,
    /// The server.
    pub server: ServerId,
}

impl FirewallResource {
    /// One server.
    pub fn server(id: u64) -> Self {
        Self {
            kind: ResourceKind::Server,
            server: ServerId { id },
        }
    }
}

/// A firewall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// Its id.
    pub id: u64,
    /// Its name, unique in the project.
    pub name: String,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
    /// Rules.
    #[serde(default, deserialize_with = "nullable")]
    pub rules: Vec<Rule>,
    /// What it is applied to.
    #[serde(default, deserialize_with = "nullable")]
    pub applied_to: Vec<AppliedTo>,
}

/// A firewall to be made.
#[derive(Clone, Debug, Serialize)]
pub struct FirewallCreate {
    /// Its name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Rules.
    pub rules: Vec<Rule>,
}
