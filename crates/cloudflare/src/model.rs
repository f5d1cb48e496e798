//! What the API sends and takes.

use serde::{Deserialize, Serialize};

/// How a token stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TokenStatus {
    /// The token's id, which is no secret.
    #[serde(default)]
    pub id: String,
    /// `active`, `disabled` or `expired`.
    #[serde(default)]
    pub status: String,
    /// When it ends, if it does.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its domain.
    pub name: String,
    /// `active`, `pending`, …
    #[serde(default)]
    pub status: String,
    /// What the token may do with it, such as `#dns_records:edit`; empty where the API does not say.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// The name servers that it is to be delegated to.
    #[serde(default)]
    pub name_servers: Vec<String>,
}

/// A DNS record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its full name.
    pub name: String,
    /// `A`, `AAAA`, `TXT`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(default)]
    pub content: String,
    /// Seconds; 1 is "automatic".
    #[serde(default)]
    pub ttl: u32,
    /// A note, by which hoist knows its own.
    #[serde(default)]
    pub comment: Option<String>,
    /// Whether Cloudflare stands in front.
    #[serde(default)]
    pub proxied: bool,
}

/// A DNS record to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewRecord {
    /// Its full name.
    pub name: String,
    /// `A`, `AAAA`, `TXT`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says. The text of a TXT record comes in double quotes.
    pub content: String,
    /// Seconds, from 60; 1 is "automatic".
    pub ttl: u32,
    /// A note, by which hoist knows its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether Cloudflare stands in front.
    pub proxied: bool,
}

/// Which records to list. What is absent does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// The full name.
    pub name: Option<String>,
    /// The type.
    pub kind: Option<String>,
    /// The whole comment.
    pub comment: Option<String>,
}

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<T> {
    #[serde(default)]
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) errors: Vec<crate::ApiMessage>,
    pub(crate) result: Option<T>,
    #[serde(default)]
    pub(crate) result_info: Option<PageInfo>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PageInfo {
    #[serde(default)]
    pub(crate) page: u32,
    #[serde(default)]
    pub(crate) total_pages: u32,
}
