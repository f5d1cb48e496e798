//! Network, firewall, placement group and deploy key.

use hoist_hcloud::{
    Class, Error, Firewall, FirewallCreate, ListOptions, Network, NetworkCreate, PlacementGroupCreate,
    PlacementGroupKind, SshKey, SshKeyCreate, Subnet, SubnetKind,
};
use hoist_model::{Outcome, StepError};

use super::Work;
use crate::desired::normal;
use crate::failure::{failed, taken};
use crate::names::{self, ours};
use crate::plan::material;

impl Work<'_> {
    pub(super) async fn put_deploy_key(&self, leftovers: &[u64]) -> Result<Outcome, StepError> {
        let what = format!("adding ssh key {}", self.desired.deploy_key.name);
        for id in leftovers {
            self.cx
                .effect("delete-leftover", async {
                    let deleted = self.client.delete_ssh_key(*id).await;
                    deleted.map_err(|error| failed("deleting the deploy key of an earlier run", &error))
                })
                .await?;
        }
        if self.deploy_key().await?.is_some() {
            return Ok(Outcome::unchanged());
        }
        let body = &self.desired.deploy_key;
        let create = SshKeyCreate {
            name: body.name.clone(),
            public_key: body.public.clone(),
            labels: names::labels(&self.desired.cluster, &body.name),
        };
        self.cx
            .effect("create", async {
                self.created(&what, self.client.create_ssh_key(&create).await.map(drop))
            })
            .await?;
        // Taken meanwhile: it serves if it is this key, whoever has added it.
        match self.deploy_key().await? {
            Some(_) => Ok(Outcome::done()),
            None => {
                let holder = self
                    .client
                    .ssh_key_named(&body.name)
                    .await
                    .map_err(|error| failed(&what, &error))?;
                Err(match holder {
                    Some(key) if ours(&key.labels, &self.desired.cluster) => {
                        StepError::passing(format!("{what}: another run has just added its own"))
                    }
                    Some(key) => taken("ssh key", &key.name, key.id),
                    None => StepError::passing(format!("{what}: it was removed again")),
                })
            }
        }
    }

    /// The key in the project that is our deploy key, under whatever name: fingerprints are unique in a project.
    pub(super) async fn deploy_key(&self) -> Result<Option<SshKey>, StepError> {
        let keys = self.client.ssh_keys(&ListOptions::default()).await;
        let keys = keys.map_err(|error| failed("looking for the deploy key", &error))?;
        let wanted = material(&self.desired.deploy_key.public);
        Ok(keys
            .into_iter()
            .find(|key| wanted.is_some() && material(&key.public_key) == wanted))
    }

    /// A create whose name is taken is not a failure yet: the caller looks whose it is.
    fn created(&self, what: &str, result: Result<(), Error>) -> Result<(), StepError> {
        match result {
            Err(error) if error.class() != Class::AdoptIfOurs => Err(failed(what, &error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn network(&self) -> Result<Option<Network>, StepError> {
        let name = &self.desired.network.name;
        let found = self.client.network_named(name).await;
        match found.map_err(|error| failed(&format!("looking for network {name}"), &error))? {
            Some(network) if ours(&network.labels, &self.desired.cluster) => Ok(Some(network)),
            Some(network) => Err(taken("network", name, network.id)),
            None => Ok(None),
        }
    }

    pub(super) async fn put_network(&self) -> Result<Outcome, StepError> {
        let body = &self.desired.network;
        let what = format!("making network {}", body.name);
        let labels = names::labels(&self.desired.cluster, &body.name);
        let subnet = Subnet {
            kind: SubnetKind::Cloud,
            ip_range: Some(body.cidr.to_string()),
            network_zone: body.zone.clone(),
            gateway: None,
        };
        let mut unchanged = true;
        let network = match self.network().await? {
            Some(network) => network,
            None => {
                unchanged = false;
                let create = NetworkCreate {
                    name: body.name.clone(),
                    ip_range: body.cidr.to_string(),
                    subnets: vec![subnet.clone()],
                    labels: labels.clone(),
                };
                self.cx
                    .effect("create", async {
                        self.created(&what, self.client.create_network(&create).await.map(drop))
                    })
                    .await?;
                self.network()
                    .await?
                    .ok_or_else(|| StepError::passing(format!("{what}: it was removed again")))?
            }
        };
        if network.subnets.is_empty() {
            unchanged = false;
            self.act("add-subnet", &what, || self.client.add_subnet(network.id, &subnet))
                .await?;
        }
        if labels
            .iter()
            .any(|(label, value)| network.labels.get(label) != Some(value))
        {
            unchanged = false;
            let mut all = network.labels.clone();
            all.extend(labels);
            self.cx
                .effect("label", async {
                    let written = self.client.label_network(network.id, &all).await;
                    written.map(drop).map_err(|error| failed(&what, &error))
                })
                .await?;
        }
        Ok(if unchanged {
            Outcome::unchanged()
        } else {
            Outcome::note(format!("id {}", network.id))
        })
    }

    pub(super) async fn firewall(&self) -> Result<Option<Firewall>, StepError> {
        let name = &self.desired.firewall.name;
        let found = self.client.firewall_named(name).await;
        match found.map_err(|error| failed(&format!("looking for firewall {name}"), &error))? {
            Some(firewall) if ours(&firewall.labels, &self.desired.cluster) => Ok(Some(firewall)),
            Some(firewall) => Err(taken("firewall", name, firewall.id)),
            None => Ok(None),
        }
    }

    pub(super) async fn put_firewall(&self) -> Result<Outcome, StepError> {
        let body = &self.desired.firewall;
        let what = format!("making firewall {}", body.name);
        let labels = names::labels(&self.desired.cluster, &body.name);
        let mut unchanged = true;
        let firewall = match self.firewall().await? {
            Some(firewall) => firewall,
            None => {
                unchanged = false;
                let create = FirewallCreate {
                    name: body.name.clone(),
                    labels: labels.clone(),
                    rules: body.rules.clone(),
                };
                self.cx
                    .effect("create", async {
                        self.created(&what, self.client.create_firewall(&create).await.map(drop))
                    })
                    .await?;
                self.firewall()
                    .await?
                    .ok_or_else(|| StepError::passing(format!("{what}: it was removed again")))?
            }
        };
        if normal(&firewall.rules) != normal(&body.rules) {
            unchanged = false;
            let what = format!("setting the rules of firewall {}", body.name);
            self.act("set-rules", &what, || {
                self.client.set_firewall_rules(firewall.id, &body.rules)
            })
            .await?;
        }
        if labels
            .iter()
            .any(|(label, value)| firewall.labels.get(label) != Some(value))
        {
            unchanged = false;
            let mut all = firewall.labels.clone();
            all.extend(labels);
            self.cx
                .effect("label", async {
                    let written = self.client.label_firewall(firewall.id, &all).await;
                    written.map(drop).map_err(|error| failed(&what, &error))
                })
                .await?;
        }
        Ok(if unchanged {
            Outcome::unchanged()
        } else {
            Outcome::note(format!("id {}", firewall.id))
        })
    }

    pub(super) async fn create_group(&self, name: &str) -> Result<Outcome, StepError> {
        let what = format!("making placement group {name}");
        if self.group(name).await?.is_some() {
            return Ok(Outcome::unchanged());
        }
        let create = PlacementGroupCreate {
            name: name.to_owned(),
            kind: PlacementGroupKind::Spread,
            labels: names::labels(&self.desired.cluster, name),
        };
        self.cx
            .effect("create", async {
                self.created(&what, self.client.create_placement_group(&create).await.map(drop))
            })
            .await?;
        match self.group(name).await? {
            Some(id) => Ok(Outcome::note(format!("id {id}"))),
            None => Err(StepError::passing(format!("{what}: it was removed again"))),
        }
    }

    /// The id of our placement group with this name.
    pub(super) async fn group(&self, name: &str) -> Result<Option<u64>, StepError> {
        let found = self.client.placement_group_named(name).await;
        match found.map_err(|error| failed(&format!("looking for placement group {name}"), &error))? {
            Some(group) if ours(&group.labels, &self.desired.cluster) => Ok(Some(group.id)),
            Some(group) => Err(taken("placement group", name, group.id)),
            None => Ok(None),
        }
    }
}
