//! What is wrong with a value, as a tree, in the words of the validator in Helm.

use hoist_govalue::{Value, fmt, strconv};
use serde_json::Value as Json;

/// Something wrong at a place.
#[derive(Debug)]
pub(super) struct Violation {
    /// The names and indexes that lead to the place.
    pub(super) place: Vec<String>,
    pub(super) text: String,
    /// Whether it only says that what a reference led to failed.
    pub(super) is_reference: bool,
    /// Whether it only holds several others together.
    pub(super) is_group: bool,
    pub(super) causes: Vec<Violation>,
}

impl Violation {
    /// Lines that each begin with a line break.
    pub(super) fn shown(&self, indent: usize) -> String {
        let mut text = String::new();
        let mut below = indent;
        if !(self.is_reference && self.causes.len() == 1) {
            text += "\n";
            text += &"  ".repeat(indent - 1);
            text += &format!("- at {}: {}", quote(&self.pointer()), self.text);
            below += 1;
        }
        for cause in &self.causes {
            text += &cause.shown(below);
        }
        text
    }

    fn pointer(&self) -> String {
        let tokens = self.place.iter();
        tokens
            .map(|token| format!("/{}", token.replace('~', "~0").replace('/', "~1")))
            .collect()
    }

    /// The places of it and of its causes, the innermost ones.
    pub(super) fn places(&self) -> Vec<String> {
        if self.causes.is_empty() {
            return vec![self.pointer()];
        }
        self.causes.iter().flat_map(Self::places).collect()
    }
}

/// A text in single quotes.
pub(super) fn quote(text: &str) -> String {
    let quoted = strconv::quote(text.as_bytes());
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

pub(super) fn quoted_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(quote).collect();
    quoted.join(", ")
}

/// A value of the schema, as it stands in a message.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".into(),
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".into(),
        other => other.to_string(),
    }
}

/// A value of the values, as it stands in a message.
pub(super) fn shown_value(value: &Value) -> String {
    match value {
        Value::Str(text) => quote(&text.text()),
        Value::Map(_) | Value::List(_) => "value".into(),
        other => crate::values::printed(fmt::sprint(std::slice::from_ref(other))),
    }
}

/// A number as the English printer of Go's x/text writes it: groups of three digits, or a power of ten.
pub(super) fn english(number: f64) -> String {
    let text = strconv::format_float(number, b'g', None, 64);
    if let Some((mantissa, power)) = text.split_once('e') {
        let power: String = power.trim_start_matches('+').chars().map(superscript).collect();
        return format!("{mantissa}×10{power}");
    }
    let (sign, plain) = match text.strip_prefix('-') {
        Some(plain) => ("-", plain),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let grouped = grouped(whole);
    if fraction.is_empty() {
        return format!("{sign}{grouped}");
    }
    format!("{sign}{grouped}.{fraction}")
}

fn superscript(c: char) -> char {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    match c.to_digit(10) {
        Some(digit) => digits.get(digit as usize).copied().unwrap_or(c),
        None => '⁻',
    }
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count as that printer writes it.
pub(super) fn count(number: usize) -> String {
    grouped(&number.to_string())
}
