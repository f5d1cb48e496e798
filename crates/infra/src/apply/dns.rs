//! The DNS records of the API's name. What is there is looked at first, so that a create whose answer was lost is found.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use hoist_cloudflare::{Client, NewRecord, Record, RecordFilter};
use hoist_model::{Outcome, StepError};

use super::Work;
use crate::dns::{TTL, leads, ours};
use crate::failure::dns_failed;
use crate::names;

impl Work<'_> {
    pub(super) async fn put_dns_record(&self, name: &str) -> Result<Outcome, StepError> {
        let body = self.desired.dns.as_ref().filter(|body| body.name == name);
        let body = body.ok_or_else(|| {
            StepError::internal(format!(
                "the DNS record {name} is in the plan and not in what is desired"
            ))
        })?;
        let dns = self.dns()?;
        let (mine, others) = self.dns_records(dns, &body.zone, name).await?;
        if let Some(other) = others.iter().find(|record| leads(record)) {
            return Err(StepError::remote(format!(
                "the DNS record {name} {} {} has appeared, which does not belong to this cluster",
                other.kind, other.content
            ))
            .hint("it is not touched; `hoist plan` says what can be done"));
        }
        let wants = body.addresses();
        let says = |record: &Record| record.content.parse::<Ipv4Addr>().ok().filter(|_| record.kind == "A");
        let right = |record: &Record| record.ttl == TTL && !record.proxied;
        let kept: BTreeSet<Ipv4Addr> = mine.iter().filter_map(says).filter(|ip| wants.contains(ip)).collect();
        // Each record that says something else is free to be given an address that is missing.
        let mut free: Vec<&Record> = mine
            .iter()
            .filter(|record| body.complete() && says(record).is_none_or(|ip| !wants.contains(&ip)))
            .collect();
        let mut changed = false;
        for record in mine.iter().filter(|record| !right(record)) {
            if let Some(ip) = says(record).filter(|ip| wants.contains(ip)) {
                self.write_record(dns, &body.zone, name, ip, Some(record)).await?;
                changed = true;
            }
        }
        for ip in wants.difference(&kept) {
            self.write_record(dns, &body.zone, name, *ip, free.pop()).await?;
            changed = true;
        }
        for record in free {
            self.delete_record(dns, &body.zone, record).await?;
            changed = true;
        }
        let list: Vec<String> = wants.iter().map(ToString::to_string).collect();
        Ok(if changed {
            Outcome::note(format!("{name} leads to {}", list.join(", ")))
        } else {
            Outcome::unchanged()
        })
    }

    pub(super) async fn delete_dns_record(&self, name: &str, zone: &str) -> Result<Outcome, StepError> {
        let dns = self.dns()?;
        let (mine, _) = self.dns_records(dns, zone, name).await?;
        for record in &mine {
            self.delete_record(dns, zone, record).await?;
        }
        Ok(if mine.is_empty() {
            Outcome::unchanged()
        } else {
            Outcome::done()
        })
    }

    fn dns(&self) -> Result<&Client, StepError> {
        self.dns
            .ok_or_else(|| StepError::internal("a DNS record is in the plan and Cloudflare was never asked"))
    }

    /// The records of a name: ours, and others'.
    async fn dns_records(&self, dns: &Client, zone: &str, name: &str) -> Result<(Vec<Record>, Vec<Record>), StepError> {
        let filter = RecordFilter {
            name: Some(name.to_owned()),
            ..RecordFilter::default()
        };
        let records = dns.records(zone, &filter).await.map_err(|error| dns_failed(&error))?;
        Ok(records
            .into_iter()
            .partition(|record| ours(record, &self.desired.cluster)))
    }

    /// Makes a record, or changes this one of ours.
    async fn write_record(
        &self,
        dns: &Client,
        zone: &str,
        name: &str,
        address: Ipv4Addr,
        instead: Option<&Record>,
    ) -> Result<(), StepError> {
        let record = NewRecord {
            name: name.to_owned(),
            kind: "A".into(),
            content: address.to_string(),
            ttl: TTL,
            comment: Some(names::comment(&self.desired.cluster)),
            // A proxy speaks HTTP, and the API's clients bring certificates of their own.
            proxied: false,
        };
        self.cx.progress(&format!("writing the DNS record {name} A {address}"));
        self.cx
            .effect(if instead.is_some() { "update" } else { "create" }, async {
                let written = match instead {
                    Some(old) => dns.update_record(zone, &old.id, &record).await,
                    None => dns.create_record(zone, &record).await,
                };
                written.map(drop).map_err(|error| dns_failed(&error))
            })
            .await
    }

    async fn delete_record(&self, dns: &Client, zone: &str, record: &Record) -> Result<(), StepError> {
        let Record {
            name, kind, content, ..
        } = record;
        self.cx
            .progress(&format!("deleting the DNS record {name} {kind} {content}"));
        self.cx
            .effect("delete", async {
                let deleted = dns.delete_record(zone, &record.id).await;
                deleted.map_err(|error| dns_failed(&error))
            })
            .await
    }
}
