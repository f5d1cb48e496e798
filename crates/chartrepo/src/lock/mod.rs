//! hoist.lock: what has been downloaded, by digest.

mod file;
#[cfg(test)]
mod tests;
mod text;

use toml::Table;

use crate::Digest;
use crate::refs::{ChartRef, FileRef, shown};

pub use file::LockFile;
pub use text::LockError;

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

impl Lock {
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
