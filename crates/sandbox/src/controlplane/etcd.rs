//! etcd, one member: the cluster's memory.

use super::config::{Config, port};
use super::error::Error;
use super::pki::{Leaf, Pair, Pki, Usage};
use super::process::{Launch, Process};

/// A running etcd, and what its clients need.
#[derive(Debug)]
pub(crate) struct Etcd {
    pub(crate) process: Process,
    pub(crate) client: Pair,
}

impl Etcd {
    /// Starts etcd on its data. The API server waits for it by itself.
    pub(crate) async fn start(config: &Config, pki: &Pki) -> Result<Self, Error> {
        let address = config.address;
        let names = [address.to_string(), "localhost".to_owned()];
        let leaf = Leaf {
            common_name: "etcd-server",
            organization: None,
            names: &names,
            usage: Usage::Both,
        };
        let server = pki.etcd.issue_files("etcd-server", &leaf)?;
        let leaf = Leaf::client("etcd-client", None);
        let client = pki.etcd.issue_files("etcd-client", &leaf)?;
        let clients = format!("https://{address}:{}", port::ETCD);
        let peers = format!("http://{address}:{}", port::ETCD_PEER);
        let args = vec![
            "--name=default".to_owned(),
            format!("--data-dir={}", config.state.join("etcd").display()),
            format!("--listen-client-urls={clients}"),
            format!("--advertise-client-urls={clients}"),
            format!("--listen-peer-urls={peers}"),
            format!("--initial-advertise-peer-urls={peers}"),
            format!("--initial-cluster=default={peers}"),
            format!("--listen-metrics-urls=http://{address}:{}", port::ETCD_HEALTH),
            format!("--cert-file={}", server.cert.display()),
            format!("--key-file={}", server.key.display()),
            format!("--trusted-ca-file={}", pki.etcd.cert_file().display()),
            "--client-cert-auth".to_owned(),
            // The data need to survive the end of the process, not of the machine: the page cache does that.
            "--unsafe-no-fsync".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        let launch = Launch {
            name: "etcd".to_owned(),
            tool: "etcd",
            args,
            env: Vec::new(),
            folder: config.logs(),
        };
        Ok(Self {
            process: Process::start(&config.tools, launch).await?,
            client,
        })
    }
}
