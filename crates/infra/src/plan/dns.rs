//! The DNS records of the API's name: one a control plane, written when the servers' addresses are known.

use std::collections::{BTreeMap, BTreeSet};

use hoist_model::{Blocked, Draft, FieldChange, Key, Reason, Risk, Step, Verb};

use super::{ServersPlan, cannot_see, unwanted};
use crate::desired::{Desired, DnsBody};
use crate::dns::{TTL, ZoneRecords, leads, ours};
use crate::names;
use crate::observe::Observed;
use crate::op::Op;

pub(super) fn plan(desired: &Desired, observed: &Observed, servers: &ServersPlan, draft: &mut Draft<Op>) {
    let zones = match &observed.zones {
        Ok(zones) => zones,
        Err(unseen) => {
            // Who gives the API no name is not kept from anything by a DNS that does not answer.
            if let Some(name) = &desired.api_name {
                draft.blocked.push(cannot_see(names::dns_record_key(name), unseen));
            }
            return;
        }
    };
    if let Some(body) = &desired.dns {
        match &observed.servers {
            Ok(_) => records(desired, body, zones, draft),
            Err(unseen) => draft
                .blocked
                .push(cannot_see(names::dns_record_key(&body.name), unseen)),
        }
    }
    let wanted = desired.dns.as_ref().map(|body| body.name.as_str());
    let mut leaving: BTreeMap<&str, &str> = BTreeMap::new();
    for zone in zones {
        let mine = zone.records.iter().filter(|record| ours(record, &desired.cluster));
        leaving.extend(
            mine.filter(|record| Some(record.name.as_str()) != wanted)
                .map(|record| (record.name.as_str(), zone.id.as_str())),
        );
    }
    for (name, zone) in leaving {
        let op = Op::DeleteDnsRecord {
            name: name.to_owned(),
            zone: zone.to_owned(),
        };
        let reason = unwanted(desired, "no longer the API's name in hoist.yaml");
        // The old name goes when the new one is there; the last one when nothing is left that it leads to.
        let needs = wanted.map(names::dns_record_key).into_iter();
        draft.steps.push(
            Step::new(names::dns_record_key(name), Verb::Delete, op, reason)
                .risk(Risk::Downtime(format!("{name} leads nowhere any more")))
                .needs(needs.chain(servers.leaving.iter().cloned())),
        );
    }
}

fn records(desired: &Desired, body: &DnsBody, zones: &[ZoneRecords], draft: &mut Draft<Op>) {
    let key = names::dns_record_key(&body.name);
    let there = zones.iter().filter(|zone| zone.id == body.zone);
    let there = there
        .flat_map(|zone| &zone.records)
        .filter(|record| record.name == body.name);
    let (mine, others): (Vec<_>, Vec<_>) = there.partition(|record| ours(record, &desired.cluster));
    let others: Vec<_> = others.into_iter().filter(|record| leads(record)).collect();
    let births: Vec<Key> = draft
        .steps
        .iter()
        .filter(|step| matches!(step.verb, Verb::Create | Verb::Replace))
        .map(|step| step.key.clone())
        .filter(|key| body.planes.keys().any(|name| *key == Key::server(name)))
        .collect();
    let wants: BTreeSet<String> = body.addresses().iter().map(ToString::to_string).collect();
    if let Some(other) = others.first() {
        // Records that somebody has made and that say the same are used, and never owned.
        let says: BTreeSet<String> = others.iter().map(|record| record.content.clone()).collect();
        let plain = others.iter().all(|record| record.kind == "A" && !record.proxied);
        if !(plain && births.is_empty() && body.complete() && says == wants) {
            draft.blocked.push(Blocked {
                key,
                why: format!(
                    "{} has the DNS record {} {}, which does not belong to this cluster",
                    body.name, other.kind, other.content
                ),
                hint: Some(
                    "it is not touched; delete it, so that hoist makes its own, or give the API another name \
                     (cluster.apiServer)"
                        .into(),
                ),
            });
        }
        return;
    }
    let op = Op::PutDnsRecord {
        name: body.name.clone(),
    };
    let verb = if mine.is_empty() { Verb::Create } else { Verb::Update };
    if !births.is_empty() {
        let reason = if mine.is_empty() {
            Reason::Missing
        } else {
            Reason::FollowsFrom {
                cause: "new servers come with new addresses".into(),
            }
        };
        let step = Step::new(key, verb, op, reason).needs(births).provisional(true);
        return draft.steps.push(step);
    }
    if wants.is_empty() {
        // What keeps the servers from being made is said with them.
        return;
    }
    if mine.is_empty() {
        return draft.steps.push(Step::new(key, verb, op, Reason::Missing));
    }
    let says: BTreeSet<String> = mine.iter().map(|record| record.content.clone()).collect();
    let mut fields = Vec::new();
    let right = if body.complete() {
        says == wants
    } else {
        wants.is_subset(&says)
    };
    if !right {
        let shown = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
        fields.push(FieldChange::new("content", Some(shown(&says)), Some(shown(&wants))));
    }
    if mine.iter().any(|record| record.proxied) {
        fields.push(FieldChange::new("proxied", Some("true"), Some("false")));
    }
    if let Some(record) = mine.iter().find(|record| !record.proxied && record.ttl != TTL) {
        fields.push(FieldChange::new(
            "ttl",
            Some(record.ttl.to_string()),
            Some(TTL.to_string()),
        ));
    }
    if !fields.is_empty() {
        draft.steps.push(Step::new(key, verb, op, Reason::Changed { fields }));
    }
}
