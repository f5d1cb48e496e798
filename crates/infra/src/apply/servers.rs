//! Servers: ordered stopped, attached, started, so that the private interface is there from the first boot on.

use std::time::{Duration, Instant};

use hoist_hcloud::{
    Class, Error, FirewallResource, PublicNetCreate, Server, ServerCreate, ServerFirewallRef, ServerStatus,
};
use hoist_model::{Outcome, StepError};

use super::Work;
use crate::desired::{ServerBody, private_address};
use crate::failure::{failed, taken};
use crate::names::{ROLE, ours};
use crate::op::ServerChange;
use crate::publish::address;

/// How long a system gets to shut down by itself.
const SHUTDOWN: Duration = Duration::from_secs(90);

impl Work<'_> {
    pub(super) async fn create_server(&self, body: &ServerBody) -> Result<Outcome, StepError> {
        let server = match self.own_server(body).await? {
            Some(server) => server,
            None => self.order(body).await?,
        };
        let server = self.settled(body, server.id).await?;
        let server = self.attach(body, server).await?;
        let server = self.power_on(body, server).await?;
        let server = self.protect(body, server).await?;
        let shown = address(&server).map_or_else(|| "no public address".to_owned(), |address| address.to_string());
        Ok(Outcome::note(format!(
            "id {}, {shown}, private {}",
            server.id, body.address
        )))
    }

    /// The server of this name, if it is ours.
    async fn own_server(&self, body: &ServerBody) -> Result<Option<Server>, StepError> {
        let name = &body.machine.name;
        let looking = format!("looking for server {name}");
        let labelled = self
            .labels
            .find(&self.desired.cluster, name)
            .await
            .map_err(|error| failed(&looking, &error))?;
        let found = match labelled {
            Some(server) => Some(server),
            None => self
                .client
                .server_named(name)
                .await
                .map_err(|error| failed(&looking, &error))?,
        };
        match found {
            Some(server) if server.status == ServerStatus::Deleting => Err(StepError::passing(format!(
                "server {name} (id {}) is still being deleted",
                server.id
            ))),
            Some(server) if ours(&server.labels, &self.desired.cluster) => Ok(Some(server)),
            Some(server) => Err(taken("server", name, server.id)),
            None => Ok(None),
        }
    }

    async fn order(&self, body: &ServerBody) -> Result<Server, StepError> {
        let machine = &body.machine;
        let what = format!("creating server {}", machine.name);
        let missing = |kind: &str| {
            StepError::passing(format!("{what}: its {kind} is not there any more"))
                .hint("run `hoist apply` again: it makes what is missing")
        };
        let group = async {
            match &body.group {
                Some(name) => self
                    .group(name)
                    .await?
                    .map(Some)
                    .ok_or_else(|| missing("placement group")),
                None => Ok(None),
            }
        };
        let (firewall, key, group) = tokio::try_join!(self.firewall(), self.deploy_key(), group)?;
        let create = ServerCreate {
            name: machine.name.clone(),
            server_type: machine.server_type.clone(),
            image: machine.image.clone(),
            location: machine.location.clone(),
            start_after_create: false,
            ssh_keys: vec![key.ok_or_else(|| missing("ssh key"))?.name],
            firewalls: vec![ServerFirewallRef {
                firewall: firewall.ok_or_else(|| missing("firewall"))?.id,
            }],
            placement_group: group,
            labels: body.first_labels.clone(),
            user_data: body.user_data.clone(),
            public_net: PublicNetCreate {
                enable_ipv4: true,
                enable_ipv6: true,
            },
        };
        self.cx.progress(&what);
        let server = self
            .cx
            .effect("create", async {
                let progress = |text: &str| self.cx.progress(text);
                let order = || self.client.create_server(&create);
                match self.client.until(&what, self.deadline(), &progress, order).await {
                    Ok(changed) => {
                        let id = changed.resource.id;
                        let waited = self
                            .client
                            .wait(&changed.actions, &what, self.deadline(), &progress)
                            .await;
                        if matches!(waited, Err(Error::Action { .. })) {
                            // What could not be made must not stand in the way of the next attempt; it holds nothing.
                            self.client.delete_server(id).await.ok();
                        }
                        waited.map_err(|error| failed(&what, &error))?;
                        Ok(Some(changed.resource))
                    }
                    Err(error) if error.class() == Class::AdoptIfOurs => Ok(None),
                    Err(error) => Err(failed(&what, &error)),
                }
            })
            .await?;
        match server {
            Some(server) => Ok(server),
            // Taken since we looked: by an attempt of ours, or by somebody else.
            None => self
                .own_server(body)
                .await?
                .ok_or_else(|| StepError::passing(format!("{what}: its name was taken and is free again"))),
        }
    }

    async fn server(&self, name: &str, id: u64) -> Result<Server, StepError> {
        let found = self
            .client
            .server(id)
            .await
            .map_err(|error| failed(&format!("looking at server {name}"), &error))?;
        found.ok_or_else(|| {
            StepError::passing(format!("server {name} (id {id}) has vanished"))
                .hint("somebody deleted it meanwhile; run `hoist apply` again")
        })
    }

    /// Looks at a server until it is as wanted, at an interval that grows, under the step's deadline.
    async fn watch(
        &self,
        name: &str,
        id: u64,
        waiting_for: &str,
        until: Instant,
        wanted: impl Fn(&Server) -> bool,
    ) -> Result<Result<Server, Server>, StepError> {
        let mut interval = self.client.poll_interval();
        loop {
            let server = self.server(name, id).await?;
            if wanted(&server) {
                return Ok(Ok(server));
            }
            if Instant::now() >= until {
                return Ok(Err(server));
            }
            let lock = if server.locked { ", locked" } else { "" };
            self.cx.progress(&format!(
                "waiting for server {name} {waiting_for} (now {}{lock})",
                server.status
            ));
            tokio::time::sleep(interval.min(until.saturating_duration_since(Instant::now()))).await;
            interval = interval.mul_f64(1.5).min(Duration::from_secs(5));
        }
    }

    async fn watch_or_fail(
        &self,
        name: &str,
        id: u64,
        waiting_for: &str,
        wanted: impl Fn(&Server) -> bool,
    ) -> Result<Server, StepError> {
        match self.watch(name, id, waiting_for, self.deadline(), wanted).await? {
            Ok(server) => Ok(server),
            Err(server) => Err(StepError::remote(format!(
                "waited for server {name} (id {id}) {waiting_for} until the deadline; it is {}{}",
                server.status,
                if server.locked { " and locked" } else { "" }
            ))
            .hint("see it in the Hetzner console; running the same command again goes on from here")),
        }
    }

    /// Waits until nothing works on it any more and it is either on or off.
    async fn settled(&self, body: &ServerBody, id: u64) -> Result<Server, StepError> {
        self.watch_or_fail(&body.machine.name, id, "to be ready for changes", |server| {
            !server.locked && matches!(server.status, ServerStatus::Running | ServerStatus::Off)
        })
        .await
    }

    async fn attach(&self, body: &ServerBody, server: Server) -> Result<Server, StepError> {
        let name = &body.machine.name;
        let network = self.network().await?.ok_or_else(|| {
            StepError::passing(format!(
                "server {name} cannot be attached: the network is not there any more"
            ))
        })?;
        if private_address(&server, network.id).is_some() {
            return Ok(server);
        }
        let ip = body.address.to_string();
        let what = format!("attaching server {name} to the network at {ip}");
        self.act("attach", &what, || {
            self.client.attach_to_network(server.id, network.id, &ip)
        })
        .await?;
        self.watch_or_fail(name, server.id, "to have its private address", |server| {
            private_address(server, network.id).is_some() && !server.locked
        })
        .await
    }

    async fn power_on(&self, body: &ServerBody, server: Server) -> Result<Server, StepError> {
        let name = &body.machine.name;
        if server.status == ServerStatus::Off {
            self.act("power-on", &format!("starting server {name}"), || {
                self.client.power_on(server.id)
            })
            .await?;
        } else if server.status == ServerStatus::Running {
            return Ok(server);
        }
        self.watch_or_fail(name, server.id, "to run", |server| {
            server.status == ServerStatus::Running
        })
        .await
    }

    async fn protect(&self, body: &ServerBody, mut server: Server) -> Result<Server, StepError> {
        if body.protect && !server.protection.delete {
            let what = format!("protecting server {} against deletion", body.machine.name);
            self.act("protect", &what, || self.client.protect_server(server.id, true))
                .await?;
            server.protection.delete = true;
        }
        Ok(server)
    }

    pub(super) async fn update_server(
        &self,
        body: &ServerBody,
        id: u64,
        changes: &[ServerChange],
    ) -> Result<Outcome, StepError> {
        let name = &body.machine.name;
        let mut server = self.server(name, id).await?;
        if !ours(&server.labels, &self.desired.cluster) {
            return Err(taken("server", &server.name, id));
        }
        for change in changes {
            server = match change {
                ServerChange::Labels => self.label(body, id).await?,
                ServerChange::Attach => {
                    let server = self.settled(body, id).await?;
                    self.attach(body, server).await?
                }
                ServerChange::Firewall => self.guard(body, id).await?,
                ServerChange::Type => self.change_type(body, id).await?,
                ServerChange::Power => {
                    let server = self.settled(body, id).await?;
                    self.power_on(body, server).await?
                }
                ServerChange::Protection => self.protect(body, server).await?,
            };
        }
        Ok(Outcome::done())
    }

    async fn label(&self, body: &ServerBody, id: u64) -> Result<Server, StepError> {
        let name = &body.machine.name;
        let what = format!("labelling server {name}");
        self.cx
            .effect("label", async {
                let edit = |labels: &mut hoist_hcloud::Labels| {
                    // A machine that has lost its role loses the label of it; all other labels stay.
                    labels.remove(ROLE);
                    labels.extend(body.labels.clone());
                };
                let written = self.labels.edit(id, edit).await;
                let server = written.map_err(|error| failed(&what, &error))?;
                server.ok_or_else(|| StepError::passing(format!("{what}: it has vanished")))
            })
            .await
    }

    async fn guard(&self, body: &ServerBody, id: u64) -> Result<Server, StepError> {
        let name = &body.machine.name;
        let firewall = self.firewall().await?.ok_or_else(|| {
            StepError::passing(format!(
                "server {name} cannot be guarded: the firewall is not there any more"
            ))
        })?;
        let to = [FirewallResource::server(id)];
        self.act(
            "apply-firewall",
            &format!("applying the firewall to server {name}"),
            || self.client.apply_firewall(firewall.id, &to),
        )
        .await?;
        self.server(name, id).await
    }

    /// Shuts down, changes the type, starts again. Found midway (off, or of the new type already), it goes on there.
    async fn change_type(&self, body: &ServerBody, id: u64) -> Result<Server, StepError> {
        let (name, wanted) = (&body.machine.name, &body.machine.server_type);
        let server = self.settled(body, id).await?;
        if server.server_type.name != *wanted {
            self.shut_down(body, &server).await?;
            let what = format!("changing server {name} from {} to {wanted}", server.server_type.name);
            // The disk stays as it is, so that the way back stays open.
            self.act("change-type", &what, || self.client.change_type(id, wanted, false))
                .await?;
        }
        let server = self.settled(body, id).await?;
        self.power_on(body, server).await
    }

    async fn shut_down(&self, body: &ServerBody, server: &Server) -> Result<(), StepError> {
        if server.status == ServerStatus::Off {
            return Ok(());
        }
        let name = &body.machine.name;
        let off = |server: &Server| server.status == ServerStatus::Off && !server.locked;
        self.act("shutdown", &format!("shutting down server {name}"), || {
            self.client.shutdown(server.id)
        })
        .await?;
        let patience = Instant::now() + SHUTDOWN.min(self.cx.remaining() / 3);
        if self
            .watch(name, server.id, "to shut down", patience, off)
            .await?
            .is_ok()
        {
            return Ok(());
        }
        self.act(
            "power-off",
            &format!("switching off server {name}, which did not shut down"),
            || self.client.power_off(server.id),
        )
        .await?;
        self.watch_or_fail(name, server.id, "to be off", off).await.map(drop)
    }

    pub(super) async fn delete_server(&self, name: &str, id: u64) -> Result<Outcome, StepError> {
        let looking = format!("looking at server {name}");
        let Some(server) = self.client.server(id).await.map_err(|error| failed(&looking, &error))? else {
            return Ok(Outcome::unchanged());
        };
        if !ours(&server.labels, &self.desired.cluster) {
            return Err(taken("server", &server.name, id));
        }
        if server.protection.delete || server.protection.rebuild {
            let what = format!("lifting the protection of server {name}");
            self.act("unprotect", &what, || self.client.protect_server(id, false))
                .await?;
        }
        let what = format!("deleting server {name}");
        if server.status != ServerStatus::Deleting {
            self.act("delete", &what, || self.client.delete_server(id)).await?;
        }
        let mut interval = self.client.poll_interval();
        loop {
            if self
                .client
                .server(id)
                .await
                .map_err(|error| failed(&looking, &error))?
                .is_none()
            {
                return Ok(Outcome::done());
            }
            if Instant::now() >= self.deadline() {
                return Err(StepError::remote(format!(
                    "waited for server {name} (id {id}) to be gone until the deadline"
                ))
                .hint("see it in the Hetzner console; running the same command again goes on from here"));
            }
            self.cx.progress(&format!("waiting for server {name} to be gone"));
            tokio::time::sleep(interval).await;
            interval = interval.mul_f64(1.5).min(Duration::from_secs(5));
        }
    }

    pub(super) async fn import_server(&self, body: &ServerBody, id: u64) -> Result<Outcome, StepError> {
        let server = self.server(&body.machine.name, id).await?;
        if server.labels.contains_key(crate::names::CLUSTER) && !ours(&server.labels, &self.desired.cluster) {
            return Err(taken("server", &server.name, id));
        }
        self.label(body, id).await?;
        Ok(Outcome::note(format!(
            "server {} (id {id}) is machine {}",
            server.name, body.machine.name
        )))
    }
}
