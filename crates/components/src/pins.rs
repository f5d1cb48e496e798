//! Every version that the catalog pins, in one table.

/// A chart of the catalog.
pub(crate) struct ChartPin {
    pub(crate) repo: &'static str,
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

pub(crate) const CILIUM: ChartPin = ChartPin {
    repo: "https://helm.cilium.io",
    name: "cilium",
    version: "1.20.0",
};

pub(crate) const CERT_MANAGER: ChartPin = ChartPin {
    repo: "https://charts.jetstack.io",
    name: "cert-manager",
    version: "v1.21.1",
};

pub(crate) const EXTERNAL_DNS: ChartPin = ChartPin {
    repo: "https://kubernetes-sigs.github.io/external-dns",
    name: "external-dns",
    version: "1.21.1",
};

pub(crate) const COREDNS_IMAGE: &str = "registry.k8s.io/coredns/coredns:v1.12.1";
pub(crate) const LOCAL_PATH_IMAGE: &str = "docker.io/rancher/local-path-provisioner:v0.0.32";
pub(crate) const LOCAL_PATH_HELPER_IMAGE: &str = "docker.io/library/busybox:1.37.0";
pub(crate) const METRICS_SERVER_IMAGE: &str = "registry.k8s.io/metrics-server/metrics-server:v0.8.0";
pub(crate) const SOPS_SECRETS_OPERATOR_IMAGE: &str = "docker.io/isindir/sops-secrets-operator:0.21.1";
