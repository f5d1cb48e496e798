//! TOML, compared with BurntSushi's.

mod documents;
mod read;
mod write;

use std::any::Any;
use std::rc::Rc;

use crate::peer::{ask, literal};
use hoist_goencoding::toml::{self, Datetime, TomlError, Zone};
use hoist_govalue::{Kind, Object, Str, Type, Value};

/// A `time.Time`, as far as it is printed.
#[derive(Debug)]
struct Time(Datetime);

impl Time {
    fn clock(&self) -> String {
        let it = self.0;
        let fraction = format!(".{:09}", it.nanosecond);
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        format!("{:02}:{:02}:{:02}{fraction}", it.hour, it.minute, it.second)
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.0.year, self.0.month, self.0.day)
    }

    fn offset(&self, colon: &str) -> String {
        let seconds = match self.0.zone {
            Zone::Offset(seconds) => seconds,
            _ => 0,
        };
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

impl Object for Time {
    fn ty(&self) -> Type {
        Type::Named("time.Time", Kind::Struct)
    }
    fn text(&self) -> Option<Str> {
        let name = match self.0.zone {
            // Of a machine in UTC.
            Zone::Utc | Zone::Offset(0) => "UTC".to_owned(),
            Zone::Offset(_) => self.offset(""),
            Zone::LocalDatetime => "datetime-local".to_owned(),
            Zone::LocalDate => "date-local".to_owned(),
            Zone::LocalTime => "time-local".to_owned(),
        };
        Some(Str::from(format!(
            "{} {} {} {name}",
            self.date(),
            self.clock(),
            self.offset("")
        )))
    }
    fn plain(&self) -> Value {
        let offset = self.offset(":");
        let zone = if offset == "+00:00" { "Z".to_owned() } else { offset };
        Value::from(format!("{}T{}{zone}", self.date(), self.clock()))
    }
    fn any(&self) -> &dyn Any {
        self
    }
}

fn time(datetime: &Datetime) -> Value {
    Value::Object(Rc::new(Time(*datetime)))
}

/// As Helm's `fromToml`.
fn from_toml(text: &[u8]) -> Value {
    Value::Map(toml::decode(text, &time).unwrap_or_else(|error| {
        assert!(matches!(error, TomlError::Refused(_)), "{error}");
        [(Str::from("Error"), Value::from(error.to_string()))]
            .into_iter()
            .collect()
    }))
}

/// As Helm's `toToml`; `None` where the rendering dies.
fn to_toml(value: &Value) -> Option<Vec<u8>> {
    match toml::encode(value) {
        Ok(text) => Some(text),
        Err(TomlError::Refused(text)) => Some(text.into_bytes()),
        Err(_) => None,
    }
}

fn compare(cases: Vec<(String, Vec<u8>)>) {
    let expressions: Vec<_> = cases.iter().map(|(expression, _)| expression.clone()).collect();
    for ((expression, ours), theirs) in cases.iter().zip(ask(&expressions)) {
        assert_eq!(
            String::from_utf8_lossy(ours),
            String::from_utf8_lossy(&theirs),
            "{expression}"
        );
        assert_eq!(*ours, theirs, "{expression}");
    }
}

fn written(values: &[Value]) {
    let cases = values
        .iter()
        .filter_map(|value| Some((format!("toToml {}", literal(value)), to_toml(value)?)));
    compare(cases.collect());
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(
        entries
            .iter()
            .map(|(key, value)| (Str::from(*key), value.clone()))
            .collect(),
    )
}
