//! Carries out one operation. Each looks first at what is there, so that repeating one, after any crash, is safe.

mod dns;
mod servers;
mod shared;

use std::time::{Duration, Instant};

use hoist_hcloud::{Action, Client, Error};
use hoist_model::{Outcome, StepCx, StepError};

use crate::desired::{Desired, ServerBody};
use crate::failure::failed;
use crate::labels::LabelWriter;
use crate::op::Op;

/// How often a step is looked at for what it waits for.
const TICK: Duration = Duration::from_secs(1);

/// One operation at work.
pub(crate) struct Work<'a> {
    pub(crate) client: &'a Client,
    pub(crate) dns: Option<&'a hoist_cloudflare::Client>,
    pub(crate) labels: &'a LabelWriter,
    pub(crate) desired: &'a Desired,
    pub(crate) cx: &'a StepCx,
}

impl Work<'_> {
    pub(crate) async fn perform(&self, op: &Op) -> Result<Outcome, StepError> {
        let work = self.carry_out(op);
        tokio::pin!(work);
        loop {
            match tokio::time::timeout(TICK, &mut work).await {
                Ok(done) => return done,
                // The client waits for the rate limit inside its calls: the person is to know.
                Err(_) if self.client.rate_limit().remaining < 1.0 => {
                    self.cx.progress("waiting for the rate limit of the Hetzner project");
                }
                Err(_) => {}
            }
        }
    }

    async fn carry_out(&self, op: &Op) -> Result<Outcome, StepError> {
        match op {
            Op::PutDeployKey { leftovers } => self.put_deploy_key(leftovers).await,
            Op::DeleteSshKey { id } => self.delete("ssh key", || self.client.delete_ssh_key(*id)).await,
            Op::PutNetwork => self.put_network().await,
            Op::DeleteNetwork { id } => self.delete("network", || self.client.delete_network(*id)).await,
            Op::PutFirewall => self.put_firewall().await,
            Op::DeleteFirewall { id } => self.delete("firewall", || self.client.delete_firewall(*id)).await,
            Op::CreatePlacementGroup { name } => self.create_group(name).await,
            Op::DeletePlacementGroup { id } => {
                self.delete("placement group", || self.client.delete_placement_group(*id))
                    .await
            }
            Op::CreateServer { name } => self.create_server(self.body(name)?).await,
            Op::UpdateServer { name, id, changes } => self.update_server(self.body(name)?, *id, changes).await,
            Op::ReplaceServer { name, id } => {
                let body = self.body(name)?;
                self.delete_server(name, *id).await?;
                self.create_server(body).await
            }
            Op::DeleteServer { name, id } => self.delete_server(name, *id).await,
            Op::PutDnsRecord { name } => self.put_dns_record(name).await,
            Op::DeleteDnsRecord { name, zone } => self.delete_dns_record(name, zone).await,
            Op::ImportServer { name, id } => self.import_server(self.body(name)?, *id).await,
        }
    }

    fn body(&self, name: &str) -> Result<&ServerBody, StepError> {
        self.desired
            .servers
            .get(name)
            .ok_or_else(|| StepError::internal(format!("server {name} is in the plan and not in what is desired")))
    }

    fn deadline(&self) -> Instant {
        self.cx.deadline()
    }

    /// Waits for actions, telling how they stand.
    async fn wait(&self, actions: &[Action], what: &str) -> Result<(), StepError> {
        let progress = |text: &str| self.cx.progress(&format!("waiting for {text}"));
        self.client
            .wait(actions, what, self.deadline(), &progress)
            .await
            .map_err(|error| failed(what, &error))
    }

    /// Starts something, waiting while something else holds the resource, and waits until it is done.
    async fn act<F>(&self, effect: &str, what: &str, call: impl FnMut() -> F + Send) -> Result<(), StepError>
    where
        F: Future<Output = Result<Vec<Action>, Error>> + Send,
    {
        let progress = |text: &str| self.cx.progress(text);
        self.cx.progress(what);
        self.cx
            .effect(effect, async {
                let actions = self
                    .client
                    .until(what, self.deadline(), &progress, call)
                    .await
                    .map_err(|error| failed(what, &error))?;
                self.wait(&actions, what).await
            })
            .await
    }

    /// Deletes something without an action, waiting while servers that are on their way out still use it.
    async fn delete<F>(&self, kind: &str, call: impl FnMut() -> F + Send) -> Result<Outcome, StepError>
    where
        F: Future<Output = Result<(), Error>> + Send,
    {
        let what = format!("deleting {kind} {}", self.cx.key().name());
        let progress = |text: &str| self.cx.progress(text);
        self.cx.progress(&what);
        self.cx
            .effect("delete", async {
                self.client
                    .until(&what, self.deadline(), &progress, call)
                    .await
                    .map_err(|error| failed(&what, &error))
            })
            .await?;
        Ok(Outcome::done())
    }
}
