//! `cargo xtask bench chart`: rendering Cilium's chart, beside helm, in one run.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::measure::{Sample, sample};
use crate::run;
use crate::workspace::Workspace;

const CHART: &str = "cilium";
/// What hoist itself gives to the chart, as far as it changes how much is rendered.
const VALUES: &[&str] = &[
    "kubeProxyReplacement=true",
    "gatewayAPI.enabled=true",
    "hubble.relay.enabled=true",
    "hubble.ui.enabled=true",
    "hubble.tls.auto.method=cronJob",
];

/// What `crates/chart/examples/in_process.rs` prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InProcess {
    first_micros: u64,
    again_micros: u64,
    peak_kib: u64,
}

/// Measures and prints.
pub(super) fn run(workspace: &Workspace, runs: usize) -> Result<()> {
    let hoist = workspace.release(&["-p", "hoist-cli"], "hoist")?;
    let library = workspace.release(&["-p", "hoist-chart", "--example", "in_process"], "examples/in_process")?;
    let archive = archive(workspace)?;
    let mut args = vec!["template".to_owned(), CHART.to_owned(), archive.display().to_string()];
    args.extend(["--namespace", "kube-system"].map(str::to_owned));
    args.extend(VALUES.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]));
    let of_hoist: Vec<String> = std::iter::once("chart".to_owned()).chain(args.clone()).collect();

    // In turns, so that a slow minute of the machine is everybody's.
    let (mut ours, mut helms) = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let (our, helm) = (
            sample(&hoist, &of_hoist, &[])?,
            sample(&workspace.tool("helm"), &args, &[])?,
        );
        // The first one only warms the page cache.
        if run > 0 {
            ours.push(our);
            helms.push(helm);
        }
    }
    let inside: InProcess = serde_json::from_str(&run::output(
        Command::new(&library).arg(runs.to_string()).args(&args[2..]),
    )?)
    .context("read what the library measured of itself")?;

    let (ours, helms) = (Sample::median(&mut ours), Sample::median(&mut helms));
    let helm = helms.time.as_secs_f64();
    let micros = |micros| Duration::from_micros(micros);
    let rows = [
        ("helm template, whole process", helms.time, helms.peak_kib),
        ("hoist chart template, whole process", ours.time, ours.peak_kib),
        (
            "hoist-chart in process, archive and all",
            micros(inside.first_micros),
            inside.peak_kib,
        ),
        (
            "hoist-chart in process, of a loaded chart",
            micros(inside.again_micros),
            inside.peak_kib,
        ),
    ];
    println!("{CHART} from {}, median of {runs}:", shown(&archive));
    for (what, time, peak) in rows {
        let (milliseconds, times) = (time.as_secs_f64() * 1000.0, helm / time.as_secs_f64());
        println!(
            "  {what:<42} {milliseconds:>8.2} ms {times:>7.1} times as fast  peak {:>6.1} MiB",
            peak as f64 / 1024.0
        );
    }
    Ok(())
}

fn archive(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.tools().join("charts").join(CHART);
    let mut archives: Vec<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("read {}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "tgz"))
        .collect();
    archives.sort();
    archives
        .pop()
        .with_context(|| format!("there is no chart in {}", folder.display()))
}

fn shown(archive: &std::path::Path) -> String {
    archive.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
