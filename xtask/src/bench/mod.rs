//! `cargo xtask bench`: how long a person waits for hoist, as medians and as ratios to well-known programs.
//!
//! It measures the release build from the outside, as a person would; there are no numbers to compare with from
//! other machines, so each is set against a program of the field measured in the same minute.

mod chart;
mod measure;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

pub(crate) use measure::measure_one;

use crate::run;
use crate::session::Session;
use crate::tools::{self, Selection};
use crate::workspace::Workspace;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Start-up, and an unchanged plan in the sandbox
    Run,
    /// Rendering a chart, beside helm
    Chart,
}

/// Measures and prints.
pub(crate) fn run(workspace: &Workspace, subject: Option<Subject>, runs: usize, offline: bool) -> Result<()> {
    if runs == 0 {
        bail!("--runs must be at least 1");
    }
    tools::prepare(workspace, &Selection::core())?;
    if subject.is_none_or(|it| it == Subject::Run) {
        run_of_a_person(workspace, runs, offline)?;
    }
    if subject.is_none_or(|it| it == Subject::Chart) {
        chart::run(workspace, runs)?;
    }
    Ok(())
}

fn run_of_a_person(workspace: &Workspace, runs: usize, offline: bool) -> Result<()> {
    let hoist = workspace.release(&["-p", "hoist-cli"], "hoist")?;
    println!("Start-up, median of {runs}:");
    let start_up = [
        ("hoist --help", measure(runs, 0, || plain(&hoist, &["--help"]))?),
        (
            "kubectl --help",
            measure(runs, 0, || plain(&workspace.tool("kubectl"), &["--help"]))?,
        ),
        (
            "helm --help",
            measure(runs, 0, || plain(&workspace.tool("helm"), &["--help"]))?,
        ),
    ];
    print!("{}", table(&start_up));
    if offline {
        return Ok(());
    }

    let mut session = Session::new(workspace, hoist, "bench")?;
    session.up()?;
    run::run(session.hoist(&["apply", "-y"]).stdout(Stdio::null())).context("make the cluster to be planned")?;
    run::run(session.hoist(&["kubeconfig"]).stdout(Stdio::null()))?;
    let kubeconfig = session.folder().join("kubeconfig");
    println!("\nAgainst a cluster as desired, in the sandbox, median of {runs}:");
    let unchanged = [
        ("hoist plan", measure(runs, 0, || session.hoist(&["plan"]))?),
        (
            "kubectl get pods -A",
            measure(runs, 0, || {
                let mut command = plain(&workspace.tool("kubectl"), &["get", "pods", "-A"]);
                command.env("KUBECONFIG", &kubeconfig);
                command
            })?,
        ),
    ];
    print!("{}", table(&unchanged));
    Ok(())
}

fn plain(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args);
    command
}

fn measure(runs: usize, expected: i32, command: impl Fn() -> Command) -> Result<Duration> {
    let mut times = Vec::new();
    // The first one only warms the page cache.
    for _ in 0..=runs {
        let mut command = command();
        let start = Instant::now();
        let status = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        times.push(start.elapsed());
        if status.code() != Some(expected) {
            bail!(
                "`{}` ended with {status}, where {expected} was expected",
                run::shown(&command)
            );
        }
    }
    Ok(median(&mut times[1..]))
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    let middle = times.len() / 2;
    if times.len() % 2 == 1 {
        times[middle]
    } else {
        (times[middle - 1] + times[middle]) / 2
    }
}

/// Each row's time, and as a multiple of the first row's.
fn table(rows: &[(&str, Duration)]) -> String {
    let first = rows[0].1.as_secs_f64();
    rows.iter()
        .map(|(name, time)| {
            let milliseconds = time.as_secs_f64() * 1000.0;
            format!(
                "  {name:<24} {milliseconds:>9.1} ms {:>7.1}x\n",
                time.as_secs_f64() / first
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        let times = |list: &[u64]| list.iter().map(|it| Duration::from_millis(*it)).collect::<Vec<_>>();
        assert_eq!(median(&mut times(&[9, 1, 5])), Duration::from_millis(5));
        assert_eq!(median(&mut times(&[1, 9, 3, 5])), Duration::from_millis(4));
    }

    #[test]
    fn ratios_are_to_the_first_row() {
        let text = table(&[("a", Duration::from_millis(10)), ("b", Duration::from_millis(25))]);
        assert!(text.contains("1.0x") && text.contains("2.5x"), "{text}");
    }

    #[test]
    fn an_unexpected_exit_code_is_no_measurement() {
        measure(1, 0, || plain(Path::new("false"), &[])).unwrap_err();
        measure(1, 0, || plain(Path::new("true"), &[])).unwrap();
    }
}
