//! The whole file, and the questions that all phases ask of it.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Cluster, Components, Hetzner, K3s, Machine, Nixos, Role, Secrets, Tls};
use crate::{Name, Url};

/// A production Kubernetes cluster on Hetzner Cloud, in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "hoist.yaml")]
pub struct Spec {
    /// The cluster as a whole.
    pub cluster: Cluster,
    /// k3s, the Kubernetes distribution on the machines.
    #[serde(default)]
    pub k3s: K3s,
    /// Who may log in once the deploy key is gone, and how hoist itself logs in.
    pub access: Access,
    /// The project in Hetzner Cloud.
    #[serde(default)]
    pub hetzner: Hetzner,
    /// The servers, by name. The first enabled one with `role: server` initialises the cluster.
    #[schemars(extend("propertyNames" = {"format": "dns-label"}))]
    pub machines: IndexMap<Name, Machine>,
    /// The operating system of all machines that hoist installs.
    #[serde(default)]
    pub nixos: Nixos,
    /// What runs in the cluster.
    #[serde(default)]
    pub components: Components,
    /// Secrets that the cluster starts with, and who may decrypt what hoist keeps.
    #[serde(default)]
    pub secrets: Secrets,
    /// Certificates from Let's Encrypt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Where to fetch from instead: each URL with the one that serves its content.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("propertyNames" = {"format": "url"}))]
    pub mirrors: IndexMap<Url, Url>,
    /// The folder of the file: what is relative in it starts there.
    #[serde(skip)]
    pub dir: PathBuf,
}

impl Spec {
    /// The machines that shall exist, in the file's order.
    pub fn machines_enabled(&self) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines
            .iter()
            .filter(|(_, machine)| machine.enabled)
            .map(|(name, machine)| (name.as_str(), machine))
    }

    /// The control planes that shall exist, in the file's order. The first one initialises the cluster.
    pub fn servers(&self) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines_enabled()
            .filter(|(_, machine)| machine.role == Some(Role::Server))
    }

    /// The workers that shall exist, in the file's order.
    pub fn agents(&self) -> impl Iterator<Item = (&str, &Machine)> {
        self.machines_enabled()
            .filter(|(_, machine)| machine.role == Some(Role::Agent))
    }

    /// The DNS name of the Kubernetes API, if it has one.
    pub fn api_name(&self) -> Option<&str> {
        self.cluster.api_server.as_ref().map(|name| name.as_str())
    }

    /// The URL that serves the content of `url`: the mirror's with the same rest, or `url` itself.
    pub fn mirrored(&self, url: &str) -> String {
        self.mirrors
            .iter()
            .filter_map(|(from, to)| {
                let from = from.as_str().trim_end_matches('/');
                let rest = url.strip_prefix(from)?;
                (rest.is_empty() || rest.starts_with('/')).then_some((from.len(), to.as_str(), rest))
            })
            .max_by_key(|(length, ..)| *length)
            .map_or_else(
                || url.to_owned(),
                |(_, to, rest)| format!("{}{rest}", to.trim_end_matches('/')),
            )
    }
}
