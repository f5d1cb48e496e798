//! Who is in the cluster: hosts start, stop and leave as machines do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, watch};

use super::cluster::Cluster;
use super::config::Config;
use super::error::Error;
use super::kubeconfig::{User, kubeconfig};
use super::process::Process;
use super::world::World;
use super::{files, nodes};
use crate::seams::{K3sNode, Kubernetes, SeamError};

/// How long a node that joins waits for a server. k3s tries for ever; a host's unit says why it failed instead.
const JOIN: Duration = Duration::from_secs(120);

/// The control plane behind the sandbox's hosts.
pub struct ControlPlane(Arc<Inner>);

struct Inner {
    config: Config,
    state: Mutex<State>,
    /// True while an API server answers.
    answers: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// What the first server made; it lasts until the last server is forgotten.
    identity: Option<Identity>,
    cluster: Option<Cluster>,
    /// What is outside of the cluster; it knows nothing of the cluster's ups and downs.
    world: Option<World>,
    members: BTreeMap<String, Member>,
}

struct Identity {
    maker: String,
    token: SecretString,
    agent_token: Option<SecretString>,
}

struct Member {
    node: K3sNode,
    /// False while its host is off.
    running: bool,
    /// A server's API server, while it runs.
    server: Option<Process>,
}

impl ControlPlane {
    /// A control plane that has no servers yet. Nothing runs before the first one starts.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(Inner {
            config,
            state: Mutex::default(),
            answers: watch::Sender::new(false),
        }))
    }

    /// The admin's kubeconfig for an address that works from outside of the hosts, while an API server answers.
    ///
    /// # Errors
    /// When no server runs.
    pub async fn kubeconfig(&self) -> Result<String, Error> {
        let state = self.0.state.lock().await;
        let cluster = state.cluster.as_ref();
        let cluster = cluster.ok_or_else(|| Error::Config("no server of the cluster runs".to_owned()))?;
        kubeconfig(&cluster.pki, &self.0.config.front(), &User::ADMIN)
    }

    /// Stops every server and all that runs with them, as when all machines lose power. The data stay.
    pub async fn shutdown(&self) {
        let mut state = self.0.state.lock().await;
        self.0.stop_cluster(&mut state).await;
        state.members.values_mut().for_each(|member| member.running = false);
        state.world = None;
    }

    /// Does something to its end, even when who asked for it goes away: half a start would leave the others without a
    /// cluster.
    async fn finish<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> Result<T, SeamError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        match tokio::spawn(work(Arc::clone(&self.0))).await {
            Ok(result) => Ok(result?),
            Err(error) => Err(SeamError(format!("a bug in the control plane: {error}"))),
        }
    }
}

impl Inner {
    async fn start_node(&self, node: K3sNode) -> Result<Option<String>, Error> {
        self.stop_node(&node.name).await?;
        if node.server {
            self.start_server(node).await.map(Some)
        } else {
            self.start_agent(node).await.map(|()| None)
        }
    }

