//! Waiting: for another boot, and for the node.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hoist_model::{ClusterAccess, Lookup, StepError};
use hoist_ssh::{Script, Session};

use super::Work;
use crate::api;
use crate::host::{HostFacts, K3s};
use crate::observe;
use crate::reach::Door;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

impl Work<'_> {
    /// Waits until the host has booted again; none when it goes on answering without having done so, for longer than
    /// `grace`.
    pub(super) async fn booted(
        &self,
        boot_before: &str,
        into: &str,
        deadline: Duration,
        grace: Duration,
    ) -> Result<Option<(Session, HostFacts)>, StepError> {
        let begun = Instant::now();
        let deadline = self.within(deadline);
        loop {
            self.cx.progress(&format!("waiting for {into}"));
            let left = deadline.saturating_sub(begun.elapsed());
            let (session, facts) = self.connect(left).await.map_err(|error| StepError {
                message: format!("{} (while it booted {into})", error.message),
                ..error
            })?;
            if facts.boot_id != boot_before {
                return Ok(Some((session, facts)));
            }
            if begun.elapsed() + PAUSE >= grace.min(deadline) {
                return Ok(None);
            }
            drop(session);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until k3s runs and the API knows the Node. Nothing to wait for on a machine without a role.
    pub(super) async fn await_node(&self) -> Result<(), StepError> {
        if self.node.role.is_none() {
            return Ok(());
        }
        let begun = Instant::now();
        let deadline = self.within(self.options.deadlines.node);
        let mut access = match &self.facts.cluster {
            Lookup::Present(access) => Some(access.clone()),
            _ => None,
        };
        let (session, facts) = self.connect(deadline).await?;
        let mut k3s = facts.k3s;
        loop {
            let waiting_for;
            match k3s {
                K3s::Active => {
                    let asked = self.registered(&session, &mut access).await;
                    match asked {
                        Ok(nodes) if nodes.contains(self.machine) => return Ok(()),
                        Ok(_) => waiting_for = "its Node to be registered".to_owned(),
                        Err(why) => waiting_for = format!("the API ({why})"),
                    }
                }
                K3s::Failed => return Err(self.k3s_failed(&session).await),
                K3s::Activating => waiting_for = "k3s to start".to_owned(),
                K3s::Absent => waiting_for = "k3s, which does not run".to_owned(),
            }
            self.cx.progress(&format!("waiting for {waiting_for}"));
            if begun.elapsed() + PAUSE >= deadline {
                let journal = self.k3s_journal(&session).await;
                let last = format!("waiting for {waiting_for}; its journal ends with\n  {journal}\n");
                return Err(self.timed_out("k3s and its Node", deadline, &last).hint(format!(
                    "`hoist ssh {} -- journalctl -u k3s` shows what it does",
                    self.machine
                )));
            }
            tokio::time::sleep(PAUSE).await;
            let facts = HostFacts::read(&session).await.map_err(|error| self.ssh(error))?;
            k3s = facts.k3s;
        }
    }

    /// The registered Nodes, by the kubeconfig of this server, or of another one for a worker.
    async fn registered(
        &self,
        session: &Session,
        access: &mut Option<ClusterAccess>,
    ) -> Result<BTreeSet<String>, String> {
        if access.is_none() {
            *access = Some(if self.node.is_server() {
                observe::fetch(session, self.server, &self.desired.cluster).await?
            } else {
                self.of_a_server().await?
            });
        }
        let kubeconfig = &access.as_ref().expect("it was just set").kubeconfig;
        let nodes = api::nodes(kubeconfig).await;
        if nodes.is_err() {
            // It may be of a cluster that was replaced meanwhile.
            *access = None;
        }
        nodes
    }

    async fn of_a_server(&self) -> Result<ClusterAccess, String> {
        let mut why = "no control plane is known".to_owned();
        for node in self.desired.nodes.iter().filter(|node| node.is_server()) {
            let Some(server) = self.facts.server(&node.name) else {
                continue;
            };
            let pins = self
                .options
                .pins
                .read(&node.name)
                .await
                .map_err(|error| error.to_string())?;
            let fetched = async {
                let door = Door::new(server, &pins, self.desired.port, &self.desired.identities)?;
                let session = door
                    .knock(self.options.deadlines.look)
                    .await
                    .map_err(|error| error.to_string())?;
                observe::fetch(&session, server, &self.desired.cluster).await
            };
            match fetched.await {
                Ok(access) => return Ok(access),
                Err(error) => why = format!("{}: {error}", node.name),
            }
        }
        Err(why)
    }

    async fn k3s_failed(&self, session: &Session) -> StepError {
        let journal = self.k3s_journal(session).await;
        self.fail(format!("k3s failed\n  {journal}")).hint(format!(
            "`hoist ssh {} -- journalctl -u k3s` shows the rest",
            self.machine
        ))
    }

    async fn k3s_journal(&self, session: &Session) -> String {
        let script = Script::new("reading k3s's journal", "journalctl -u k3s -n 20 -o cat --no-pager");
        match session.exec(script).await {
            Ok(output) => output.text().trim_end().replace('\n', "\n  "),
            Err(error) => format!("(its journal could not be read: {error})"),
        }
    }
}
