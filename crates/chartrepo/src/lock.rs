//! hoist.lock: what has been downloaded, by digest. Reading and writing its text; no IO.

use std::fmt::Write as _;

use hoist_sprig::semver::Version;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::Digest;
use crate::refs::{ChartRef, FileRef, shown};

/// The version of the format that this program writes, and the newest that it reads.
const FORMAT: i64 = 1;

const HEADER: &str = "\
# What hoist has downloaded, by digest. hoist writes this file; commit it beside hoist.yaml.
# Content that changes is refused. `hoist vendor --update NAME` accepts it, or takes a newer version.
";

/// The content of hoist.lock. Its order is stable, and what it does not know it keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    charts: Vec<ChartLock>,
    files: Vec<FileLock>,
    rest: Table,
}

/// A chart that is pinned.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartLock {
    /// The repository's URL, without credentials, query and closing slash. Never a mirror's.
    pub repo: String,
    /// The chart's name.
    pub name: String,
    /// What was asked for: a version or a constraint.
    pub requested: String,
    /// The version that this led to.
    pub version: String,
    /// The archive's digest.
    pub digest: Digest,
    /// The archive's own URL, without credentials and query. Absent when it came from a mirror.
    pub source: Option<String>,
    /// The digest of the manifest, in a registry.
    pub manifest: Option<Digest>,
    rest: Table,
}

/// A file that is pinned.
#[derive(Clone, Debug, PartialEq)]
pub struct FileLock {
    /// The file's URL, without credentials. Never a mirror's.
    pub url: String,
    /// The file's digest.
    pub digest: Digest,
    rest: Table,
}

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

    /// All charts, by name, repository and request.
    pub fn charts(&self) -> &[ChartLock] {
        &self.charts
    }

    /// All files, by URL.
    pub fn files(&self) -> &[FileLock] {
        &self.files
    }

    /// What pins a chart: the entry of the same repository, name and request.
    pub fn chart(&self, want: &ChartRef) -> Option<&ChartLock> {
        let repo = want.identity();
        self.charts
            .iter()
            .find(|chart| chart.name == want.name && chart.requested == want.version && chart.repo == repo)
    }

    /// What pins a file.
    pub fn file(&self, want: &FileRef) -> Option<&FileLock> {
        let url = want.identity();
        self.files.iter().find(|file| file.url == url)
    }

    /// Adds a chart, or replaces the one of the same repository, name and request.
    pub fn put_chart(&mut self, chart: ChartLock) {
        self.charts.retain(|other| !other.is_request_of(&chart));
        let at = self.charts.partition_point(|other| other.order() < chart.order());
        self.charts.insert(at, chart);
    }

    /// Adds a file, or replaces the one of the same URL.
    pub fn put_file(&mut self, file: FileLock) {
        self.files.retain(|other| other.url != file.url);
        let at = self.files.partition_point(|other| other.url < file.url);
        self.files.insert(at, file);
    }

    /// Removes what has this name, or this URL (as it is or as errors show it), so that it is resolved anew. Says how many entries it was.
    pub fn forget(&mut self, name: &str) -> usize {
        let before = self.charts.len() + self.files.len();
        self.charts.retain(|chart| chart.name != name);
        self.files.retain(|file| file.url != name && shown(&file.url) != name);
        before - self.charts.len() - self.files.len()
    }

    /// Removes what nobody asks for any more. Says how many entries it was.
    pub fn keep_only(&mut self, charts: &[ChartRef], files: &[FileRef]) -> usize {
        let kept = charts.iter().filter_map(|want| self.chart(want).cloned());
        let mut new = Self {
            rest: self.rest.clone(),
            ..Self::default()
        };
        kept.for_each(|chart| new.put_chart(chart));
        let kept = files.iter().filter_map(|want| self.file(want).cloned());
        kept.for_each(|file| new.put_file(file));
        let removed = self.charts.len() + self.files.len() - new.charts.len() - new.files.len();
        *self = new;
        removed
    }

    /// The digest that a version of a chart is known by, whatever request led to it.
    pub(crate) fn digests_of(&self, want: &ChartRef) -> Vec<(String, Digest)> {
        let repo = want.identity();
        self.charts
            .iter()
            .filter(|chart| chart.name == want.name && chart.repo == repo)
            .map(|chart| (chart.version.clone(), chart.digest))
            .collect()
    }
}

