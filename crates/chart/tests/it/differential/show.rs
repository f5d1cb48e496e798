//! `helm show` of every chart that is packed, and of those that Helm tests itself with.

use std::path::{Path, PathBuf};

use hoist_chart::{Chart, Show};
use hoist_helmpeer::{Command, helm_all, tool};

use super::mutations::archives;
use super::own::own;
use super::report;

const ALL: [(&str, Show); 5] = [
    ("all", Show::All),
    ("chart", Show::Chart),
    ("crds", Show::Crds),
    ("readme", Show::Readme),
    ("values", Show::Values),
];

#[test]
fn what_is_shown_of_each_chart() {
    let charts: Vec<PathBuf> = archives(&tool("charts")).into_iter().chain(own()).collect();
    compare(&charts);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn what_is_shown_of_more_charts() {
    compare(&archives(&tool("charts-extra")));
}

fn compare(charts: &[PathBuf]) {
    let mut findings = Vec::new();
    for path in charts {
        let commands = ALL.map(|(name, _)| Command::new(["show", name, &path.display().to_string()]));
        for ((name, what), theirs) in ALL.iter().zip(helm_all(&commands)) {
            let ours = shown(path, *what);
            let wrong = match (&theirs.error, &ours) {
                (None, Ok(ours)) => !same(&theirs.stdout, ours),
                (Some(_), Err(_)) => false,
                _ => true,
            };
            if wrong {
                let theirs = theirs
                    .error
                    .unwrap_or_else(|| String::from_utf8_lossy(&theirs.stdout).into_owned());
                let ours = ours.unwrap_or_else(|error| error.into_bytes());
                let ours = String::from_utf8_lossy(&ours);
                let shown = similar::TextDiff::from_lines(theirs.as_str(), &ours);
                let shown: Vec<_> = shown
                    .unified_diff()
                    .header("helm", "ours")
                    .to_string()
                    .lines()
                    .take(30)
                    .map(str::to_owned)
                    .collect();
                findings.push(format!("== show {name} {}\n{}", path.display(), shown.join("\n")));
            }
        }
    }
    report(&findings, charts.len() * ALL.len());
}

fn shown(path: &Path, what: Show) -> Result<Vec<u8>, String> {
    let chart = Chart::load(path).map_err(|error| error.to_string())?;
    chart.show(what).map_err(|error| error.to_string())
}

/// The same bytes; or, for CRDs of several subcharts, which Helm walks through in another order each time, the same documents.
fn same(theirs: &[u8], ours: &[u8]) -> bool {
    let documents = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let mut all: Vec<_> = text.split("---\n").map(str::to_owned).collect();
        all.sort();
        all
    };
    theirs == ours || documents(theirs) == documents(ours)
}
