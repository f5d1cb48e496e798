//! What is there: one list call a kind, with our objects whole and others by name only.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt};
use serde_json::Value;

use crate::mark::label_value;
use crate::{Api, DeployError, Kind, LABEL_DISCRIMINATOR, Listing, ObjectId};

/// How one object was seen.
#[derive(Clone, Copy, Debug)]
pub enum Live<'a> {
    /// It is there and carries our discriminator.
    Ours(&'a Value),
    /// It is there and is not ours.
    Foreign,
    /// It is certain not to be there.
    Absent,
    /// Its kind could not be listed.
    Unknown(&'a str),
}

#[derive(Clone)]
enum Listed {
    InVersion(String),
    NotServed,
    Unknown(String),
}

/// What was seen of a cluster. Our own objects are kept whole, of others the names alone: their bodies are none of
/// our business, least of all Secrets.
#[derive(Clone)]
pub struct Snapshot {
    discriminator: String,
    listed: BTreeMap<Kind, Listed>,
    ours: BTreeMap<ObjectId, Value>,
    foreign: BTreeSet<ObjectId>,
}

/// Lists one kind: none where it is not served.
async fn list(api: Api, kind: Kind, version: Option<String>) -> (Kind, Option<(String, Result<Listing, DeployError>)>) {
    let kinds = api.kinds();
    let resource = kinds
        .resource(&kind, version.as_deref())
        .or_else(|| kinds.resource(&kind, None));
    let Some(resource) = resource else {
        return (kind, None);
    };
    let listing = api.list(resource, None, "").await;
    (kind, Some((resource.version.clone(), listing)))
}

impl Snapshot {
    /// Nothing seen yet.
    pub fn new(discriminator: &str) -> Self {
        Self {
            discriminator: label_value(discriminator),
            listed: BTreeMap::new(),
            ours: BTreeMap::new(),
            foreign: BTreeSet::new(),
        }
    }

    /// Lists the kinds that were not listed yet, in the version given or the preferred one.
    pub async fn look(&mut self, api: &Api, kinds: &BTreeMap<Kind, Option<String>>) {
        // Futures made in a loop, not by a closure over references: the compiler cannot see that the latter are Send.
        let mut looking = Vec::new();
        for (kind, version) in kinds {
            let known = match (self.listed.get(kind), version) {
                (None, _) => false,
                (Some(Listed::InVersion(seen)), Some(version)) => seen == version,
                _ => true,
            };
            if !known {
                looking.push(list(api.clone(), kind.clone(), version.clone()));
            }
        }
        let mut answers = stream::iter(looking).buffer_unordered(8);
        while let Some((kind, answer)) = answers.next().await {
            self.ours.retain(|id, _| id.of() != kind);
            self.foreign.retain(|id| id.of() != kind);
            let listed = match answer {
                None => Listed::NotServed,
                Some((version, Ok(listing))) => {
                    listing.items.into_iter().for_each(|item| self.take(&kind, item));
                    Listed::InVersion(version)
                }
                // Served a moment ago and gone: its CRD was deleted meanwhile.
                Some((_, Err(DeployError::NotFound { .. }))) => Listed::NotServed,
                Some((_, Err(error))) => Listed::Unknown(error.to_string()),
            };
            self.listed.insert(kind, listed);
        }
    }

    fn take(&mut self, kind: &Kind, item: Value) {
        let metadata = &item["metadata"];
        let Some(name) = metadata["name"].as_str() else { return };
        let id = ObjectId::new(&kind.group, &kind.kind, metadata["namespace"].as_str(), name);
        if metadata["labels"][LABEL_DISCRIMINATOR] == *self.discriminator {
            self.ours.insert(id, item);
        } else {
            self.foreign.insert(id);
        }
    }

    /// How an object was seen.
    pub fn get(&self, id: &ObjectId) -> Live<'_> {
        if let Some(body) = self.ours.get(id) {
            return Live::Ours(body);
        }
        if self.foreign.contains(id) {
            return Live::Foreign;
        }
        match self.listed.get(&id.of()) {
            Some(Listed::InVersion(_) | Listed::NotServed) => Live::Absent,
            Some(Listed::Unknown(why)) => Live::Unknown(why),
            None => Live::Unknown("its kind was not listed"),
        }
    }

    /// Our objects.
    pub fn ours(&self) -> impl Iterator<Item = (&ObjectId, &Value)> {
        self.ours.iter()
    }

    /// Kinds that could not be listed, and why.
    pub fn unknown(&self) -> impl Iterator<Item = (&Kind, &str)> {
        self.listed.iter().filter_map(|(kind, listed)| match listed {
            Listed::Unknown(why) => Some((kind, why.as_str())),
            _ => None,
        })
    }
}
