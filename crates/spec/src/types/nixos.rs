//! `nixos`: the operating system of all machines that hoist installs.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NixosRelease;

/// The operating system of all machines that hoist installs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nixos {
    /// The flake reference of nixpkgs; the lock pins it.
    #[serde(default = "nixpkgs")]
    pub nixpkgs: String,
    /// The release whose defaults for stored data new machines take. Do not change it for machines that exist.
    #[serde(default = "state_version")]
    pub state_version: NixosRelease,
    /// Whether packages with an unfree licence may be used.
    #[serde(default)]
    pub allow_unfree: bool,
    /// A flake of yours, whose inputs your modules may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flake: Option<String>,
    /// NixOS modules of yours for every machine, relative to hoist.yaml.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<PathBuf>,
}

impl Default for Nixos {
    fn default() -> Self {
        Self {
            nixpkgs: nixpkgs(),
            state_version: state_version(),
            allow_unfree: false,
            flake: None,
            modules: Vec::new(),
        }
    }
}

fn nixpkgs() -> String {
    "github:NixOS/nixpkgs/nixos-26.05".into()
}

fn state_version() -> NixosRelease {
    "26.05".parse().expect("a constant release")
}
