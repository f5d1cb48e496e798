//! `hoist vendor`: everything into one folder, which serves as a source without the network.
//!
//! `charts/REPOSITORY/NAME-VERSION.tgz` and `files/URL/NAME`; the folders' names are made from the URLs, so that
//! anybody with the same hoist.yaml finds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::{ChartRef, Digest, FetchError, FileRef, Lock, Record, Store, disk};

/// What [`Store::vendor`] did.
#[derive(Clone, Debug)]
pub struct Vendored {
    /// The lock with everything that was asked for, and nothing else of charts and files.
    pub lock: Lock,
    /// Where each came from: charts, then files, in the order in which they were asked for.
    pub records: Vec<Record>,
    /// Files that are new or have changed.
    pub written: Vec<PathBuf>,
    /// Files that were as they should be.
    pub unchanged: Vec<PathBuf>,
    /// Files in the folder that nothing asks for. They are left alone.
    pub stale: Vec<PathBuf>,
}

impl Store {
    /// Puts charts and files into a folder, from which [`Store::offline`] serves them.
    ///
    /// Fails with all that could not be fetched; nothing is written then.
    pub async fn vendor(
        &self,
        charts: &[ChartRef],
        files: &[FileRef],
        lock: &Lock,
        folder: &Path,
    ) -> Result<Vendored, Vec<FetchError>> {
        let (got_charts, got_files) = tokio::join!(self.charts(charts, lock), self.files(files, lock));
        let mut new = lock.clone();
        let mut errors: Vec<FetchError> = Vec::new();
        let mut wanted = Vec::new();
        let mut records = Vec::new();
        for got in got_charts {
            match got {
                Err(error) => errors.push(error),
                Ok(chart) => {
                    let name = archive_name(&chart.entry.name, &chart.entry.version);
                    wanted.push((chart_folder(folder, &chart.entry.repo).join(name), chart.bytes));
                    records.push(chart.record);
                    new.put_chart(chart.entry);
                }
            }
        }
        for got in got_files {
            match got {
                Err(error) => errors.push(error),
                Ok(file) => {
                    wanted.push((file_path(folder, &file.entry.url), file.bytes));
                    records.push(file.record);
                    new.put_file(file.entry);
                }
            }
        }
        // One that was asked for twice failed twice.
        errors.dedup();
        if !errors.is_empty() {
            return Err(errors);
        }
        new.keep_only(charts, files);
        let mut vendored = Vendored {
            lock: new,
            records,
            written: Vec::new(),
            unchanged: Vec::new(),
            stale: Vec::new(),
        };
        let mut kept = BTreeSet::new();
        for (path, bytes) in wanted {
            if !kept.insert(path.clone()) {
                continue;
            }
            let error = |error: std::io::Error| vec![FetchError::disk(&path, &error)];
            if disk::read(&path).map_err(error)?.as_deref() == Some(&bytes[..]) {
                vendored.unchanged.push(path);
            } else {
                disk::write(&path, &bytes).map_err(error)?;
                vendored.written.push(path);
            }
        }
        for kind in ["charts", "files"] {
            let all = folders_in(&folder.join(kind))
                .into_iter()
                .flat_map(|folder| files_in(&folder));
            vendored.stale.extend(all.filter(|path| !kept.contains(path)));
        }
        vendored.stale.sort();
        Ok(vendored)
    }
}

/// The folder for a repository's charts.
pub(crate) fn chart_folder(folder: &Path, repo: &str) -> PathBuf {
    folder.join("charts").join(slug(repo))
}

/// What an archive is called.
pub(crate) fn archive_name(name: &str, version: &str) -> String {
    format!("{name}-{version}.tgz")
}

/// The place of a file.
pub(crate) fn file_path(folder: &Path, url: &str) -> PathBuf {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = plain(path.rsplit('/').next().unwrap_or_default());
    let name = if name.trim_matches('.').is_empty() {
        "file".to_owned()
    } else {
        name
    };
    folder.join("files").join(slug(url)).join(name)
}

/// A folder's name for a URL: readable, and with a piece of its digest, as two URLs may read the same.
fn slug(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next().unwrap_or(rest);
    let digest = Digest::of(url.as_bytes()).hex();
    let readable: String = plain(path).chars().take(80).collect();
    format!("{readable}-{}", &digest[..8])
}

fn plain(text: &str) -> String {
    let good = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_');
    text.chars().map(|char| if good(char) { char } else { '-' }).collect()
}

fn entries(folder: &Path) -> Vec<(PathBuf, bool)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.path(), entry.file_type().ok()?.is_dir())))
        .collect()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let folders = entries(folder).into_iter().filter(|(_, is_folder)| *is_folder);
    folders.map(|(path, _)| path).collect()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let files = entries(folder).into_iter().filter(|(_, is_folder)| !is_folder);
    files.map(|(path, _)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_never_lead_outside() {
        let dir = Path::new("v");
        let path = chart_folder(dir, "https://helm.cilium.io");
        assert!(
            path.to_str().unwrap().starts_with("v/charts/helm.cilium.io-"),
            "{path:?}"
        );
        assert_ne!(chart_folder(dir, "https://a/b"), chart_folder(dir, "http://a/b"));
        for url in ["https://a/..", "https://a/", "https://a/x/../..", "x", ""] {
            let path = file_path(dir, url);
            assert_eq!(path.components().count(), 4, "{path:?}");
            assert!(path.components().all(|part| part.as_os_str() != ".."), "{path:?}");
        }
        assert!(file_path(dir, "https://a/b/c.yaml?x=1").ends_with("c.yaml"));
    }
}
