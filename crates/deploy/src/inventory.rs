//! The inventory: which kinds this deployment ever used, so that what is left of them is found with a list call each.
//!
//! A ConfigMap that holds names of kinds and nothing else. It is written before the first object of a new kind, and it
//! only grows: a kind too many costs one list call, a kind too few loses an orphan.

use std::collections::BTreeMap;

use serde_json::json;

use crate::mark::label_value;
use crate::{Kind, Live, Object, ObjectError, ObjectId, Snapshot};

const NAMESPACE: &str = "kube-system";

/// The name of a deployment's inventory.
fn inventory_id(discriminator: &str) -> ObjectId {
    let name = format!(
        "hoist-inventory-{}",
        label_value(discriminator).to_lowercase().replace('_', "-")
    );
    ObjectId::new("", "ConfigMap", Some(NAMESPACE), &name)
}

/// The kinds of a deployment and the version in which each was last written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    kinds: BTreeMap<Kind, String>,
}

impl Inventory {
    /// Reads it from a snapshot in which ConfigMaps were listed.
    pub fn read(snapshot: &Snapshot, discriminator: &str) -> Self {
        let Live::Ours(body) = snapshot.get(&inventory_id(discriminator)) else {
            return Self::default();
        };
        let lines = body["data"]["kinds"].as_str().unwrap_or_default().lines();
        let entry = |line: &str| {
            let (kind, version) = line.trim().rsplit_once('/')?;
            Some((kind.parse().ok()?, version.to_owned()))
        };
        Self {
            kinds: lines.filter_map(entry).collect(),
        }
    }

    /// The kinds, each with its version, as [`Snapshot::look`] takes them.
    pub fn kinds(&self) -> BTreeMap<Kind, Option<String>> {
        self.kinds
            .iter()
            .map(|(kind, version)| (kind.clone(), Some(version.clone())))
            .collect()
    }

    /// The same inventory and the kinds of these objects.
    #[must_use]
    pub fn with<'a>(mut self, objects: impl IntoIterator<Item = &'a Object>) -> Self {
        for object in objects {
            self.kinds.insert(object.id().of(), object.version().to_owned());
        }
        self
    }

    /// The object that holds it.
    pub fn object(&self, discriminator: &str) -> Result<Object, ObjectError> {
        let lines: String = self
            .kinds
            .iter()
            .map(|(kind, version)| format!("{kind}/{version}\n"))
            .collect();
        Object::new(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": inventory_id(discriminator).name, "namespace": NAMESPACE},
            "data": {"kinds": lines},
        }))
    }
}
