//! The text of hoist.lock: read with the line of each mistake, written in one order.

use std::fmt::Write as _;

use hoist_sprig::semver::Version;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{ChartLock, FileLock, Lock};
use crate::Digest;
use crate::refs::shown;

/// The version of the format that this program writes, and the newest that it reads.
const FORMAT: i64 = 1;

const HEADER: &str = "\
# What hoist has downloaded, by digest. hoist writes this file; commit it beside hoist.yaml.
# Content that changes is refused. `hoist vendor --update NAME` accepts it, or takes a newer version.
";

/// A text is no lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hoist.lock{}: {why}", line.map_or_else(String::new, |line| format!(", line {line}")))]
pub struct LockError {
    /// The line, from 1.
    pub line: Option<usize>,
    /// Why.
    pub why: String,
}

impl LockError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        if self.why.contains("merge") {
            "keep one side of each conflict, or delete the entries in question: they are written anew"
        } else {
            "undo the edit, or delete the entry in question: it is written anew, and its content is looked at again"
        }
    }
}

#[derive(Deserialize)]
struct RawLock {
    version: Option<Spanned<i64>>,
    #[serde(default)]
    chart: Vec<Spanned<RawChart>>,
    #[serde(default)]
    file: Vec<Spanned<RawFile>>,
    #[serde(flatten)]
    rest: Table,
}

#[derive(Deserialize)]
struct RawChart {
    repo: String,
    name: String,
    #[serde(default)]
    requested: String,
    version: String,
    digest: String,
    source: Option<String>,
    manifest: Option<String>,
    #[serde(flatten)]
    rest: Table,
}

#[derive(Deserialize)]
struct RawFile {
    url: String,
    digest: String,
    #[serde(flatten)]
    rest: Table,
}

impl Lock {
    /// Reads a lock. The empty text is an empty lock.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let marker = |line: &str| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>");
        if let Some(line) = text.lines().position(marker) {
            return Err(LockError {
                line: Some(line + 1),
                why: "an unresolved merge conflict".into(),
            });
        }
        let at = |offset: usize, why: String| LockError {
            line: Some(line_of(text, offset)),
            why,
        };
        let raw: RawLock = toml::from_str(text).map_err(|error| LockError {
            line: error.span().map(|span| line_of(text, span.start)),
            why: error.message().trim().replace('\n', " "),
        })?;
        if let Some(version) = raw.version
            && !(1..=FORMAT).contains(version.get_ref())
        {
            let why = format!(
                "format {} is not known; a newer hoist has written it",
                version.get_ref()
            );
            return Err(at(version.span().start, why));
        }
        let mut lock = Self {
            rest: raw.rest,
            ..Self::default()
        };
        for chart in raw.chart {
            let offset = chart.span().start;
            let chart = ChartLock::read(chart.into_inner()).map_err(|why| at(offset, why))?;
            lock.admit(chart).map_err(|why| at(offset, why))?;
        }
        for file in raw.file {
            let offset = file.span().start;
            let raw = file.into_inner();
            let digest = digest(&raw.digest).map_err(|why| at(offset, why))?;
            let file = FileLock {
                url: raw.url,
                digest,
                rest: raw.rest,
            };
            if lock
                .files
                .iter()
                .any(|other| other.url == file.url && other.digest != file.digest)
            {
                return Err(at(
                    offset,
                    format!("{} is there twice, with two digests", shown(&file.url)),
                ));
            }
            lock.put_file(file);
        }
        Ok(lock)
    }

    fn admit(&mut self, chart: ChartLock) -> Result<(), String> {
        let other = self.charts.iter().find(|other| other.is_content_of(&chart));
        if other.is_some_and(|other| other.digest != chart.digest) {
            return Err(format!(
                "{} {} is there twice, with two digests",
                chart.name, chart.version
            ));
        }
        let other = self.charts.iter().find(|other| other.is_request_of(&chart));
        if other.is_some_and(|other| other.version != chart.version) {
            return Err(format!(
                "{} `{}` is there twice, with two versions",
                chart.name, chart.requested
            ));
        }
        self.put_chart(chart);
        Ok(())
    }

    /// The text: the same for the same content.
    pub fn render(&self) -> String {
        let mut out = format!("{HEADER}version = {FORMAT}\n");
        // What is no table must come before the first one.
        let (tables, plain): (Vec<_>, Vec<_>) = self.rest.iter().partition(|(_, value)| is_table(value));
        for (key, value) in plain {
            field(&mut out, key, value);
        }
        for chart in &self.charts {
            out.push_str("\n[[chart]]\n");
            text(&mut out, "name", &chart.name);
            text(&mut out, "repo", &chart.repo);
            text(&mut out, "requested", &chart.requested);
            text(&mut out, "version", &chart.version);
            text(&mut out, "digest", &chart.digest.to_string());
            if let Some(source) = &chart.source {
                text(&mut out, "source", source);
            }
            if let Some(manifest) = &chart.manifest {
                text(&mut out, "manifest", &manifest.to_string());
            }
            chart.rest.iter().for_each(|(key, value)| field(&mut out, key, value));
        }
        for file in &self.files {
            out.push_str("\n[[file]]\n");
            text(&mut out, "url", &file.url);
            text(&mut out, "digest", &file.digest.to_string());
            file.rest.iter().for_each(|(key, value)| field(&mut out, key, value));
        }
        for (key, value) in tables {
            let table = Table::from_iter([(key.clone(), value.clone())]);
            out.push('\n');
            out.push_str(&table.to_string());
        }
        out
    }
}

impl ChartLock {
    fn read(raw: RawChart) -> Result<Self, String> {
        // The version becomes part of a file's name.
        if Version::parse(&raw.version).is_err() {
            return Err(format!("{:?} is no version", raw.version));
        }
        Ok(Self {
            repo: raw.repo,
            name: raw.name,
            requested: raw.requested,
            version: raw.version,
            digest: digest(&raw.digest)?,
            source: raw.source,
            manifest: raw.manifest.as_deref().map(digest).transpose()?,
            rest: raw.rest,
        })
    }
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text)
        .filter(|_| text.starts_with("sha256:"))
        .ok_or_else(|| format!("{text:?} is no digest: `sha256:` and 64 hexadecimal digits"))
}

fn text(out: &mut String, key: &str, value: &str) {
    field(out, key, &Value::String(value.to_owned()));
}

fn field(out: &mut String, key: &str, value: &Value) {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let key = if !key.is_empty() && key.bytes().all(bare) {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    };
    // Writing to a string does not fail.
    let _ = writeln!(out, "{key} = {value}");
}

fn is_table(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::Array(items) => items.iter().all(Value::is_table) && !items.is_empty(),
        _ => false,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
}
