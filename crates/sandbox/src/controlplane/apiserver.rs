//! One kube-apiserver: what a k3s server has on port 6443.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;

use super::config::{Config, port};
use super::error::Error;
use super::files;
use super::pki::{Leaf, Pair, Pki, Usage};
use super::process::{Launch, Process, wait_until};
use super::{kubeconfig, ranges};
use crate::seams::K3sNode;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const READY: Duration = Duration::from_secs(90);

/// The API server's port on its host.
pub(crate) const PORT: u16 = 6443;

/// Starts the API server of a node; its process is returned when it says that it is ready.
pub(crate) async fn start(
    config: &Config,
    pki: &Pki,
    etcd: (&Process, &Pair),
    node: &K3sNode,
) -> Result<Process, Error> {
    let (etcd, etcd_client) = etcd;
    let folder = config.state.join("apiserver").join(&node.name);
    files::folder(&folder)?;
    let args = arguments(config, pki, etcd_client, node)?;
    let name = format!("kube-apiserver-{}", node.name);
    let launch = Launch {
        name,
        tool: "kube-apiserver",
        args,
        env: Vec::new(),
        folder: config.logs(),
    };
    let process = Process::start(&config.tools, launch).await?;
    let server = format!("https://{}", std::net::SocketAddr::new(node.address, PORT));
    let client = kubeconfig::admin_client(pki, &server).await?;
    let what = format!("the API server at {server}");
    wait_until(&what, READY, &[&process, etcd], || async {
        let request = http::Request::get("/readyz")
            .body(Vec::new())
            .map_err(|error| error.to_string())?;
        client
            .request_text(request)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    })
    .await?;
    Ok(process)
}

fn arguments(config: &Config, pki: &Pki, etcd: &Pair, node: &K3sNode) -> Result<Vec<String>, Error> {
    let serving = pki.server.issue_files(
        &format!("serving-kube-apiserver-{}", node.name),
        &Leaf {
            common_name: "k3s",
            organization: Some("k3s"),
            names: &names(config, node)?,
            usage: Usage::Server,
        },
    )?;
    let client = |file: &str, name: &str, group: Option<&str>, authority: &super::pki::Authority| {
        authority.issue_files(file, &Leaf::client(name, group))
    };
    let proxy = client("client-auth-proxy", "system:auth-proxy", None, &pki.front_proxy)?;
    let kubelet = client(
        "client-kube-apiserver",
        "system:apiserver",
        Some("system:masters"),
        &pki.client,
    )?;
    let etcd_url = format!("https://{}:{}", config.address, port::ETCD);
    let flags: Vec<(&str, String)> = vec![
        ("advertise-address", advertised(node).to_string()),
        ("allow-privileged", "true".into()),
        ("anonymous-auth", "false".into()),
        ("api-audiences", format!("{ISSUER},k3s")),
        ("authorization-mode", "Node,RBAC".into()),
        ("bind-address", node.address.to_string()),
        ("client-ca-file", path(pki.client.cert_file())),
        ("egress-selector-config-file", path(&egress_config(config)?)),
        ("enable-admission-plugins", "NodeRestriction".into()),
        ("encryption-provider-config", path(&pki.encryption)),
        ("etcd-cafile", path(pki.etcd.cert_file())),
        ("etcd-certfile", path(&etcd.cert)),
        ("etcd-keyfile", path(&etcd.key)),
        ("etcd-servers", etcd_url),
        ("kubelet-client-certificate", path(&kubelet.cert)),
        ("kubelet-client-key", path(&kubelet.key)),
        (
            "kubelet-preferred-address-types",
            "InternalIP,ExternalIP,Hostname".into(),
        ),
        ("profiling", "false".into()),
        ("proxy-client-cert-file", path(&proxy.cert)),
        ("proxy-client-key-file", path(&proxy.key)),
        ("requestheader-allowed-names", "system:auth-proxy".into()),
        ("requestheader-client-ca-file", path(pki.front_proxy.cert_file())),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-".into()),
        ("requestheader-group-headers", "X-Remote-Group".into()),
        ("requestheader-username-headers", "X-Remote-User".into()),
        ("secure-port", PORT.to_string()),
        ("service-account-issuer", ISSUER.into()),
        ("service-account-key-file", path(&pki.service_account.1)),
        ("service-account-signing-key-file", path(&pki.service_account.0)),
        ("service-cluster-ip-range", node.service_cidr.clone()),
        ("shutdown-delay-duration", "0s".into()),
        ("tls-cert-file", path(&serving.cert)),
        ("tls-private-key-file", path(&serving.key)),
    ];
    Ok(flags
        .into_iter()
        .map(|(flag, value)| format!("--{flag}={value}"))
        .collect())
}

/// The names in the serving certificate: those of k3s, the host's, and what `--tls-san` adds.
fn names(config: &Config, node: &K3sNode) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        "localhost",
        "127.0.0.1",
        "::1",
    ]
    .map(str::to_owned)
    .into();
    names.push(node.name.clone());
    names.push(node.address.to_string());
    names.extend(node.internal_address.map(|address| address.to_string()));
    names.push(ranges::first_address(&node.service_cidr)?.to_string());
    names.push(config.address.to_string());
    names.extend(node.tls_sans.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// The address of the Service `kubernetes`' endpoint. Loopback is refused there, so a host without a private address
/// gets one that stands for it, which the egress proxy knows.
pub(crate) fn advertised(node: &K3sNode) -> IpAddr {
    match node.internal_address {
        Some(address) if !address.is_loopback() => address,
        _ => ranges::stand_in(node.address),
    }
}

/// Everything that the API server dials by itself inside the cluster goes through the egress proxy.
fn egress_config(config: &Config) -> Result<std::path::PathBuf, Error> {
    let file = config.state.join("egress-selector.json");
    let connection = |socket| json!({ "proxyProtocol": "HTTPConnect", "transport": { "uds": { "udsName": socket } } });
    let content = json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{ "name": "cluster", "connection": connection(config.egress()) }],
    });
    files::write(&file, content.to_string())?;
    Ok(file)
}

fn path(path: &std::path::Path) -> String {
    path.display().to_string()
}
