//! The charts that Helm tests itself with: folders and archives, dependencies of each kind, and charts that are broken.

use std::path::{Path, PathBuf};

use hoist_helmpeer::{helm, helm_all, tool};

use super::ours::ours_from;
use super::sets::Call;
use super::{BATCH, command, judge, report};

/// Flags that turn their dependencies on and off, name values in them, and ask for other output.
const FLAGS: &[&str] = &[
    "",
    "--include-crds --is-upgrade -n other",
    "--no-hooks --kube-version 1.30",
    "--set tags.front-end=false,tags.back-end=true",
    "--set subchart1.enabled=false,subchart2.enabled=true,subcharta.enabled=true",
    "--set global.subchart1.enabled=true,tags.back-end=false --set-string subchart1.name=5",
    "--set alpine.enabled=false,global.x=y,service.type=LoadBalancer,favorite.drink=null",
    "--set SCData.SCbool=false,ASCData=text,imported-chart1=5,overridden-chart1.SC1bool=null",
    "--skip-schema-validation --set firstname=null,age=-5",
    "-s templates/*.yaml",
];

#[test]
fn the_charts_that_helm_tests_itself_with() {
    let charts = own();
    assert!(charts.len() > 60, "{charts:?}");
    let cases: Vec<_> = charts
        .iter()
        .flat_map(|chart| FLAGS.iter().map(move |flags| (chart, call(flags))))
        .collect();
    let mut findings = Vec::new();
    let mut rendered = 0;
    for batch in cases.chunks(BATCH) {
        let commands: Vec<_> = batch.iter().map(|(chart, call)| command(chart, call)).collect();
        for ((chart, call), theirs) in batch.iter().zip(helm_all(&commands)) {
            rendered += usize::from(theirs.error.is_none());
            let ours = ours_from(chart, call);
            // Helm's experiment is not followed, and said so; Helm has to refuse these, too.
            if theirs.error.is_some() && ours.result.as_ref().is_err_and(|it| it.contains("v3 is an experiment")) {
                continue;
            }
            let finding = judge(&theirs, &ours, || helm(&command(chart, call)));
            findings.extend(finding.map(|it| format!("== {} with {}\n{it}", chart.display(), call.name)));
        }
    }
    report(&findings, cases.len());
    assert!(rendered > cases.len() / 2, "{rendered} of {} render", cases.len());
}

/// All of them, in order.
pub(super) fn own() -> Vec<PathBuf> {
    let mut charts = Vec::new();
    for folder in ["helm-charts-cmd", "helm-charts-util", "helm-charts-loader"] {
        find(&tool("manifests").join(folder), &mut charts);
    }
    charts.sort();
    charts
}

fn call(flags: &str) -> Call {
    Call {
        name: format!("[{flags}]"),
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        ..Call::default()
    }
}

/// Archives, and folders with a Chart.yaml, those inside of others, too. What stands at the top is a chart that is none.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut open = vec![(folder.to_owned(), true)];
    while let Some((folder, top)) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if top || path.join("Chart.yaml").exists() {
                    found.push(path.clone());
                }
                open.push((path, false));
            } else if path.extension().is_some_and(|it| it == "tgz") || path.to_string_lossy().ends_with(".tar.gz") {
                found.push(path);
            }
        }
    }
}
