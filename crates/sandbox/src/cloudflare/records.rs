//! `zones/{id}/dns_records`: the records of one zone, one by one and in batches.

use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::api::{is_id, success};
use super::error::{ApiError, ApiResult};
use super::list;
use super::query::Query;
use super::record::{Draft, Record};
use super::token::Grants;
use super::zone::Zone;
use crate::emulator::Incoming;

/// How many changes a batch may have on the free plan.
const BATCH: usize = 200;

pub(super) fn route(
    zone: &mut Zone,
    incoming: &Incoming,
    rest: &[&str],
    query: &Query,
    grants: &Grants,
) -> ApiResult<Value> {
    let method = &incoming.method;
    Grants::require(if method == Method::GET {
        grants.dns_read
    } else {
        grants.dns_edit
    })?;
    let (zone_id, zone_name) = (zone.id.clone(), zone.name.clone());
    let old_client = wants_zone_in_records(&incoming.headers);
    let show = |record: &Record| {
        let mut json = record.json();
        if old_client {
            json["zone_id"] = json!(zone_id);
            json["zone_name"] = json!(zone_name);
        }
        json
    };
    match (rest, method) {
        ([], &Method::GET) => list::records(zone, query, show),
        ([], &Method::POST) => Ok(success(show(create(zone, &body(incoming)?)?))),
        (["batch"], &Method::POST) => batch(zone, &body(incoming)?, show),
        ([id], &Method::GET) if is_id(id) => Ok(success(show(&zone.records[position(zone, id)?]))),
        ([id], &Method::PUT) if is_id(id) => Ok(success(show(replace(zone, id, &body(incoming)?)?))),
        ([id], &Method::PATCH) if is_id(id) => Ok(success(show(patch(zone, id, &body(incoming)?)?))),
        ([id], &Method::DELETE) if is_id(id) => {
            let record = delete(zone, id)?;
            Ok(success(json!({ "id": record.id })))
        }
        ([] | ["batch"], _) => Err(ApiError::method()),
        ([id], _) if is_id(id) => Err(ApiError::method()),
        _ => Err(ApiError::no_route(&incoming.path)),
    }
}

/// Cloudflare stopped to say a record's zone in November 2024. The cert-manager that the sandbox runs is older and
/// deletes by that field; it alone still gets it, so that nothing new can come to rest on it.
fn wants_zone_in_records(headers: &HeaderMap) -> bool {
    headers
        .get("user-agent")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|agent| agent.starts_with("cert-manager"))
}

/// The body, an object. As Cloudflare, this does not ask for a content type.
fn body(incoming: &Incoming) -> ApiResult<Map<String, Value>> {
    serde_json::from_slice(&incoming.body).map_err(|_| ApiError::invalid(9207, "Request body is invalid."))
}

fn position(zone: &Zone, id: &str) -> ApiResult<usize> {
    zone.records
        .iter()
        .position(|record| record.id == id)
        .ok_or_else(ApiError::no_record)
}

fn create<'a>(zone: &'a mut Zone, body: &Map<String, Value>) -> ApiResult<&'a Record> {
    let draft = Draft::check(zone, body, None)?;
    Ok(zone.add(draft))
}

fn replace<'a>(zone: &'a mut Zone, id: &str, body: &Map<String, Value>) -> ApiResult<&'a Record> {
    let position = position(zone, id)?;
    let draft = Draft::check(zone, body, Some(id))?;
    zone.changes += 1;
    zone.records[position].become_draft(draft);
    Ok(&zone.records[position])
}

fn patch<'a>(zone: &'a mut Zone, id: &str, body: &Map<String, Value>) -> ApiResult<&'a Record> {
    let Value::Object(mut merged) = zone.records[position(zone, id)?].json() else {
        return Err(ApiError::no_record());
    };
    merged.extend(body.clone());
    replace(zone, id, &merged)
}

fn delete(zone: &mut Zone, id: &str) -> ApiResult<Record> {
    let position = position(zone, id)?;
    zone.changes += 1;
    Ok(zone.records.remove(position))
}

/// Deletes, patches, puts and posts in this order: all of them or none.
fn batch(zone: &mut Zone, body: &Map<String, Value>, show: impl Fn(&Record) -> Value) -> ApiResult<Value> {
    let mut next = zone.clone();
    let mut result = Map::new();
    let parts = ["deletes", "patches", "puts", "posts"];
    let count: usize = parts
        .iter()
        .filter_map(|part| body.get(*part).and_then(Value::as_array).map(Vec::len))
        .sum();
    if count > BATCH {
        return Err(ApiError::invalid(
            81067,
            format!("A batch may have {BATCH} changes on this plan; this one has {count}."),
        ));
    }
    for part in parts {
        let mut done = Vec::new();
        for item in body.get(part).and_then(Value::as_array).into_iter().flatten() {
            let item = item
                .as_object()
                .ok_or_else(|| ApiError::invalid(9207, "Request body is invalid."))?;
            let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
            done.push(match part {
                "deletes" => show(&delete(&mut next, id)?),
                "patches" => show(patch(&mut next, id, item)?),
                "puts" => show(replace(&mut next, id, item)?),
                _ => show(create(&mut next, item)?),
            });
        }
        result.insert(part.to_owned(), done.into());
    }
    *zone = next;
    Ok(success(result.into()))
}
