//! `access`: who may log in to the machines, and how hoist does.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PublicKey, UserName};

/// Who may log in once the deploy key is gone, and how hoist itself logs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    /// The people, by login name. At least one has a key and may use sudo: otherwise nobody could ever log in again.
    #[schemars(extend("propertyNames" = {"format": "user-name"}))]
    pub users: IndexMap<UserName, User>,
    /// The private key that hoist logs in with: `agent` (the running ssh-agent) or `file: PATH`.
    #[serde(default)]
    pub identity: Identity,
    /// The port of SSH on each machine.
    #[serde(default = "ssh_port")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
}

fn ssh_port() -> u16 {
    22
}

/// One person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The person's public keys, one line each.
    pub keys: Vec<PublicKey>,
    /// Whether the person may become root: `nopasswd` (default; people here have keys and no passwords), `password`
    /// or `none`. Root takes the keys of those who may.
    #[serde(default)]
    pub sudo: Sudo,
}

/// Whether a person may become root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sudo {
    /// Without a password.
    #[default]
    Nopasswd,
    /// With the person's password.
    Password,
    /// No.
    None,
}

/// The private key that hoist logs in with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Identity {
    /// Whatever the running ssh-agent holds.
    #[default]
    Agent,
    /// A file with a private key, relative to hoist.yaml; `~/` is your home.
    File(PathBuf),
}
