//! kube-controller-manager and kube-scheduler: one of each, whichever API server runs.

use super::config::Config;
use super::error::Error;
use super::files;
use super::kubeconfig::{User, kubeconfig};
use super::pki::Pki;
use super::process::Launch;

/// How both are started.
pub(crate) fn launches(
    config: &Config,
    pki: &Pki,
    cluster_cidr: &str,
    service_cidr: &str,
) -> Result<[Launch; 2], Error> {
    let manager = credentials(config, pki, "controller", "system:kube-controller-manager")?;
    let scheduler = credentials(config, pki, "scheduler", "system:kube-scheduler")?;
    let file = |path: &std::path::Path| path.display().to_string();
    let authority = pki.client.pair();
    let manager = vec![
        format!("--kubeconfig={manager}"),
        "--allocate-node-cidrs=true".to_owned(),
        format!("--cluster-cidr={cluster_cidr}"),
        format!("--service-cluster-ip-range={service_cidr}"),
        format!("--cluster-signing-cert-file={}", file(&authority.cert)),
        format!("--cluster-signing-key-file={}", file(&authority.key)),
        format!("--root-ca-file={}", file(pki.server.cert_file())),
        format!("--service-account-private-key-file={}", file(&pki.service_account.0)),
        "--use-service-account-credentials=true".to_owned(),
        "--leader-elect=false".to_owned(),
        "--profiling=false".to_owned(),
        // The defaults spare a big cluster's API server; here they would only be waited for.
        "--kube-api-qps=200".to_owned(),
        "--kube-api-burst=400".to_owned(),
        // Nobody asks for its health: it needs no port.
        "--secure-port=0".to_owned(),
    ];
    let scheduler = vec![
        format!("--kubeconfig={scheduler}"),
        "--leader-elect=false".to_owned(),
        "--profiling=false".to_owned(),
        "--kube-api-qps=200".to_owned(),
        "--kube-api-burst=400".to_owned(),
        "--secure-port=0".to_owned(),
    ];
    let launch = |tool: &'static str, args| Launch {
        name: tool.to_owned(),
        tool,
        args,
        env: Vec::new(),
        folder: config.logs(),
    };
    Ok([
        launch("kube-controller-manager", manager),
        launch("kube-scheduler", scheduler),
    ])
}

/// Writes a kubeconfig for one of the control plane's own programs; returns its path.
pub(crate) fn credentials(config: &Config, pki: &Pki, file: &str, name: &str) -> Result<String, Error> {
    let path = config.state.join("cred").join(format!("{file}.kubeconfig"));
    let group = (name == "system:admin").then_some("system:masters");
    files::write(&path, kubeconfig(pki, &config.front(), &User { name, group })?)?;
    Ok(path.display().to_string())
}
