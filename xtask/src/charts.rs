//! Charts and manifests out of the sources of their projects, in the form in which their projects publish them.
//!
//! A chart's archive has the same bytes each time: helm packs it, we pack its content again in order and without times.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use crate::install::{Fingerprint, Item, files};
use crate::pins::{Chart, ChartEdit, Crds, Group, Manifests, Pins, Subchart};
use crate::workspace::Workspace;
use crate::{golang, run};

const RECIPE: &str = "charts 1";

/// What the charts of a group make: the folder `charts`, or `charts-extra`.
pub(crate) fn item(pins: &Pins, group: Group) -> Result<Item> {
    let mut fingerprint = Fingerprint::new(RECIPE);
    fingerprint.add(&serde_json::to_vec(&of(pins, group).collect::<Vec<_>>())?);
    Ok(Item {
        name: folder(group).into(),
        fingerprint: fingerprint.finish(),
        outputs: vec![folder(group).into()],
    })
}

fn folder(group: Group) -> &'static str {
    match group {
        Group::Core => "charts",
        Group::Extra => "charts-extra",
    }
}

fn of(pins: &Pins, group: Group) -> impl Iterator<Item = &Chart> {
    pins.chart.iter().filter(move |it| it.group == group)
}

/// What the manifests of the table make: the folder `manifests`.
pub(crate) fn manifests_item(pins: &Pins) -> Result<Item> {
    let mut fingerprint = Fingerprint::new(RECIPE);
    fingerprint.add(&serde_json::to_vec(&pins.manifests)?);
    Ok(Item {
        name: "manifests".into(),
        fingerprint: fingerprint.finish(),
        outputs: vec!["manifests".into()],
    })
}

/// Packs a group's charts, and an index a repository.
pub(crate) fn build(workspace: &Workspace, pins: &Pins, group: Group, into: &Path) -> Result<()> {
    let charts = into.join(folder(group));
    let mut repos = BTreeSet::new();
    let mut mirrors = serde_json::Map::new();
    for chart in of(pins, group) {
        let source = golang::source(&chart.module, &chart.sum)?;
        pack(workspace, chart, &source, &charts.join(&chart.repo))
            .with_context(|| format!("pack the chart {} {}", chart.name, chart.version))?;
        repos.insert(&chart.repo);
        if let Some(address) = &chart.mirrors {
            mirrors.insert(address.clone(), chart.repo.clone().into());
        }
    }
    for repo in repos {
        let folder = charts.join(repo);
        helm(workspace, into, &["repo", "index", "."], &folder)?;
        let index = folder.join("index.yaml");
        fs::write(&index, without_times(&fs::read_to_string(&index)?))?;
    }
    // Which public address each folder stands for, for whoever serves them.
    fs::write(charts.join("mirrors.json"), serde_json::to_vec_pretty(&mirrors)?)?;
    Ok(())
}

/// Copies all manifests.
pub(crate) fn build_manifests(pins: &Pins, into: &Path) -> Result<()> {
    for Manifests {
        name,
        module,
        sum,
        path,
    } in &pins.manifests
    {
        let source = golang::source(module, sum)?;
        copy_folder(&source.join(path), &into.join("manifests").join(name))?;
    }
    Ok(())
}

fn pack(workspace: &Workspace, chart: &Chart, source: &Path, repo: &Path) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join(&chart.name);
    copy_folder(&source.join(&chart.path), &folder)?;
    for (template, name) in [
        ("Chart.template.yaml", "Chart.yaml"),
        ("README.template.md", "README.md"),
    ] {
        if let Ok(text) = fs::read_to_string(folder.join(template)) {
            let text = text
                .replace("{{IS_PRERELEASE}}", "false")
                .replace("{{RELEASE_VERSION}}", &chart.version);
            fs::write(folder.join(name), text)?;
            fs::remove_file(folder.join(template))?;
        }
    }
    if let Some(Crds { from, to, when }) = &chart.crds {
        let from = source.join(from);
        let mut parts = Vec::new();
        for path in files(&from)?
            .iter()
            .filter(|it| it.extension().is_some_and(|it| it == "yaml"))
        {
            parts.push(fs::read_to_string(from.join(path))?);
        }
        fs::write(
            folder.join(to),
            format!("{{{{- if {when} }}}}\n{}{{{{- end }}}}\n", parts.join("---\n")),
        )?;
    }
    for ChartEdit { file, from, to } in &chart.edits {
        let path = folder.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", file.display()))?;
        ensure!(
            text.matches(from.as_str()).count() == 1,
            "{} does not contain exactly once: {from}",
            file.display()
        );
        fs::write(&path, text.replace(from, to))?;
    }
    for Subchart {
        name,
        module,
        sum,
        path,
    } in &chart.subcharts
    {
        let from = match (module, sum) {
            (Some(module), Some(sum)) => golang::source(module, sum)?,
            _ => source.to_path_buf(),
        };
        copy_folder(&from.join(path), &folder.join("charts").join(name))?;
    }
    let args = [
        "package",
        "--version",
        &chart.version,
        "--app-version",
        &chart.app_version,
        &chart.name,
    ];
    helm(workspace, scratch.path(), &args, scratch.path())?;
    let name = format!("{}-{}.tgz", chart.name, chart.version);
    fs::create_dir_all(repo)?;
    let packed = fs::read(scratch.path().join(&name)).with_context(|| format!("helm packed no {name}"))?;
    fs::write(repo.join(&name), packed_again(&packed)?)?;
    Ok(())
}