    async fn start_server(&self, node: K3sNode) -> Result<String, Error> {
        // A server that was in the cluster before has its own copy of the data and needs nobody.
        let known = self
            .state
            .lock()
            .await
            .members
            .get(&node.name)
            .is_some_and(|member| member.node.server);
        if node.join.is_some() && !known {
            self.wait_for_server(&node).await?;
        }
        let mut state = self.state.lock().await;
        if let Some(identity) = &state.identity {
            identity.admit_server(&node, known)?;
        } else {
            // What a first server left that did not come up.
            self.wipe()?;
        }
        let world = match state.world.take() {
            Some(world) => world,
            None => World::start(&self.config).await?,
        };
        let mut cluster = match state.cluster.take() {
            Some(cluster) => cluster,
            None => Cluster::start(&self.config).await?,
        };
        // After the last server was down, nobody has told yet which nodes went meanwhile.
        let first = state.members.values().all(|member| member.server.is_none());
        let started = cluster.add_server(&self.config, &world, &node).await;
        state.world = Some(world);
        let written = match &started {
            Ok(_) => self.finish_server(&cluster, &node).await,
            Err(_) => Ok(String::new()),
        };
        let (process, kubeconfig) = match (started, written) {
            (Ok(process), Ok(kubeconfig)) => (process, kubeconfig),
            (Err(error), _) | (Ok(_), Err(error)) => {
                cluster.remove_server(&node);
                if first {
                    cluster.stop().await;
                } else {
                    state.cluster = Some(cluster);
                }
                return Err(error);
            }
        };
        if first {
            let down = state
                .members
                .values()
                .filter(|member| !member.running && member.node.name != node.name);
            for member in down {
                nodes::shut_down(&cluster.client, &member.node.name)
                    .await
                    .unwrap_or_else(|error| tracing::warn!(%error, node = member.node.name, "telling that it is down"));
            }
        }
        state.cluster = Some(cluster);
        state.identity.get_or_insert_with(|| Identity {
            maker: node.name.clone(),
            token: node.token.clone(),
            agent_token: node.agent_token.clone(),
        });
        let member = Member {
            node,
            running: true,
            server: Some(process),
        };
        state.members.insert(member.node.name.clone(), member);
        self.answers.send_replace(true);
        Ok(kubeconfig)
    }

    /// Registers the server's Node and writes its files where k3s does.
    async fn finish_server(&self, cluster: &Cluster, node: &K3sNode) -> Result<String, Error> {
        nodes::register(&cluster.client, node, &boot_id()).await?;
        let kubeconfig = kubeconfig(&cluster.pki, "https://127.0.0.1:6443", &User::ADMIN)?;
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(cluster.pki.server.pem().as_bytes()));
        let token = format!("K10{digest}::server:{}\n", password(node.token.expose_secret()));
        files::write(&node.root.join("etc/rancher/k3s/k3s.yaml"), &kubeconfig)?;
        files::write(&node.root.join("var/lib/rancher/k3s/server/node-token"), token)?;
        Ok(kubeconfig)
    }

    async fn start_agent(&self, node: K3sNode) -> Result<(), Error> {
        self.wait_for_server(&node).await?;
        let mut state = self.state.lock().await;
        let refuse = |why: &str| Error::Node {
            node: node.name.clone(),
            why: why.to_owned(),
        };
        let identity = state
            .identity
            .as_ref()
            .ok_or_else(|| refuse("the cluster was taken down meanwhile"))?;
        identity.admit_agent(&node)?;
        let cluster = state
            .cluster
            .as_ref()
            .ok_or_else(|| refuse("the last server went down meanwhile"))?;
        nodes::register(&cluster.client, &node, &boot_id()).await?;
        let member = Member {
            node,
            running: true,
            server: None,
        };
        state.members.insert(member.node.name.clone(), member);
        Ok(())
    }

    async fn wait_for_server(&self, node: &K3sNode) -> Result<(), Error> {
        let mut answers = self.answers.subscribe();
        let join = node.join.as_deref().unwrap_or("(no address to join)");
        let answer = tokio::time::timeout(JOIN, answers.wait_for(|answers| *answers)).await;
        answer.map(drop).map_err(|_| Error::Node {
            node: node.name.clone(),
            why: format!("no server answered at {join} within {JOIN:?}; start a server first"),
        })
    }

    async fn stop_node(&self, name: &str) -> Result<(), Error> {
        let mut state = self.state.lock().await;
        let Some(member) = state.members.get_mut(name) else {
            return Ok(());
        };
        member.running = false;
        let Some(process) = member.server.take() else {
            if !member.node.server
                && let Some(cluster) = &state.cluster
            {
                nodes::shut_down(&cluster.client, name)
                    .await
                    .map_err(Error::api(format!("stopping {name}")))?;
            }
            return Ok(());
        };
        let node = member.node.clone();
        let last = state.members.values().all(|member| member.server.is_none());
        match &state.cluster {
            Some(cluster) if !last => {
                cluster.remove_server(&node);
                process.kill().await;
                nodes::shut_down(&cluster.client, name)
                    .await
                    .map_err(Error::api(format!("stopping {name}")))
            }
            _ => {
                process.kill().await;
                self.stop_cluster(&mut state).await;
                Ok(())
            }
        }
    }

    async fn forget_node(&self, name: &str) -> Result<(), Error> {
        self.stop_node(name).await?;
        let mut state = self.state.lock().await;
        state.members.remove(name);
        if state.members.values().any(|member| member.node.server) || state.identity.is_none() {
            return Ok(());
        }
        self.stop_cluster(&mut state).await;
        // The last server took the cluster along; its agents have nothing to come back to.
        *state = State {
            world: state.world.take(),
            ..State::default()
        };
        self.wipe()
    }

    /// Removes all that is the cluster's.
    fn wipe(&self) -> Result<(), Error> {
        ["etcd", "pki", "cred", "apiserver"]
            .iter()
            .try_for_each(|folder| files::remove_folder(&self.config.state.join(folder)))
    }

    async fn stop_cluster(&self, state: &mut State) {
        self.answers.send_replace(false);
        for member in state.members.values_mut() {
            if let Some(process) = member.server.take() {
                process.kill().await;
            }
        }
        if let Some(cluster) = state.cluster.take() {
            cluster.stop().await;
        }
    }
}

