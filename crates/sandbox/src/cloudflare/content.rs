//! What a record says: its content in the API's words, checked, and as DNS needs it.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::error::{ApiError, ApiResult};

/// The types of records that the emulator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    A,
    Aaaa,
    Cname,
    Txt,
    Ns,
    Mx,
    Srv,
    Caa,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::A,
        Self::Aaaa,
        Self::Cname,
        Self::Txt,
        Self::Ns,
        Self::Mx,
        Self::Srv,
        Self::Caa,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Txt => "TXT",
            Self::Ns => "NS",
            Self::Mx => "MX",
            Self::Srv => "SRV",
            Self::Caa => "CAA",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// Whether Cloudflare can put its proxy before such a record.
    pub(super) fn proxiable(self) -> bool {
        matches!(self, Self::A | Self::Aaaa | Self::Cname)
    }
}

/// The content of a record, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Cname(String),
    /// The text as the API had it, and the bytes that it stands for.
    Txt {
        written: String,
        bytes: Vec<u8>,
    },
    Ns(String),
    Mx {
        priority: u16,
        host: String,
    },
    Srv {
        priority: u16,
        weight: u16,
        port: u16,
        target: String,
    },
    Caa {
        flags: u8,
        tag: String,
        value: String,
    },
}

impl Data {
    pub(super) fn txt(written: &str) -> Self {
        Self::Txt {
            written: written.to_owned(),
            bytes: unquote(written),
        }
    }

    /// Reads it from the body of a request.
    pub(super) fn parse(kind: Kind, body: &Map<String, Value>) -> ApiResult<Self> {
        let content = body.get("content").and_then(Value::as_str).unwrap_or_default().trim();
        let host = |code: u32| {
            host_name(content)
                .ok_or_else(|| ApiError::invalid(code, format!("Content for {} record is invalid.", kind.name())))
        };
        Ok(match kind {
            Kind::A => Self::A(
                content
                    .parse()
                    .map_err(|_| ApiError::invalid(9005, "Content for A record must be a valid IPv4 address."))?,
            ),
            Kind::Aaaa => Self::Aaaa(
                content
                    .parse()
                    .map_err(|_| ApiError::invalid(9006, "Content for AAAA record must be a valid IPv6 address."))?,
            ),
            Kind::Cname => Self::Cname(host(9007)?),
            Kind::Ns => Self::Ns(host(9008)?),
            Kind::Txt => match content.len() {
                1..=2048 => Self::txt(content),
                0 => return Err(ApiError::validation(9009, "Content for TXT record must not be empty.")),
                _ => {
                    return Err(ApiError::validation(
                        9010,
                        "Content for TXT record is longer than 2048 characters.",
                    ));
                }
            },
            Kind::Mx => Self::Mx {
                priority: number(body, "priority")?,
                host: host(9009)?,
            },
            Kind::Srv => {
                let data = object(body)?;
                let target = text(data, "target")?;
                Self::Srv {
                    priority: number(data, "priority")?,
                    weight: number(data, "weight")?,
                    port: number(data, "port")?,
                    target: host_name(target)
                        .ok_or_else(|| ApiError::validation(9101, "target is not a valid hostname."))?,
                }
            }
            Kind::Caa => {
                let data = object(body)?;
                let tag = text(data, "tag")?;
                if !matches!(tag, "issue" | "issuewild" | "iodef") {
                    return Err(ApiError::validation(9101, "tag must be issue, issuewild or iodef."));
                }
                Self::Caa {
                    flags: u8::try_from(number(data, "flags")?)
                        .map_err(|_| ApiError::validation(9101, "flags must be between 0 and 255."))?,
                    tag: tag.to_owned(),
                    value: text(data, "value")?.to_owned(),
                }
            }
        })
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::A(_) => Kind::A,
            Self::Aaaa(_) => Kind::Aaaa,
            Self::Cname(_) => Kind::Cname,
            Self::Txt { .. } => Kind::Txt,
            Self::Ns(_) => Kind::Ns,
            Self::Mx { .. } => Kind::Mx,
            Self::Srv { .. } => Kind::Srv,
            Self::Caa { .. } => Kind::Caa,
        }
    }

    /// The content as the API shows it.
    pub(super) fn content(&self) -> String {
        match self {
            Self::A(address) => address.to_string(),
            Self::Aaaa(address) => address.to_string(),
            Self::Cname(host) | Self::Ns(host) | Self::Mx { host, .. } => host.clone(),
            Self::Txt { written, .. } => written.clone(),
            Self::Srv {
                weight, port, target, ..
            } => format!("{weight} {port} {target}"),
            Self::Caa { flags, tag, value } => format!("{flags} {tag} \"{value}\""),
        }
    }

    /// The `data` object, for the types that have one.
    pub(super) fn data(&self) -> Option<Value> {
        match self {
            Self::Srv {
                priority,
                weight,
                port,
                target,
            } => Some(json!({ "priority": priority, "weight": weight, "port": port, "target": target })),
            Self::Caa { flags, tag, value } => Some(json!({ "flags": flags, "tag": tag, "value": value })),
            _ => None,
        }
    }

    /// The `priority` beside the content, for the types that have one.
    pub(super) fn priority(&self) -> Option<u16> {
        match self {
            Self::Mx { priority, .. } | Self::Srv { priority, .. } => Some(*priority),
            _ => None,
        }
    }

    /// Whether DNS would answer the same for both.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Txt { bytes: a, .. }, Self::Txt { bytes: b, .. }) => a == b,
            _ => self == other,
        }
    }
}

