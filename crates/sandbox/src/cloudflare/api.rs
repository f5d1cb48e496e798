//! From a path to what answers it.

use axum::Json;
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::{ApiError, ApiResult};
use super::query::Query;
use super::token::{self, Grants};
use super::{Cloudflare, list, records};
use crate::emulator::Incoming;

pub(super) fn answer(cloudflare: &Cloudflare, incoming: &Incoming) -> Response {
    let mut response = match handle(cloudflare, incoming) {
        Ok(body) => Json(body).into_response(),
        Err(error) => error.into_response(),
    };
    let ray = uuid::Uuid::new_v4().simple().to_string();
    if let Ok(ray) = format!("{}-LOC", &ray[..16]).parse() {
        response.headers_mut().insert("cf-ray", ray);
    }
    response
}

fn handle(cloudflare: &Cloudflare, incoming: &Incoming) -> ApiResult<Value> {
    let path = incoming.path.as_str();
    token::admit(cloudflare, &incoming.headers, path)?;
    let grants = cloudflare.grants();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let query = Query::parse(&incoming.query);
    match (segments.as_slice(), &incoming.method) {
        (["user", "tokens", "verify"], &Method::GET) => Ok(token::verify(&grants)),
        (["zones"], &Method::GET) => {
            Grants::require(grants.zone_read)?;
            list::zones(&cloudflare.zones(), &query, &grants)
        }
        (["zones"], &Method::POST) => Err(ApiError::new(
            403,
            0,
            "Requires permission \"com.cloudflare.api.account.zone.create\" to create zones for the selected account",
        )),
        (["zones", id], &Method::GET) if is_id(id) => {
            Grants::require(grants.zone_read)?;
            match cloudflare.zones().find(id) {
                Some(zone) => Ok(success(zone.json(&grants))),
                None => Err(ApiError::new(403, 9109, "Unauthorized to access requested resource")),
            }
        }
        (["zones", id, "dns_records", rest @ ..], _) if is_id(id) => {
            let mut zones = cloudflare.zones();
            let zone = zones.find_mut(id).ok_or_else(ApiError::not_permitted)?;
            records::route(zone, incoming, rest, &query, &grants)
        }
        (["user", "tokens", "verify"] | ["zones"], _) => Err(ApiError::method()),
        (["zones", id], _) if is_id(id) => Err(ApiError::method()),
        _ => Err(ApiError::no_route(path)),
    }
}

/// Whether this is an identifier at all: 32 hexadecimal digits.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The envelope of a success.
pub(super) fn success(result: Value) -> Value {
    json!({ "result": result, "success": true, "errors": [], "messages": [] })
}
