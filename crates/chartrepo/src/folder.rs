//! A folder that stands for a repository: it holds `NAME-VERSION.tgz`.

use std::path::{Path, PathBuf};

use hoist_sprig::semver::Version;

use crate::FetchError;
use crate::index::near;
use crate::refs::{ChartRef, range};

/// The archive in a folder that fits, and its version: the one that is written exactly so, or else the newest.
pub(crate) fn find(folder: &Path, want: &ChartRef, requested: &str) -> Result<(PathBuf, Version), FetchError> {
    let from = || format!("the folder {}", folder.display());
    let constraint = range(&want.name, requested)?;
    let mut names = Vec::new();
    let mut versions = Vec::new();
    let listing = std::fs::read_dir(folder).map_err(|error| FetchError::disk(folder, &error))?;
    for entry in listing.flatten() {
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".tgz")) else {
            continue;
        };
        let version = stem
            .strip_prefix(want.name.as_str())
            .and_then(|rest| rest.strip_prefix('-'));
        match version.and_then(|version| Version::parse(version).ok()) {
            Some(version) => versions.push((version, entry.path())),
            None => names.extend(name_in(stem).map(str::to_owned)),
        }
    }
    if versions.is_empty() {
        return Err(FetchError::UnknownChart {
            name: want.name.clone(),
            from: from(),
            near: near(&want.name, names.iter().map(String::as_str)),
        });
    }
    // A folder has no order of its own, so that equals are told apart by their text.
    versions.sort_by(|(a, _), (b, _)| b.cmp(a).then_with(|| b.original().cmp(a.original())));
    let exact = versions.iter().position(|(version, _)| version.original() == requested);
    let fits = exact.or_else(|| versions.iter().position(|(version, _)| constraint.check(version)));
    match fits {
        Some(at) => {
            let (version, path) = versions.swap_remove(at);
            Ok((path, version))
        }
        None => Err(FetchError::UnknownVersion {
            name: want.name.clone(),
            requested: requested.to_owned(),
            from: from(),
            newest: versions
                .iter()
                .take(5)
                .map(|(version, _)| version.original().to_owned())
                .collect(),
            count: versions.len(),
        }),
    }
}

/// The chart's name in the name of an archive: all before the first part that begins a version.
fn name_in(stem: &str) -> Option<&str> {
    stem.match_indices('-')
        .find(|(at, _)| Version::parse(&stem[at + 1..]).is_ok())
        .map(|(at, _)| &stem[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_searched_by_version() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a-1.0.0",
            "a-v1.2.0",
            "a-1.10.0",
            "a-2.0.0-rc.1",
            "a-b-9.0.0",
            "cert-manager-v1.0.0",
        ] {
            std::fs::write(folder.path().join(format!("{name}.tgz")), name).unwrap();
        }
        let want = |name: &str| ChartRef {
            repo: String::new(),
            name: name.into(),
            version: String::new(),
            mirror: None,
        };
        for (requested, version) in [
            ("", "1.10.0"),
            ("1.2.0", "v1.2.0"),
            ("v1.0.0", "1.0.0"),
            ("~1.2", "v1.2.0"),
            ("2.0.0-rc.1", "2.0.0-rc.1"),
        ] {
            assert_eq!(
                find(folder.path(), &want("a"), requested).unwrap().1.original(),
                version,
                "{requested}"
            );
        }
        let error = find(folder.path(), &want("a"), "^3").unwrap_err().to_string();
        assert!(
            error.ends_with("fits `^3`; it has 2.0.0-rc.1, 1.10.0, v1.2.0, 1.0.0"),
            "{error}"
        );
        let error = find(folder.path(), &want("certmanager"), "").unwrap_err();
        assert!(error.hint().contains("cert-manager"), "{error}");
        assert!(matches!(
            find(&folder.path().join("none"), &want("a"), ""),
            Err(FetchError::Disk { .. })
        ));
    }
}
