//! SSH keys, placement groups, and the protection that several kinds share.

use serde::{Deserialize, Serialize};

use super::open_enum::open_enum;
use super::{Labels, nullable};

/// What must not happen to a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// It must not be deleted.
    #[serde(default)]
    pub delete: bool,
}

/// A public key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// Its id.
    pub id: u64,
    /// Its name, unique in the project.
    pub name: String,
    /// Its MD5 fingerprint, unique in the project too.
    #[serde(default, deserialize_with = "nullable")]
    pub fingerprint: String,
    /// The OpenSSH line.
    #[serde(default, deserialize_with = "nullable")]
    pub public_key: String,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
    /// When it was made (RFC 3339).
    #[serde(default)]
    pub created: Option<String>,
}

/// A public key to be added.
#[derive(Clone, Debug, Serialize)]
pub struct SshKeyCreate {
    /// Its name.
    pub name: String,
    /// The OpenSSH line.
    pub public_key: String,
    /// Labels.
    pub labels: Labels,
}

open_enum! {
    /// How a placement group places.
    PlacementGroupKind {
        /// On different hosts.
        Spread = "spread",
    }
}

/// A placement group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementGroup {
    /// Its id.
    pub id: u64,
    /// Its name, unique in the project.
    pub name: String,
    /// How it places.
    #[serde(rename = "type", default)]
    pub kind: PlacementGroupKind,
    /// The ids of its servers.
    #[serde(default, deserialize_with = "nullable")]
    pub servers: Vec<u64>,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
}

/// A placement group to be made.
#[derive(Clone, Debug, Serialize)]
pub struct PlacementGroupCreate {
    /// Its name.
    pub name: String,
    /// How it places.
    #[serde(rename = "type")]
    pub kind: PlacementGroupKind,
    /// Labels.
    pub labels: Labels,
}
