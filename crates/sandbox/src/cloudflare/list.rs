//! Lists of zones and records: what their filters mean.

use std::cmp::Ordering;

use serde_json::Value;

use super::error::{ApiError, ApiResult};
use super::query::Query;
use super::record::Record;
use super::token::Grants;
use super::zone::{Zone, Zones};

pub(super) fn zones(zones: &Zones, query: &Query, grants: &Grants) -> ApiResult<Value> {
    let page = query.page(20, 5, 50)?;
    let wanted = |zone: &&Zone| {
        let name = match query.get("name") {
            None => true,
            Some(filter) => match filter.split_once(':') {
                None => zone.name.eq_ignore_ascii_case(filter),
                Some((operator, text)) => text_matches(&zone.name, operator, text),
            },
        };
        name && query.get("status").is_none_or(|status| status == "active")
            && query.get("account.id").is_none_or(|id| id == Zone::account())
    };
    let found = zones.iter().filter(wanted).map(|zone| zone.json(grants)).collect();
    Ok(page.envelope(found))
}

pub(super) fn records(zone: &Zone, query: &Query, json: impl Fn(&Record) -> Value) -> ApiResult<Value> {
    let page = query.page(100, 1, 5_000_000)?;
    let filters: Vec<Filter<'_>> = query
        .pairs()
        .filter_map(|(key, value)| Filter::parse(key, value))
        .collect();
    let any = match query.get("match") {
        None | Some("all") => false,
        Some("any") => true,
        Some(_) => return Err(ApiError::invalid(9207, "Invalid value for match: must be any or all")),
    };
    let mut found: Vec<&Record> = zone
        .records
        .iter()
        .filter(|record| match any {
            true => filters.is_empty() || filters.iter().any(|filter| filter.matches(record)),
            false => filters.iter().all(|filter| filter.matches(record)),
        })
        .collect();
    found.sort_by(|a, b| order(query.get("order"), a, b));
    if query.get("direction") == Some("desc") {
        found.reverse();
    }
    Ok(page.envelope(found.into_iter().map(json).collect()))
}

fn order(key: Option<&str>, a: &Record, b: &Record) -> Ordering {
    let text = |record: &Record| (record.kind.name(), record.name.clone(), record.content.clone());
    match key {
        Some("name") => a.name.cmp(&b.name),
        Some("content") => a.content.cmp(&b.content),
        Some("ttl") => a.ttl.cmp(&b.ttl),
        Some("proxied") => a.proxied.cmp(&b.proxied),
        _ => Ordering::Equal,
    }
    .then_with(|| text(a).cmp(&text(b)))
}

/// One condition of a list of records.
struct Filter<'a> {
    field: &'a str,
    operator: &'a str,
    value: &'a str,
}

impl<'a> Filter<'a> {
    /// `name=x` is `name.exact=x`. What is no filter (pages, order, unknown words) is none here either.
    fn parse(key: &'a str, value: &'a str) -> Option<Self> {
        let (field, operator) = key.split_once('.').unwrap_or((key, "exact"));
        matches!(field, "type" | "name" | "content" | "comment" | "proxied" | "search").then_some(Self {
            field,
            operator,
            value,
        })
    }

    fn matches(&self, record: &Record) -> bool {
        let comment = record.comment.as_deref();
        match (self.field, self.operator) {
            ("type", _) => record.kind.name().eq_ignore_ascii_case(self.value),
            ("proxied", _) => record.proxied.to_string() == self.value,
            ("comment", "present") => comment.is_some(),
            ("comment", "absent") => comment.is_none(),
            ("comment", operator) => text_matches(comment.unwrap_or_default(), operator, self.value),
            ("name", operator) => text_matches(&record.name, operator, self.value),
            ("content", operator) => text_matches(&record.content, operator, self.value),
            _ => [
                record.name.as_str(),
                record.content.as_str(),
                comment.unwrap_or_default(),
            ]
            .iter()
            .any(|text| text_matches(text, "contains", self.value)),
        }
    }
}

/// Cloudflare compares without regard to case, and knows two spellings of each operator.
fn text_matches(text: &str, operator: &str, wanted: &str) -> bool {
    let (text, wanted) = (text.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    match operator {
        "exact" | "equal" => text == wanted,
        "not_equal" => text != wanted,
        "contains" => text.contains(&wanted),
        "startswith" | "starts_with" => text.starts_with(&wanted),
        "endswith" | "ends_with" => text.ends_with(&wanted),
        _ => false,
    }
}
