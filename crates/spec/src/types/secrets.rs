//! `secrets`: where secret values come from, who may decrypt what hoist keeps, and the Secrets made at the start.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EnvName, Recipient, SecretName};

/// Secrets that the cluster starts with, and who may decrypt what hoist keeps beside this file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Secrets {
    /// The age recipients of what hoist keeps encrypted beside this file (the k3s tokens).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<Recipient>,
    /// Secrets of Kubernetes that components need before anything can decrypt: `namespace/name`, then each key with the
    /// source of its value.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("propertyNames" = {"format": "namespace/name"}))]
    pub bootstrap: IndexMap<SecretName, IndexMap<String, Source>>,
}

/// Where one secret value comes from. It is read once, when it is needed, and kept in memory only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// An environment variable.
    Env(EnvName),
    /// A file that only its owner can read, relative to hoist.yaml.
    File(PathBuf),
    /// A program and its arguments (no shell): its output, without the last line break, is the value.
    Command(Vec<String>),
    /// The notes of an item in Bitwarden, by `bw get notes`.
    Bitwarden(Bitwarden),
}

/// An item in Bitwarden.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bitwarden {
    /// The item's name or id.
    pub item: String,
}
