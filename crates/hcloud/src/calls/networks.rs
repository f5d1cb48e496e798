//! Calls on private networks.

use serde_json::json;

use super::{Changed, ListOptions, named};
use crate::client::Client;
use crate::error::Error;
use crate::model::{Action, Labels, Network, NetworkCreate, Subnet};

named!(Network, "network", "networks");

impl Client {
    /// Lists networks.
    pub async fn networks(&self, options: &ListOptions) -> Result<Vec<Network>, Error> {
        self.list_all("networks", options).await
    }

    /// A network by its name.
    pub async fn network_named(&self, name: &str) -> Result<Option<Network>, Error> {
        self.find(name).await
    }

    /// Makes a network with its subnets.
    pub async fn create_network(&self, network: &NetworkCreate) -> Result<Changed<Network>, Error> {
        self.create(&network.name, &network.labels, network).await
    }

    /// Writes the whole label map of a network.
    pub async fn label_network(&self, id: u64, labels: &Labels) -> Result<Network, Error> {
        self.put(id, json!({ "labels": labels })).await
    }

    /// Adds a subnet to a network.
    pub async fn add_subnet(&self, id: u64, subnet: &Subnet) -> Result<Vec<Action>, Error> {
        self.act::<Network>(id, "add_subnet", json!(subnet)).await
    }

    /// Deletes a network. While servers are attached the API refuses: see [`Client::until`].
    pub async fn delete_network(&self, id: u64) -> Result<(), Error> {
        self.remove::<Network>(id).await.map(drop)
    }
}
