//! DNS at Cloudflare, as far as the API's name goes: the token, the zones, and the records in them.
//!
//! Records are ours by their comment. No zone that holds the name, or no token in hoist.yaml, means that the name is
//! looked after elsewhere.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hoist_cloudflare::{Client, Error, Options, Record, RecordFilter, Zone};
use hoist_model::{Secret, StepError};
use hoist_spec::{Source, Spec};

use crate::names;
use crate::observe::Unseen;

/// Reads the token by which DNS records are written.
#[async_trait]
pub trait DnsToken: Send + Sync {
    /// The value of a source of hoist.yaml; why not, and what to do, if it cannot be had.
    async fn read(&self, source: &Source) -> Result<Secret, StepError>;
}

/// Access to Cloudflare's DNS.
pub struct Dns {
    base: Option<String>,
    token: Arc<dyn DnsToken>,
    options: Options,
    known: Mutex<Known>,
}

/// What does not change within a run.
#[derive(Default)]
struct Known {
    client: Option<Client>,
    /// By the name that was looked for.
    zones: BTreeMap<String, Option<Zone>>,
}

/// A zone and what is in it.
#[derive(Clone, Debug)]
pub(crate) struct ZoneRecords {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) records: Vec<Record>,
}

impl From<Error> for Unseen {
    fn from(error: Error) -> Self {
        Self {
            why: error.to_string(),
            hint: Some(error.hint().to_owned()),
        }
    }
}

impl Dns {
    /// Access to the real API, or to the one at `base`.
    pub fn new(base: Option<String>, token: Arc<dyn DnsToken>) -> Self {
        Self {
            base,
            token,
            options: Options::default(),
            known: Mutex::default(),
        }
    }

    /// The same with another patience.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The client of this run, once something was observed.
    pub(crate) fn client(&self) -> Option<Client> {
        self.known().client.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The zones that may hold a record of ours, with all their records: one list call a zone.
    pub(crate) async fn observe(&self, spec: &Spec) -> Result<Vec<ZoneRecords>, Unseen> {
        let Some(source) = spec.cloudflare_token() else {
            return Ok(Vec::new());
        };
        let client = self.client_of(source).await?;
        let domain = spec.cluster.domain.to_string();
        let mut zones: Vec<Zone> = Vec::new();
        // Where the name is now, and where one was that hoist.yaml does not have any more.
        for name in spec.api_name().into_iter().chain([domain.as_str()]) {
            if zones.iter().any(|zone| names::within(name, &zone.name)) {
                continue;
            }
            zones.extend(self.zone(&client, name).await?);
        }
        let mut all = Vec::new();
        for zone in zones {
            // Unfiltered, so that others' records of the name are seen with ours of any name.
            let records = client.records(&zone.id, &RecordFilter::default()).await?;
            all.push(ZoneRecords {
                id: zone.id,
                name: zone.name,
                records,
            });
        }
        Ok(all)
    }

    async fn client_of(&self, source: &Source) -> Result<Client, Unseen> {
        if let Some(client) = self.client() {
            return Ok(client);
        }
        let token = self.token.read(source).await.map_err(|error| Unseen {
            why: format!("the Cloudflare token cannot be read: {error}"),
            hint: error.hint,
        })?;
        let client = Client::new(self.base.as_deref(), token, self.options.clone())?;
        Ok(self.known().client.insert(client).clone())
    }

    async fn zone(&self, client: &Client, name: &str) -> Result<Option<Zone>, Error> {
        if let Some(known) = self.known().zones.get(name) {
            return Ok(known.clone());
        }
        let zone = client.zone_of(name).await?;
        self.known().zones.insert(name.to_owned(), zone.clone());
        Ok(zone)
    }
}

/// Whether a record is the cluster's.
pub(crate) fn ours(record: &Record, cluster: &str) -> bool {
    record.comment.as_deref() == Some(names::comment(cluster).as_str())
}

/// Whether a record leads somebody who asks for its name's address anywhere.
pub(crate) fn leads(record: &Record) -> bool {
    matches!(record.kind.as_str(), "A" | "AAAA" | "CNAME" | "NS")
}

/// How long resolvers may keep an answer: the least that Cloudflare takes, since the address of a machine that is
/// remade changes.
pub(crate) const TTL: u32 = 60;
