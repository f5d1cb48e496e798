//! Writing labels of servers. The API takes whole label maps only, so two writers must not read before either wrote.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use hoist_hcloud::{Client, Error, Labels, Server};

use crate::names::{CLUSTER, NAME};

/// Edits label maps, one writer a server at a time within this process; between processes stands the project lock.
#[derive(Clone)]
pub(crate) struct LabelWriter {
    client: Client,
    locks: Arc<Mutex<BTreeMap<u64, Arc<tokio::sync::Mutex<()>>>>>,
}

impl LabelWriter {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            locks: Arc::default(),
        }
    }

    /// Reads a server's labels afresh, lets `edit` change them, and writes them if they changed. None: it is gone.
    pub(crate) async fn edit(&self, id: u64, edit: impl FnOnce(&mut Labels) + Send) -> Result<Option<Server>, Error> {
        let lock = self
            .locks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(id)
            .or_default()
            .clone();
        let _one = lock.lock().await;
        let Some(server) = self.client.server(id).await? else {
            return Ok(None);
        };
        let mut labels = server.labels.clone();
        edit(&mut labels);
        if labels == server.labels {
            return Ok(Some(server));
        }
        self.client.label_server(id, &labels).await.map(Some)
    }

    /// The server of a machine, looked up afresh by its labels.
    pub(crate) async fn find(&self, cluster: &str, machine: &str) -> Result<Option<Server>, Error> {
        let selector = format!("{CLUSTER}={cluster},{NAME}={machine}");
        let found = self
            .client
            .servers(&hoist_hcloud::ListOptions::labelled(selector))
            .await?;
        Ok(found.into_iter().next())
    }
}
