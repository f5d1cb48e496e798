//! Host-key pins in server labels: how the nodes phase keeps them without knowing the cloud.

use async_trait::async_trait;
use hoist_model::{HostKeyPins, PinError, Pins};

use crate::labels::LabelWriter;
use crate::names::{HOST_KEY, HOST_KEY_NEXT};
use crate::publish::pins;

pub(crate) struct LabelPins {
    pub(crate) labels: LabelWriter,
    pub(crate) cluster: String,
}

impl LabelPins {
    async fn id(&self, server: &str) -> Result<hoist_hcloud::Server, PinError> {
        self.labels
            .find(&self.cluster, server)
            .await
            .map_err(|error| failed(server, error))?
            .ok_or_else(|| gone(server, &self.cluster))
    }
}

fn failed(server: &str, error: hoist_hcloud::Error) -> PinError {
    PinError {
        server: server.to_owned(),
        why: error.to_string(),
    }
}

fn gone(server: &str, cluster: &str) -> PinError {
    PinError {
        server: server.to_owned(),
        why: format!("the cluster {cluster} has no such server any more"),
    }
}

#[async_trait]
impl Pins for LabelPins {
    async fn read(&self, server: &str) -> Result<HostKeyPins, PinError> {
        Ok(pins(&self.id(server).await?.labels))
    }

    async fn write(&self, server: &str, pins: &HostKeyPins) -> Result<(), PinError> {
        let id = self.id(server).await?.id;
        let written = self
            .labels
            .edit(id, |labels| {
                for (label, pin) in [(HOST_KEY, &pins.current), (HOST_KEY_NEXT, &pins.next)] {
                    match pin {
                        Some(pin) => drop(labels.insert(label.into(), pin.clone())),
                        None => drop(labels.remove(label)),
                    }
                }
            })
            .await
            .map_err(|error| failed(server, error))?;
        written.map(drop).ok_or_else(|| gone(server, &self.cluster))
    }
}
