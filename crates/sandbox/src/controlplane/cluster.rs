//! What runs once for all servers of a cluster, for as long as one of them runs.

use std::net::SocketAddr;

use tokio::task::JoinSet;

use super::config::{Config, port};
use super::controllers;
use super::egress::Egress;
use super::error::Error;
use super::etcd::Etcd;
use super::front::{self, Backends};
use super::pki::Pki;
use super::process::Process;
use super::programs::{self, Surroundings};
use super::stand_ins::StandIns;
use super::world::World;
use super::{apiserver, cilium, keeper, kubeconfig, kwok, metrics, readiness, sops};
use crate::seams::K3sNode;

/// A running cluster without its API servers.
pub(crate) struct Cluster {
    pub(crate) pki: Pki,
    /// The admin's client, through the front.
    pub(crate) client: kube::Client,
    etcd: Etcd,
    backends: Backends,
    stand_ins: StandIns,
    /// Whether the controllers work.
    controlled: bool,
    /// Dropping them ends them.
    tasks: Vec<JoinSet<()>>,
}

impl Cluster {
    /// Starts etcd and the proxies: all that an API server needs.
    pub(crate) async fn start(config: &Config) -> Result<Self, Error> {
        let pki = Pki::open(&config.pki())?;
        super::files::folder(&config.logs())?;
        let etcd = Etcd::start(config, &pki).await?;
        let client = kubeconfig::admin_client(&pki, &config.front()).await?;
        let backends = Backends::default();
        let at = |port| SocketAddr::from((config.address, port));
        let stand_ins = StandIns::with([(metrics::IMAGE, at(port::METRICS))]);
        let egress = Egress {
            client: client.clone(),
            backends: backends.clone(),
            stand_ins: stand_ins.clone(),
            kubelet: at(port::KUBELET),
        };
        let tasks = vec![
            front::start(at(port::FRONT), backends.clone()).await?,
            egress.start(&config.egress())?,
            metrics::start(at(port::METRICS), &pki.server, client.clone()).await?,
        ];
        Ok(Self {
            pki,
            client,
            etcd,
            backends,
            stand_ins,
            controlled: false,
            tasks,
        })
    }

    /// Starts a server's API server; with the first one, the controllers begin to work.
    pub(crate) async fn add_server(
        &mut self,
        config: &Config,
        world: &World,
        node: &K3sNode,
    ) -> Result<Process, Error> {
        let etcd = (&self.etcd.process, &self.etcd.client);
        let server = apiserver::start(config, &self.pki, etcd, node).await?;
        self.backends.add(SocketAddr::new(node.address, apiserver::PORT));
        if !self.controlled {
            let [manager, scheduler] =
                controllers::launches(config, &self.pki, &node.cluster_cidr, &node.service_cidr)?;
            let launches = [manager, scheduler, kwok::launch(config, &self.pki)?];
            self.tasks.push(keeper::keep(&config.tools, launches).await?);
            self.controlled = true;
            let mut watching = JoinSet::new();
            watching.spawn(readiness::run(self.client.clone(), config.wait_for_cni));
            watching.spawn(cilium::run(self.client.clone()));
            watching.spawn(sops::run(self.client.clone(), config.tools.clone()));
            watching.spawn(programs::run(Surroundings {
                config: config.clone(),
                client: self.client.clone(),
                stand_ins: self.stand_ins.clone(),
                authority: self.pki.server.pem().to_owned(),
                world: world.environment.clone(),
                dns: config.dns,
            }));
            self.tasks.push(watching);
        }
        Ok(server)
    }

    /// A server's API server is no more.
    pub(crate) fn remove_server(&self, node: &K3sNode) {
        self.backends.remove(SocketAddr::new(node.address, apiserver::PORT));
    }

    /// Stops everything; the data stay.
    pub(crate) async fn stop(self) {
        // The plug is pulled, as at a machine's end. Only etcd may finish what it writes.
        for mut tasks in self.tasks {
            tasks.shutdown().await;
        }
        self.etcd.process.stop().await;
    }
}
