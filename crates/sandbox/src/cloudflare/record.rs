//! One record: from the body of a request, with all checks, to what the API shows.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::content::{Data, Kind, host_name};
use super::error::{ApiError, ApiResult};
use super::zone::{Zone, is_below_or_at};

/// How long a comment may be on the free plan.
const COMMENT: usize = 100;
/// "Automatic".
const AUTOMATIC: u32 = 1;
/// What "automatic" is in DNS.
const AUTOMATIC_SECONDS: u32 = 300;

/// A record of a zone.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) content: String,
    pub(super) data: Data,
    pub(super) ttl: u32,
    pub(super) proxied: bool,
    pub(super) comment: Option<String>,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

/// A record that was checked and is in no zone yet.
pub(super) struct Draft {
    name: String,
    data: Data,
    ttl: u32,
    proxied: bool,
    comment: Option<String>,
}

impl Draft {
    pub(super) fn seed(name: String, data: Data) -> Self {
        Self {
            name,
            data,
            ttl: AUTOMATIC,
            proxied: false,
            comment: None,
        }
    }

    /// Reads the body and checks it against the zone's other records; `replaced` is the record that it takes the
    /// place of.
    pub(super) fn check(zone: &Zone, body: &Map<String, Value>, replaced: Option<&str>) -> ApiResult<Self> {
        let kind = field(body, "type")?;
        let Some(kind) = Kind::parse(kind) else {
            return Err(ApiError::validation(
                9200,
                format!("DNS record type \"{kind}\" is invalid, or one that the sandbox does not have."),
            ));
        };
        let name =
            full_name(zone, field(body, "name")?).ok_or_else(|| ApiError::validation(9000, "DNS name is invalid."))?;
        let data = Data::parse(kind, body)?;
        if matches!(&data, Data::Cname(target) if *target == name) {
            return Err(ApiError::invalid(9039, "CNAME record cannot reference itself."));
        }
        let proxied = body.get("proxied").and_then(Value::as_bool).unwrap_or_default();
        if proxied && !kind.proxiable() {
            return Err(ApiError::invalid(9004, "This record type cannot be proxied."));
        }
        let ttl = ttl(body)?;
        let draft = Self {
            name,
            data,
            ttl: if proxied { AUTOMATIC } else { ttl },
            proxied,
            comment: comment(body)?,
        };
        no_tags(body)?;
        draft.no_conflict(zone, replaced)?;
        Ok(draft)
    }

    fn no_conflict(&self, zone: &Zone, replaced: Option<&str>) -> ApiResult<()> {
        for other in &zone.records {
            if other.name != self.name || Some(other.id.as_str()) == replaced {
                continue;
            }
            if other.data.same(&self.data) {
                return Err(ApiError::invalid(81058, "An identical record already exists."));
            }
            match (self.data.kind(), other.kind) {
                (Kind::Cname, Kind::A | Kind::Aaaa | Kind::Cname) => {
                    return Err(ApiError::invalid(
                        81053,
                        "An A, AAAA, or CNAME record with that host already exists.",
                    ));
                }
                (Kind::A | Kind::Aaaa, Kind::Cname) => {
                    return Err(ApiError::invalid(
                        81054,
                        "A CNAME record with that host already exists.",
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn into_record(self, id: String) -> Record {
        let now = Utc::now();
        Record {
            id,
            name: self.name,
            kind: self.data.kind(),
            content: self.data.content(),
            data: self.data,
            ttl: self.ttl,
            proxied: self.proxied,
            comment: self.comment,
            created: now,
            modified: now,
        }
    }
}

impl Record {
    /// Takes on what the draft says and stays the same record.
    pub(super) fn become_draft(&mut self, draft: Draft) {
        let new = draft.into_record(std::mem::take(&mut self.id));
        *self = Self {
            created: self.created,
            ..new
        };
    }

    /// What DNS gives as its time to live.
    pub(super) fn seconds(&self) -> u32 {
        if self.ttl == AUTOMATIC {
            AUTOMATIC_SECONDS
        } else {
            self.ttl
        }
    }

    pub(super) fn json(&self) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut json = json!({
            "id": self.id,
            "name": self.name,
            "type": self.kind.name(),
            "content": self.content,
            "proxiable": self.kind.proxiable(),
            "proxied": self.proxied,
            "ttl": self.ttl,
            "settings": {},
            "meta": {},
            "comment": self.comment,
            "tags": [],
            "created_on": time(self.created),
            "modified_on": time(self.modified),
        });
        self.add_parts(&mut json);
        if self.comment.is_some() {
            json["comment_modified_on"] = json!(time(self.modified));
        }
        json
    }

    pub(super) fn state(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "name": self.name,
            "type": self.kind.name(),
            "content": self.content,
            "proxied": self.proxied,
            "ttl": self.ttl,
            "comment": self.comment,
        });
        self.add_parts(&mut json);
        json
    }

    fn add_parts(&self, json: &mut Value) {
        if let Some(data) = self.data.data() {
            json["data"] = data;
        }
        if let Some(priority) = self.data.priority() {
            json["priority"] = json!(priority);
        }
    }
}

fn field<'a>(body: &'a Map<String, Value>, field: &str) -> ApiResult<&'a str> {
    body.get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| ApiError::validation(9000, format!("{field} is a required field.")))
}

/// The full name: `@` is the zone, and what does not end with the zone's name is below it.
fn full_name(zone: &Zone, name: &str) -> Option<String> {
    if name == "@" {
        return Some(zone.name.clone());
    }
    let (star, rest) = match name.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None if name == "*" => return Some(format!("*.{}", zone.name)),
        None => ("", name),
    };
    let rest = host_name(rest)?;
    let full = if is_below_or_at(&rest, &zone.name) {
        format!("{star}{rest}")
    } else {
        format!("{star}{rest}.{}", zone.name)
    };
    (full.len() <= 253).then_some(full)
}

fn ttl(body: &Map<String, Value>) -> ApiResult<u32> {
    match body.get("ttl") {
        None | Some(Value::Null) => Ok(AUTOMATIC),
        Some(value) => match value.as_f64() {
            Some(ttl) if ttl.fract() == 0.0 && (ttl == 1.0 || (60.0..=86400.0).contains(&ttl)) => Ok(ttl as u32),
            _ => Err(ApiError::invalid(
                9021,
                "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.",
            )),
        },
    }
}

fn comment(body: &Map<String, Value>) -> ApiResult<Option<String>> {
    match body.get("comment") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= COMMENT => Ok(Some(text.clone())),
        Some(Value::String(_)) => Err(ApiError::invalid(
            9313,
            format!("DNS record comment exceeds the maximum length of {COMMENT} characters."),
        )),
        Some(_) => Err(ApiError::validation(9207, "comment must be a string.")),
    }
}

fn no_tags(body: &Map<String, Value>) -> ApiResult<()> {
    match body.get("tags").and_then(Value::as_array).map(Vec::len) {
        None | Some(0) => Ok(()),
        Some(tags) => Err(ApiError::validation(
            9300,
            format!("DNS record has {tags} tags, exceeding the quota of 0."),
        )),
    }
}
