//! `cluster` and `k3s`: what the cluster is called and how its control plane is set up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::on;
use crate::{Cidr, DomainName, K3sVersion, Name};

/// The cluster as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The cluster's name: it marks everything that belongs to it, so it stays for the cluster's life.
    pub name: Name,
    /// The domain that nodes and the API get their names under.
    pub domain: DomainName,
    /// The DNS name of the Kubernetes API. Without it, the first control plane's address serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_server: Option<DomainName>,
    /// The network of pods.
    #[serde(default = "pod_cidr")]
    pub pod_cidr: Cidr,
    /// The network of Services. Its 10th address is the cluster's DNS.
    #[serde(default = "service_cidr")]
    pub service_cidr: Cidr,
}

fn pod_cidr() -> Cidr {
    "10.42.0.0/16".parse().expect("a constant network")
}

fn service_cidr() -> Cidr {
    "10.43.0.0/16".parse().expect("a constant network")
}

/// k3s, the Kubernetes distribution on the machines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct K3s {
    /// The version, as k3s tags it.
    #[serde(default = "k3s_version")]
    pub version: K3sVersion,
    /// Whether Secrets are encrypted in etcd, from the first start.
    #[serde(default = "on")]
    pub secrets_encryption: bool,
    /// The mode of the admin kubeconfig on the servers: `"0600"` (root only) or `"0644"`.
    #[serde(default)]
    pub kubeconfig_mode: KubeconfigMode,
    /// Further names and addresses that the API's certificate shall hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tls_sans: Vec<DomainName>,
}

impl Default for K3s {
    fn default() -> Self {
        Self {
            version: k3s_version(),
            secrets_encryption: true,
            kubeconfig_mode: KubeconfigMode::default(),
            tls_sans: Vec::new(),
        }
    }
}

fn k3s_version() -> K3sVersion {
    "v1.36.3+k3s1".parse().expect("a constant version")
}

/// Who may read the admin kubeconfig on the servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum KubeconfigMode {
    /// Root.
    #[default]
    #[serde(rename = "0600")]
    Owner,
    /// Everyone with a login.
    #[serde(rename = "0644")]
    World,
}

impl KubeconfigMode {
    /// The mode as four octal digits.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "0600",
            Self::World => "0644",
        }
    }
}
