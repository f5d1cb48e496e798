//! `components`: what runs in the cluster: ours from the catalog, and the person's own.
//!
//! A component is on when its name is listed and `enabled` is not false.

use std::path::PathBuf;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::on;
use crate::{DomainName, Name, Url};

/// What runs in the cluster. Each name that is listed is on, unless it says `enabled: false`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("propertyNames" = {"format": "dns-label"}))]
pub struct Components {
    /// The network between pods, in place of flannel and kube-proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cilium: Option<Cilium>,
    /// The cluster's DNS, in place of k3s's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coredns: Option<Coredns>,
    /// Certificates, with the issuers of `tls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_manager: Option<CertManager>,
    /// Decrypts SopsSecrets in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sops_secrets_operator: Option<Builtin>,
    /// Volumes on the machines' own disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_path_provisioner: Option<LocalPath>,
    /// DNS records of Services and Ingresses, at Cloudflare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_dns: Option<ExternalDns>,
    /// Resource usage, for `kubectl top` and autoscaling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_server: Option<MetricsServer>,
    /// Components of yours, each with `chart` or `dir`.
    #[serde(flatten)]
    pub own: IndexMap<Name, UserComponent>,
}

/// A component of the catalog that has nothing to set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Builtin {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// Cilium.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cilium {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The chart's version, in place of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The chart's own values, merged over ours.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// CoreDNS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Coredns {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// How many run. Without it, two where there are two machines to run on, else one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub replicas: Option<u16>,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// cert-manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertManager {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Whether the ClusterIssuers letsencrypt-staging and letsencrypt-prod are made, from `tls`.
    #[serde(default = "on")]
    pub issuers: bool,
    /// The chart's version, in place of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The chart's own values, merged over ours.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// local-path-provisioner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalPath {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The folder on each machine that volumes are made in.
    #[serde(default = "local_path")]
    pub path: PathBuf,
    /// Whether its StorageClass serves claims that name none.
    #[serde(default = "on")]
    pub default_class: bool,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

fn local_path() -> PathBuf {
    "/var/lib/local-path-provisioner".into()
}

/// external-dns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalDns {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// What it may do to records: `upsert-only` (never delete; the default), `create-only`, or `sync`, which deletes
    /// what it owns and nothing asks for any more.
    #[serde(default)]
    pub policy: ExternalDnsPolicy,
    /// The zones it may touch. Without it, the cluster's domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domain_filters: Vec<DomainName>,
    /// The chart's version, in place of the catalog's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The chart's own values, merged over ours.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// What external-dns may do to records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalDnsPolicy {
    /// Create and update, never delete.
    #[default]
    UpsertOnly,
    /// Create only.
    CreateOnly,
    /// Create, update and delete what it owns.
    Sync,
}

impl ExternalDnsPolicy {
    /// The name that external-dns gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UpsertOnly => "upsert-only",
            Self::CreateOnly => "create-only",
            Self::Sync => "sync",
        }
    }
}

/// metrics-server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricsServer {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// Whether the kubelets' serving certificates are taken unchecked: k3s signs them with a CA of its own.
    #[serde(default = "on")]
    pub kubelet_insecure_tls: bool,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
}

/// A component of yours: a chart, or a folder of manifests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserComponent {
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
    /// A Helm chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<ChartSource>,
    /// A folder of manifests, relative to hoist.yaml.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// The namespace of objects that name none; made where it does not exist.
    #[serde(default = "default_namespace")]
    pub namespace: Name,
    /// Components that must be ready before this one is applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Name>,
    /// Tags to choose it by, beside its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
    /// The chart's values.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
}

fn default_namespace() -> Name {
    "default".parse().expect("a constant name")
}

/// A Helm chart in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChartSource {
    /// The repository's URL.
    pub repo: Url,
    /// The chart's name.
    pub name: String,
    /// The chart's version, or a constraint such as ^2.1: hoist.lock then says which one it is.
    pub version: String,
}
