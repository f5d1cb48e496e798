//! `machines`: the servers, one entry each.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on;
use crate::{Location, ServerType};

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
    /// Whether it shall exist. A disabled machine that exists is removed, after approval by name.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Hetzner's server type, such as `cx43`.
    pub server_type: ServerType,
    /// Hetzner's location, such as `fsn1`.
    pub location: Location,
    /// The image that the server is made from.
    #[serde(default = "image")]
    pub image: String,
    /// What it is in the cluster: `server` (control plane) or `agent` (worker). Without a role it is a server of yours
    /// that hoist makes and leaves alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its operating system: `hoist` (our NixOS; the default with a role) or `none` (the image as it is; the default
    /// without one).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<Os>,
    /// NixOS modules of yours for this machine, relative to hoist.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<PathBuf>,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Machine {
    /// Its operating system, with the default for its role.
    pub fn os(&self) -> Os {
        self.os.unwrap_or(match self.role {
            Some(_) => Os::Hoist,
            None => Os::None,
        })
    }
}

fn image() -> String {
    "debian-12".into()
}

/// What a machine is in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Control plane: k3s server with etcd.
    Server,
    /// Worker: k3s agent.
    Agent,
}

/// Who gives a machine its operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Os {
    /// hoist: NixOS with k3s.
    Hoist,
    /// Nobody: the image stays as it is.
    None,
}
