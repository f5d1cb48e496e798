//! Calls on firewalls.

use serde_json::json;

use super::{Changed, ListOptions, named};
use crate::client::Client;
use crate::error::Error;
use crate::model::{Action, Firewall, FirewallCreate, FirewallResource, Labels, Rule};

named!(Firewall, "firewall", "firewalls");

impl Client {
    /// Lists firewalls.
    pub async fn firewalls(&self, options: &ListOptions) -> Result<Vec<Firewall>, Error> {
        self.list_all("firewalls", options).await
    }

    /// A firewall by its name.
    pub async fn firewall_named(&self, name: &str) -> Result<Option<Firewall>, Error> {
        self.find(name).await
    }

    /// Makes a firewall.
    pub async fn create_firewall(&self, firewall: &FirewallCreate) -> Result<Changed<Firewall>, Error> {
        self.create(&firewall.name, &firewall.labels, firewall).await
    }

    /// Writes the whole label map of a firewall.
    pub async fn label_firewall(&self, id: u64, labels: &Labels) -> Result<Firewall, Error> {
        self.put(id, json!({ "labels": labels })).await
    }

    /// Replaces all rules of a firewall.
    pub async fn set_firewall_rules(&self, id: u64, rules: &[Rule]) -> Result<Vec<Action>, Error> {
        self.act::<Firewall>(id, "set_rules", json!({ "rules": rules })).await
    }

    /// Applies a firewall to more resources.
    pub async fn apply_firewall(&self, id: u64, to: &[FirewallResource]) -> Result<Vec<Action>, Error> {
        self.act::<Firewall>(id, "apply_to_resources", json!({ "apply_to": to }))
            .await
    }

    /// Deletes a firewall. While servers are attached the API refuses: see [`Client::until`].
    pub async fn delete_firewall(&self, id: u64) -> Result<(), Error> {
        self.remove::<Firewall>(id).await.map(drop)
    }
}