/// The same archive, sorted and without times and owners.
fn packed_again(archive: &[u8]) -> Result<Vec<u8>> {
    let mut entries: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for entry in tar::Archive::new(GzDecoder::new(archive)).entries()? {
        let mut entry = entry?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        entries.push((entry.path()?.into_owned(), content));
    }
    // Chart.yaml comes first in every chart that helm packs.
    entries.sort_by_key(|(path, _)| {
        (
            !path.ends_with("Chart.yaml") || path.components().count() > 2,
            path.clone(),
        )
    });
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        builder.append_data(&mut header, path, content.as_slice())?;
    }
    Ok(builder.into_inner()?.finish()?)
}

fn without_times(index: &str) -> String {
    let mut text = String::with_capacity(index.len());
    for line in index.lines() {
        match line.split_once(':') {
            Some((key, _)) if matches!(key.trim_start().trim_start_matches("- "), "created" | "generated") => {
                text.push_str(key);
                text.push_str(": \"1970-01-01T00:00:00Z\"");
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn helm(workspace: &Workspace, scratch: &Path, args: &[&str], folder: &Path) -> Result<()> {
    let mut command = Command::new(workspace.tool("helm"));
    for (variable, name) in [
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
    ] {
        command.env(variable, scratch.join(".helm").join(name));
    }
    run::output(command.args(args).current_dir(folder))
        .map(drop)
        .map_err(|error| {
            let hint = if run::is_missing(&error) {
                " (`cargo xtask tools helm` builds it)"
            } else {
                ""
            };
            error.context(format!("helm {}{hint}", args.join(" ")))
        })
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for path in files(from)? {
        let target = to.join(&path);
        fs::create_dir_all(target.parent().expect("a file is in a folder"))?;
        // Not fs::copy: what is in Go's cache is read-only, and a copy would be, too.
        fs::write(&target, fs::read(from.join(&path))?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_packed_at_another_time_and_in_another_order_has_the_same_bytes() {
        let archive = |names: &[&str], time| {
            let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
            for name in names {
                let mut header = tar::Header::new_gnu();
                header.set_size(name.len() as u64);
                header.set_mode(0o600);
                header.set_mtime(time);
                builder.append_data(&mut header, name, name.as_bytes()).unwrap();
            }
            builder.into_inner().unwrap().finish().unwrap()
        };
        let one = packed_again(&archive(&["c/Chart.yaml", "c/templates/b.yaml", "c/a.yaml"], 5)).unwrap();
        let two = packed_again(&archive(&["c/templates/b.yaml", "c/a.yaml", "c/Chart.yaml"], 9)).unwrap();
        assert_eq!(one, two);
        let first = tar::Archive::new(GzDecoder::new(one.as_slice()))
            .entries()
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path()
            .unwrap()
            .into_owned();
        assert_eq!(first, Path::new("c/Chart.yaml"));
    }

    #[test]
    fn an_index_loses_its_times_and_nothing_else() {
        let index = "entries:\n  a:\n  - created: \"2026-01-02T03:04:05Z\"\n    version: 1.0.0\ngenerated: \"2026\"\n";
        assert_eq!(
            without_times(index),
            "entries:\n  a:\n  - created: \"1970-01-01T00:00:00Z\"\n    version: 1.0.0\ngenerated: \"1970-01-01T00:00:00Z\"\n"
        );
    }
}
