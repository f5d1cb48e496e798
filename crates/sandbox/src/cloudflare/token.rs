//! Who asks, and what the token may do.

use axum::http::HeaderMap;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{ApiError, ApiResult};
use super::{Cloudflare, zone};

/// What the API token may do; every one of them unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Grants {
    /// What `user/tokens/verify` says of it; only an active one may do anything else.
    pub status: TokenStatus,
    /// See zones (`#zone:read`).
    pub zone_read: bool,
    /// See records (`#dns_records:read`).
    pub dns_read: bool,
    /// Make, change and delete records (`#dns_records:edit`).
    pub dns_edit: bool,
}

/// Whether the token works at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenStatus {
    /// It works.
    #[default]
    Active,
    /// Its owner has switched it off.
    Disabled,
    /// Its time is over.
    Expired,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            status: TokenStatus::Active,
            zone_read: true,
            dns_read: true,
            dns_edit: true,
        }
    }
}

impl Grants {
    /// The list that each zone shows.
    pub(super) fn permissions(&self) -> Vec<&'static str> {
        let all = [
            (self.dns_edit, "#dns_records:edit"),
            (self.dns_read, "#dns_records:read"),
            (self.zone_read, "#zone:read"),
        ];
        all.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
    }

    pub(super) fn require(has: bool) -> ApiResult<()> {
        if has { Ok(()) } else { Err(ApiError::not_permitted()) }
    }
}

/// Lets the request in, or says why not.
pub(super) fn admit(cloudflare: &Cloudflare, headers: &HeaderMap, path: &str) -> ApiResult<()> {
    let Some(given) = headers.get("authorization") else {
        return if headers.contains_key("x-auth-key") {
            // The global key of an account is not something that anybody should give to a cluster.
            Err(ApiError::new(403, 9103, "Unknown X-Auth-Key or X-Auth-Email"))
        } else {
            Err(ApiError::invalid(
                9106,
                "Missing X-Auth-Key, X-Auth-Email or Authorization headers",
            ))
        };
    };
    let Some(given) = given.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")) else {
        return Err(ApiError::invalid(6003, "Invalid request headers"));
    };
    let active = cloudflare.grants().status == TokenStatus::Active;
    let verify = path == "/user/tokens/verify";
    if given == cloudflare.token.expose_secret() && (active || verify) {
        return Ok(());
    }
    Err(match path {
        "/user/tokens/verify" => ApiError::new(401, 1000, "Invalid API Token"),
        _ if path.ends_with("/dns_records") || path.contains("/dns_records/") => ApiError::not_permitted(),
        _ => ApiError::new(403, 9109, "Invalid access token"),
    })
}

/// The answer of `user/tokens/verify`.
pub(super) fn verify(grants: &Grants) -> Value {
    let messages = match grants.status {
        TokenStatus::Active => {
            vec![json!({ "code": 10000, "message": "This API Token is valid and active", "type": null })]
        }
        TokenStatus::Disabled | TokenStatus::Expired => vec![],
    };
    json!({
        "result": { "id": zone::id("token", 0), "status": grants.status },
        "success": true,
        "errors": [],
        "messages": messages,
    })
}