#[async_trait]
impl Kubernetes for ControlPlane {
    async fn start(&self, node: K3sNode) -> Result<Option<String>, SeamError> {
        self.finish(|inner| async move { inner.start_node(node).await }).await
    }

    async fn stop(&self, name: &str) -> Result<(), SeamError> {
        let name = name.to_owned();
        self.finish(|inner| async move { inner.stop_node(&name).await }).await
    }

    async fn forget(&self, name: &str) -> Result<(), SeamError> {
        let name = name.to_owned();
        self.finish(|inner| async move { inner.forget_node(&name).await }).await
    }
}

impl Identity {
    fn admit_server(&self, node: &K3sNode, known: bool) -> Result<(), Error> {
        let refuse = |why: String| {
            Err(Error::Node {
                node: node.name.clone(),
                why,
            })
        };
        if !same(&self.token, &node.token) {
            return refuse("the token is not the cluster's; every server needs the one that made it".to_owned());
        }
        if node.join.is_none() && !known {
            let maker = &self.maker;
            return refuse(format!(
                "it would make another cluster, but {maker} made this sandbox's; let it join {maker}"
            ));
        }
        Ok(())
    }

    fn admit_agent(&self, node: &K3sNode) -> Result<(), Error> {
        let of_agents = self.agent_token.as_ref().is_some_and(|token| same(token, &node.token));
        if of_agents || same(&self.token, &node.token) {
            return Ok(());
        }
        let why = "the token is neither the cluster's nor that of its agents".to_owned();
        Err(Error::Node {
            node: node.name.clone(),
            why,
        })
    }
}

fn same(a: &SecretString, b: &SecretString) -> bool {
    password(a.expose_secret()) == password(b.expose_secret())
}

/// The secret part of a token, which may be of the long form `K10HASH::USER:PASSWORD`.
fn password(token: &str) -> &str {
    let token = token.trim();
    match token.strip_prefix("K10").and_then(|rest| rest.split_once("::")) {
        Some((_, credentials)) => credentials
            .split_once(':')
            .map_or(credentials, |(_, password)| password),
        None => token,
    }
}

fn boot_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_tokens_mean_the_same() {
        assert_eq!(password("secret\n"), "secret");
        assert_eq!(password("K10abc::server:secret"), "secret");
        assert_eq!(password("K10abc::secret"), "secret");
        assert_eq!(password("K10 is no hash"), "K10 is no hash");
    }
}
