//! Calls on ssh keys and placement groups.

use serde_json::json;

use super::{Changed, ListOptions, named};
use crate::client::Client;
use crate::error::Error;
use crate::model::{Labels, PlacementGroup, PlacementGroupCreate, SshKey, SshKeyCreate};

named!(SshKey, "ssh_key", "ssh_keys");
named!(PlacementGroup, "placement_group", "placement_groups");

impl Client {
    /// Lists ssh keys.
    pub async fn ssh_keys(&self, options: &ListOptions) -> Result<Vec<SshKey>, Error> {
        self.list_all("ssh_keys", options).await
    }

    /// An ssh key by its name.
    pub async fn ssh_key_named(&self, name: &str) -> Result<Option<SshKey>, Error> {
        self.find(name).await
    }

    /// Adds an ssh key. Names and fingerprints are both unique in a project.
    pub async fn create_ssh_key(&self, key: &SshKeyCreate) -> Result<Changed<SshKey>, Error> {
        self.create(&key.name, &key.labels, key).await
    }

    /// Writes the whole label map of an ssh key.
    pub async fn label_ssh_key(&self, id: u64, labels: &Labels) -> Result<SshKey, Error> {
        self.put(id, json!({ "labels": labels })).await
    }

    /// Deletes an ssh key.
    pub async fn delete_ssh_key(&self, id: u64) -> Result<(), Error> {
        self.remove::<SshKey>(id).await.map(drop)
    }

    /// Lists placement groups.
    pub async fn placement_groups(&self, options: &ListOptions) -> Result<Vec<PlacementGroup>, Error> {
        self.list_all("placement_groups", options).await
    }

    /// A placement group by its name.
    pub async fn placement_group_named(&self, name: &str) -> Result<Option<PlacementGroup>, Error> {
        self.find(name).await
    }

    /// Makes a placement group.
    pub async fn create_placement_group(&self, group: &PlacementGroupCreate) -> Result<Changed<PlacementGroup>, Error> {
        self.create(&group.name, &group.labels, group).await
    }

    /// Deletes a placement group.
    pub async fn delete_placement_group(&self, id: u64) -> Result<(), Error> {
        self.remove::<PlacementGroup>(id).await.map(drop)
    }
}
