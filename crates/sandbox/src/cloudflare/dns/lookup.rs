//! What a zone has under a name: the records, a delegation, a wildcard's, or nothing.

use super::super::content::Kind;
use super::super::record::Record;
use super::super::zone::{Zone, is_below_or_at};

/// What is there.
pub(super) enum Found<'a> {
    /// The name exists, with these records (none where only names below it have some).
    Records(Vec<&'a Record>),
    /// The name is at or below one that these NS records give to another server.
    Delegated(Vec<&'a Record>),
    /// There is no such name.
    Nothing,
}

/// Looks a name of the zone up.
pub(super) fn lookup<'a>(zone: &'a Zone, name: &str) -> Found<'a> {
    if let Some(delegation) = delegation(zone, name) {
        return Found::Delegated(delegation);
    }
    if exists(zone, name) {
        return Found::Records(at(zone, name));
    }
    // The closest name above that exists decides: only the wildcard right below it counts (RFC 4592).
    let mut above = name;
    while let Some((_, parent)) = above.split_once('.') {
        if exists(zone, parent) {
            let records = at(zone, &format!("*.{parent}"));
            return if records.is_empty() {
                Found::Nothing
            } else {
                Found::Records(records)
            };
        }
        above = parent;
    }
    Found::Nothing
}

fn at<'a>(zone: &'a Zone, name: &str) -> Vec<&'a Record> {
    zone.records.iter().filter(|record| record.name == name).collect()
}

fn exists(zone: &Zone, name: &str) -> bool {
    name == zone.name || zone.records.iter().any(|record| is_below_or_at(&record.name, name))
}

/// The NS records of the highest name between the zone's (without it) and this one.
fn delegation<'a>(zone: &'a Zone, name: &str) -> Option<Vec<&'a Record>> {
    let above =
        |record: &&Record| record.kind == Kind::Ns && record.name != zone.name && is_below_or_at(name, &record.name);
    let cut = zone
        .records
        .iter()
        .filter(above)
        .map(|record| record.name.as_str())
        .min_by_key(|name| name.len())?;
    Some(
        at(zone, cut)
            .into_iter()
            .filter(|record| record.kind == Kind::Ns)
            .collect(),
    )
}