fn object(body: &Map<String, Value>) -> ApiResult<&Map<String, Value>> {
    body.get("data")
        .and_then(Value::as_object)
        .ok_or_else(|| ApiError::validation(9101, "data is a required field."))
}

fn text<'a>(body: &'a Map<String, Value>, field: &str) -> ApiResult<&'a str> {
    body.get(field)
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::validation(9101, format!("{field} is a required data field.")))
}

/// A small number; clients in JavaScript's tradition write it as a floating-point one.
fn number(body: &Map<String, Value>, field: &str) -> ApiResult<u16> {
    let value = body
        .get(field)
        .and_then(Value::as_f64)
        .ok_or_else(|| ApiError::validation(9101, format!("{field} is a required field.")))?;
    if value.fract() == 0.0 && (0.0..=65535.0).contains(&value) {
        Ok(value as u16)
    } else {
        Err(ApiError::validation(
            9101,
            format!("{field} must be between 0 and 65535."),
        ))
    }
}

/// The host name in its one spelling: lower case, no dot at the end. Underscores are fine in DNS.
pub(super) fn host_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    (name.len() <= 253 && name.split('.').all(label)).then_some(name)
}

/// The bytes of a TXT record's content: as it stands, or between quotation marks, in pieces or not.
fn unquote(content: &str) -> Vec<u8> {
    if !content.starts_with('"') {
        return content.as_bytes().to_vec();
    }
    let mut bytes = Vec::new();
    let mut quoted = false;
    let mut rest = content.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => bytes.extend(rest.next()),
            _ if quoted => bytes.push(byte),
            // Between two pieces.
            _ => {}
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_do_not_change_a_text() {
        assert_eq!(unquote("plain text"), b"plain text");
        assert_eq!(unquote(r#""plain text""#), b"plain text");
        assert_eq!(unquote(r#""one" "two \"2\"""#), br#"onetwo "2""#);
        assert!(Data::txt("a").same(&Data::txt("\"a\"")));
        assert!(!Data::txt("a").same(&Data::txt("b")));
    }

    #[test]
    fn host_names_have_one_spelling() {
        assert_eq!(host_name("WWW.Example.com.").as_deref(), Some("www.example.com"));
        assert_eq!(host_name("_acme-challenge.x").as_deref(), Some("_acme-challenge.x"));
        for wrong in ["", ".", "a..b", "a b", "*.a", &"x".repeat(64)] {
            assert_eq!(host_name(wrong), None, "{wrong}");
        }
    }
}