impl ChartLock {
    pub(crate) fn new(want: &ChartRef, version: String, digest: Digest) -> Self {
        Self {
            repo: want.identity(),
            name: want.name.clone(),
            requested: want.version.clone(),
            version,
            digest,
            source: None,
            manifest: None,
            rest: Table::new(),
        }
    }

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

    fn order(&self) -> (&str, &str, &str) {
        (&self.name, &self.repo, &self.requested)
    }

    fn is_request_of(&self, other: &Self) -> bool {
        self.order() == other.order()
    }

    fn is_content_of(&self, other: &Self) -> bool {
        (&self.name, &self.repo, &self.version) == (&other.name, &other.repo, &other.version)
    }
}

impl FileLock {
    pub(crate) fn new(want: &FileRef, digest: Digest) -> Self {
        Self {
            url: want.identity(),
            digest,
            rest: Table::new(),
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn want(name: &str, version: &str) -> ChartRef {
        ChartRef {
            repo: "https://user:canary@charts.example/a/?token=canary".into(),
            name: name.into(),
            version: version.into(),
            mirror: Some("https://canary@mirror.example".into()),
        }
    }

    fn sample() -> Lock {
        let mut lock = Lock::default();
        let mut chart = ChartLock::new(&want("b", "~1"), "1.2.0".into(), Digest::of(b"b"));
        chart.source = Some("https://charts.example/a/b-1.2.0.tgz".into());
        lock.put_chart(chart);
        lock.put_chart(ChartLock::new(&want("a", ""), "2.0.0".into(), Digest::of(b"a")));
        let file = FileRef {
            url: "https://user:canary@files.example/x.yaml".into(),
            mirror: None,
        };
        lock.put_file(FileLock::new(&file, Digest::of(b"x")));
        lock
    }

    #[test]
    fn its_text_is_stable_and_has_no_credentials() {
        let lock = sample();
        let text = lock.render();
        insta::assert_snapshot!(text, @r#"
        # What hoist has downloaded, by digest. hoist writes this file; commit it beside hoist.yaml.
        # Content that changes is refused. `hoist vendor --update NAME` accepts it, or takes a newer version.
        version = 1

        [[chart]]
        name = "a"
        repo = "https://charts.example/a"
        requested = ""
        version = "2.0.0"
        digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

        [[chart]]
        name = "b"
        repo = "https://charts.example/a"
        requested = "~1"
        version = "1.2.0"
        digest = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
        source = "https://charts.example/a/b-1.2.0.tgz"

        [[file]]
        url = "https://files.example/x.yaml"
        digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        "#);
        assert_eq!(Lock::parse(&text), Ok(lock));
        assert_eq!(Lock::parse(""), Ok(Lock::default()));
    }

    #[test]
    fn entries_are_found_whatever_the_mirror_and_the_login() {
        let lock = sample();
        let mut other = want("b", "~1");
        other.repo = "https://CHARTS.example/a".into();
        other.mirror = None;
        assert_eq!(lock.chart(&other).unwrap().version, "1.2.0");
        assert!(lock.chart(&want("b", "~2")).is_none());
        other.repo = "https://charts.example".into();
        assert!(lock.chart(&other).is_none());
    }

    #[test]
    fn what_is_not_asked_for_goes_and_what_is_unknown_stays() {
        let mut lock = sample();
        assert_eq!(lock.forget("b"), 1);
        assert_eq!(lock.forget("https://files.example/x.yaml"), 1);
        assert_eq!(lock.forget("b"), 0);
        let mut lock = sample();
        assert_eq!(lock.keep_only(&[want("a", "")], &[]), 2);
        assert_eq!(lock.charts().len(), 1);
        let text = format!(
            "{}{}",
            sample()
                .render()
                .replace("requested = \"~1\"", "requested = \"~1\"\nflavour = { a = [1, 2] }"),
            "\n[later]\nx = 1\n\n[[image]]\nname = \"i\"\n[image.more]\nd = 2026-01-01\n"
        );
        let lock = Lock::parse(&text).unwrap();
        let again = lock.render();
        assert_eq!(Lock::parse(&again), Ok(lock));
        for kept in [
            "flavour = { a = [1, 2] }",
            "[later]\nx = 1",
            "[[image]]\nname = \"i\"",
            "d = 2026-01-01",
        ] {
            assert!(again.contains(kept), "{kept} is not in\n{again}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let good = sample().render();
        let digest = Digest::of(b"b").to_string();
        let twice = format!("{good}\n[[file]]\nurl = \"https://files.example/x.yaml\"\ndigest = \"{digest}\"\n");
        for (text, line, why) in [
            (
                good.replace("version = 1\n", "version = 2\n"),
                3,
                "format 2 is not known",
            ),
            (good.replace(&digest, "sha256:00"), 12, "is no digest"),
            (good.replace(&digest, &digest[7..]), 12, "is no digest"),
            (good.replace("\"1.2.0\"", "\"../x\""), 12, "is no version"),
            (good.replace("name = \"b\"\n", ""), 12, "missing field `name`"),
            (good.replace("name = \"b\"", "name = b"), 13, ""),
            (good.replace("name = \"b\"", "name = 1"), 13, "string"),
            (format!("{good}<<<<<<< HEAD\n"), 23, "merge conflict"),
            (twice, 24, "twice"),
            (
                good.replace("name = \"a\"", "name = \"b\"")
                    .replace("requested = \"\"", "requested = \"~1\""),
                12,
                "two versions",
            ),
            (
                good.replace("name = \"a\"", "name = \"b\"").replace("2.0.0", "1.2.0"),
                12,
                "two digests",
            ),
        ] {
            let error = Lock::parse(&text).unwrap_err();
            assert_eq!(error.line, Some(line), "{error}\n{text}");
            assert!(error.why.contains(why), "{error}");
            assert!(!error.hint().is_empty());
        }
    }

    fn charts() -> impl Strategy<Value = Vec<ChartLock>> {
        let chart = ("[a-c]", "[a-z./:\"'\\\\]{0,6}", "\\PC{0,8}", 0..3_u64, any::<bool>());
        prop::collection::vec(chart, 0..6).prop_map(|charts| {
            let chart = |(name, repo, requested, version, more): (String, String, String, u64, bool)| ChartLock {
                digest: Digest::of(format!("{name}{repo}{version}").as_bytes()),
                manifest: more.then(|| Digest::of(b"m")),
                source: more.then(|| format!("https://{repo}")),
                version: format!("{version}.0.0"),
                name,
                repo,
                requested,
                rest: Table::new(),
            };
            charts.into_iter().map(chart).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_in_any_order(charts in charts(), urls in prop::collection::vec("\\PC{0,12}", 0..4)) {
            let mut lock = Lock::default();
            for chart in &charts {
                lock.put_chart(chart.clone());
            }
            for url in &urls {
                lock.put_file(FileLock { url: url.clone(), digest: Digest::of(url.as_bytes()), rest: Table::new() });
            }
            let text = lock.render();
            prop_assert_eq!(Lock::parse(&text), Ok(lock.clone()));
            // Entries come in one order, whatever order they were added in.
            let mut other = Lock::default();
            for chart in lock.charts().iter().rev() {
                other.put_chart(chart.clone());
            }
            for file in lock.files().iter().rev() {
                other.put_file(file.clone());
            }
            prop_assert_eq!(other.render(), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", middle in "[\\[\\]a-z=\"\\n ]{0,40}") {
            let _ = Lock::parse(&text);
            let _ = Lock::parse(&format!("[[chart]]\n{middle}"));
        }
    }
}
