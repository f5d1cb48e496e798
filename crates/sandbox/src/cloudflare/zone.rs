//! The zones: what they hold, and how the API and the admin API show them.

use serde_json::{Value, json};

use super::content::Data;
use super::record::{Draft, Record};
use super::token::Grants;

/// The zone of somebody else that comes with foreign objects.
const FOREIGN_ZONE: &str = "foreign.example";
/// The name servers that each zone is delegated to. Nothing listens under these names.
pub(super) const NAME_SERVERS: [&str; 2] = ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"];
const CREATED: &str = "2024-01-01T00:00:00.000000Z";

/// One zone and its records.
#[derive(Clone)]
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) records: Vec<Record>,
    /// How many changes there were, for the serial number.
    pub(super) changes: u32,
    /// How many records were ever made, for their ids.
    made: u64,
}

/// Every zone of the account.
pub(super) struct Zones(Vec<Zone>);

/// An identifier as Cloudflare's look: 32 hexadecimal digits that say nothing.
pub(super) fn id(kind: &str, number: u64) -> String {
    format!("{:x}", md5::compute(format!("{kind} {number}")))
}

impl Zones {
    pub(super) fn new(names: &[String], foreign: bool) -> Self {
        let mut zones: Vec<Zone> = names.iter().map(|name| Zone::new(name)).collect();
        if foreign {
            zones.push(Zone::new(FOREIGN_ZONE));
            zones.iter_mut().for_each(Zone::seed_foreign);
        }
        zones.sort_by(|a, b| a.name.cmp(&b.name));
        zones.dedup_by(|a, b| a.name == b.name);
        Self(zones)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Zone> {
        self.0.iter()
    }

    pub(super) fn find(&self, id: &str) -> Option<&Zone> {
        self.0.iter().find(|zone| zone.id == id)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Zone> {
        self.0.iter_mut().find(|zone| zone.id == id)
    }

    /// The zone that is responsible for the name: the one with the longest name of those above it.
    pub(super) fn responsible(&self, name: &str) -> Option<&Zone> {
        let above = |zone: &&Zone| is_below_or_at(name, &zone.name);
        self.0.iter().filter(above).max_by_key(|zone| zone.name.len())
    }

    /// The same text for the same world: no times and no serial numbers.
    pub(super) fn state(&self) -> Value {
        let zones: Vec<Value> = self.0.iter().map(Zone::state).collect();
        json!({ "zones": zones })
    }
}

impl Zone {
    fn new(name: &str) -> Self {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        Self {
            id: id(&format!("zone {name}"), 0),
            name,
            records: Vec::new(),
            changes: 0,
            made: 0,
        }
    }

    /// Records that are nobody's business here and must survive whatever is done beside them.
    fn seed_foreign(&mut self) {
        let name = self.name.clone();
        let (mail, www) = (format!("mail.{name}"), format!("www.{name}"));
        for (name, data) in [
            (
                name.clone(),
                Data::Mx {
                    priority: 10,
                    host: mail.clone(),
                },
            ),
            (name.clone(), Data::txt("v=spf1 mx -all")),
            (mail, Data::A([192, 0, 2, 25].into())),
            (www.clone(), Data::A([192, 0, 2, 80].into())),
            (format!("blog.{name}"), Data::Cname(www)),
        ] {
            self.add(Draft::seed(name, data));
        }
    }

    /// Puts a record that was checked into the zone.
    pub(super) fn add(&mut self, draft: Draft) -> &Record {
        self.made += 1;
        self.changes += 1;
        let id = id(&format!("record {}", self.name), self.made);
        self.records.push(draft.into_record(id));
        &self.records[self.records.len() - 1]
    }

    pub(super) fn account() -> String {
        id("account", 0)
    }

    /// The zone as the API shows it to this token.
    pub(super) fn json(&self, grants: &Grants) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "status": "active",
            "paused": false,
            "type": "full",
            "development_mode": 0,
            "name_servers": NAME_SERVERS,
            "original_name_servers": null,
            "original_registrar": null,
            "original_dnshost": null,
            "created_on": CREATED,
            "modified_on": CREATED,
            "activated_on": CREATED,
            "meta": {
                "step": 2,
                "custom_certificate_quota": 0,
                "page_rule_quota": 3,
                "phishing_detected": false,
            },
            "owner": { "id": null, "type": "user", "email": null },
            "account": { "id": Self::account(), "name": "Sandbox" },
            "tenant": { "id": null, "name": null },
            "tenant_unit": { "id": null },
            "permissions": grants.permissions(),
            "plan": {
                "id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
                "name": "Free Website",
                "price": 0,
                "currency": "USD",
                "frequency": "",
                "is_subscribed": false,
                "can_subscribe": false,
                "legacy_id": "free",
                "legacy_discount": false,
                "externally_managed": false,
            },
        })
    }

    fn state(&self) -> Value {
        let mut records: Vec<&Record> = self.records.iter().collect();
        records.sort_by_key(|record| (&record.name, record.kind.name(), &record.content, &record.id));
        let records: Vec<Value> = records.into_iter().map(Record::state).collect();
        json!({ "id": self.id, "name": self.name, "records": records })
    }
}

/// Whether the name is this one or below it, by whole labels.
pub(super) fn is_below_or_at(name: &str, above: &str) -> bool {
    name == above || name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_zone_is_responsible_by_whole_labels() {
        let zones = Zones::new(&["Example.com.".into(), "sub.example.com".into()], false);
        let responsible = |name| zones.responsible(name).map(|zone| zone.name.as_str());
        assert_eq!(responsible("example.com"), Some("example.com"));
        assert_eq!(responsible("a.b.sub.example.com"), Some("sub.example.com"));
        assert_eq!(responsible("notexample.com"), None);
        assert_eq!(responsible("com"), None);
    }

    #[test]
    fn the_same_zones_have_the_same_state() {
        let zones = || Zones::new(&["example.com".into()], true).state().to_string();
        assert_eq!(zones(), zones());
        assert!(zones().contains("foreign.example"));
    }
}
