//! Labels: what may be written, and the selectors that find it.

use std::collections::BTreeMap;

use super::error::{ApiError, ApiResult};

pub(crate) type Labels = BTreeMap<String, String>;

/// Refuses what Hetzner refuses.
pub(crate) fn check(labels: &Labels) -> ApiResult<()> {
    for (key, value) in labels {
        let (prefix, name) = match key.split_once('/') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, key.as_str()),
        };
        if let Some(prefix) = prefix {
            if prefix == "hetzner.cloud" || prefix.ends_with(".hetzner.cloud") {
                return Err(ApiError::invalid(
                    "labels",
                    format!("label key '{key}' uses a reserved prefix"),
                ));
            }
            let dns = |label: &str| is_word(label, |byte| byte == b'-') && label.to_lowercase() == label;
            if prefix.len() > 253 || !prefix.split('.').all(dns) {
                return Err(ApiError::invalid(
                    "labels",
                    format!("label key '{key}' has an invalid prefix"),
                ));
            }
        }
        if name.is_empty() || !is_label(name) {
            return Err(ApiError::invalid("labels", format!("label key '{key}' is not valid")));
        }
        if !value.is_empty() && !is_label(value) {
            return Err(ApiError::invalid(
                "labels",
                format!("label value '{value}' of '{key}' is not valid"),
            ));
        }
    }
    Ok(())
}

fn is_label(text: &str) -> bool {
    is_word(text, |byte| matches!(byte, b'-' | b'_' | b'.'))
}

/// At most 63 characters, alphanumeric at both ends, and `inner` allowed between.
fn is_word(text: &str, inner: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    bytes.len() <= 63
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|&byte| byte.is_ascii_alphanumeric() || inner(byte))
}

/// A parsed selector: every requirement must hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Debug, PartialEq, Eq)]
enum Requirement {
    Is(String, Vec<String>),
    IsNot(String, Vec<String>),
    Has(String),
    HasNot(String),
}

impl Selector {
    pub(crate) fn parse(text: &str) -> ApiResult<Self> {
        let wrong = |part: &str| ApiError::invalid("label_selector", format!("'{part}' is not a label selector"));
        let mut requirements = Vec::new();
        for part in split(text).ok_or_else(|| wrong(text))? {
            requirements.push(requirement(part).ok_or_else(|| wrong(part))?);
        }
        Ok(Self(requirements))
    }

    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| match requirement {
            Requirement::Is(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            // As in Kubernetes, an object without the key is not equal to any value.
            Requirement::IsNot(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
            Requirement::Has(key) => labels.contains_key(key),
            Requirement::HasNot(key) => !labels.contains_key(key),
        })
    }
}

/// Splits at the commas that stand outside of parentheses; none where the parentheses do not fit.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        if !(0..=1).contains(&depth) {
            return None;
        }
    }
    let rest = text[start..].trim();
    if !rest.is_empty() || !parts.is_empty() {
        parts.push(rest);
    }
    (depth == 0).then_some(parts)
}

fn requirement(part: &str) -> Option<Requirement> {
    let key = |text: &str| {
        let text = text.trim();
        let name = text.rsplit('/').next().unwrap_or(text);
        is_label(name).then(|| text.to_owned())
    };
    let value = |text: &str| {
        let text = text.trim();
        (text.is_empty() || is_label(text)).then(|| vec![text.to_owned()])
    };
    if let Some(list) = part.strip_suffix(')') {
        let (head, list) = list.split_once('(')?;
        let values = list.split(',').map(|text| text.trim().to_owned()).collect();
        let head = head.trim();
        return if let Some(name) = head.strip_suffix(" notin") {
            Some(Requirement::IsNot(key(name)?, values))
        } else {
            Some(Requirement::Is(key(head.strip_suffix(" in")?)?, values))
        };
    }
    if let Some((name, text)) = part.split_once("!=") {
        return Some(Requirement::IsNot(key(name)?, value(text)?));
    }
    if let Some((name, text)) = part.split_once("==").or_else(|| part.split_once('=')) {
        return Some(Requirement::Is(key(name)?, value(text)?));
    }
    match part.strip_prefix('!') {
        Some(name) => Some(Requirement::HasNot(key(name)?)),
        None => Some(Requirement::Has(key(part)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn selectors_have_the_whole_grammar() {
        let object = labels(&[("hoist.dev/cluster", "c1"), ("role", "server"), ("empty", "")]);
        let matching = [
            "",
            "role",
            "!pool",
            "role=server",
            "role==server",
            "role!=agent",
            "pool!=x",
            "empty=",
            "role in (agent, server)",
            "role notin (agent)",
            "pool notin (a,b)",
            "hoist.dev/cluster=c1,role in (server,agent),!pool",
        ];
        for text in matching {
            assert!(Selector::parse(text).unwrap().matches(&object), "{text}");
        }
        let others = [
            "pool",
            "!role",
            "role=agent",
            "role!=server",
            "role in (agent)",
            "role notin (server)",
            "pool=",
            "role,pool",
        ];
        for text in others {
            assert!(!Selector::parse(text).unwrap().matches(&object), "{text}");
        }
    }

    #[test]
    fn broken_selectors_are_refused() {
        for text in [
            "role in server",
            "role in (a",
            "role)",
            ",",
            "role=,=x",
            "=x",
            "a in ((b))",
            "role=a b",
        ] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn label_rules() {
        for (key, value) in [("a", ""), ("hoist.dev/name", "x-1.y_z"), ("A9", "Z")] {
            assert!(check(&labels(&[(key, value)])).is_ok(), "{key}={value}");
        }
        let long = "x".repeat(64);
        for (key, value) in [
            ("hetzner.cloud/x", ""),
            ("", ""),
            ("-a", ""),
            ("a/b/c", ""),
            ("UPPER.dev/a", ""),
            ("a", "-"),
            ("a", "with space"),
            ("a", long.as_str()),
            (long.as_str(), "a"),
        ] {
            assert!(check(&labels(&[(key, value)])).is_err(), "{key}={value}");
        }
    }
}
