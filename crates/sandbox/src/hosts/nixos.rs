//! What a flake of hoist's says of one machine: the `settings.json` that its modules read, as the sandbox reads it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files;

/// One machine's settings. What is not here does not matter to a machine without real hardware.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    pub(super) host_name: String,
    pub(super) system: String,
    pub(super) ssh_port: u16,
    #[serde(default)]
    pub(super) root_keys: Vec<String>,
    #[serde(default)]
    pub(super) users: Vec<User>,
    pub(super) k3s: Option<K3s>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) name: String,
    #[serde(default)]
    pub(super) keys: Vec<String>,
    pub(super) sudo: String,
}

/// k3s on it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct K3s {
    pub(super) role: String,
    pub(super) version: String,
    pub(super) cluster_cidr: String,
    pub(super) service_cidr: String,
    #[serde(default)]
    pub(super) tls_sans: Vec<String>,
    #[serde(default)]
    pub(super) disable: Vec<String>,
    #[serde(default)]
    pub(super) flags: Vec<String>,
    pub(super) token_file: String,
    pub(super) agent_token_file: Option<String>,
    pub(super) environment_file: String,
}

impl K3s {
    /// The values of a flag, `--NAME=VALUE` each.
    pub(super) fn flag<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags
            .iter()
            .filter_map(move |flag| flag.strip_prefix("--")?.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Reads settings, complaining as an evaluation would.
pub(super) fn parse(text: &str, of: &str) -> Result<Settings, String> {
    let settings: Settings =
        serde_json::from_str(text).map_err(|error| format!("error: while evaluating {of}: {error}"))?;
    if settings.host_name.is_empty() || settings.host_name.contains('/') {
        return Err(format!(
            "error: while evaluating {of}: `{}` is not a host name",
            settings.host_name
        ));
    }
    for user in &settings.users {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if user.name.is_empty() || !user.name.chars().all(fine) {
            return Err(format!(
                "error: while evaluating {of}: `{}` is not a user name",
                user.name
            ));
        }
    }
    if let Some(k3s) = &settings.k3s
        && !["server", "agent"].contains(&k3s.role.as_str())
    {
        return Err(format!(
            "error: while evaluating {of}: k3s.role `{}` is neither server nor agent",
            k3s.role
        ));
    }
    Ok(settings)
}

/// The settings of a built system.
pub(super) fn of_system(root: &Path, system: &str) -> Result<Settings, String> {
    let path = format!("{system}/settings.json");
    match files::read(root, &path) {
        Ok(Some(text)) => parse(&text, &path),
        Ok(None) => Err(format!("error: {system} is not a system")),
        Err(error) => Err(format!("error: {path}: {error}")),
    }
}

/// What boots next: written when a system is installed or switched to.
pub(super) const BOOT_DEFAULT: &str = "/boot/sandbox-default";
