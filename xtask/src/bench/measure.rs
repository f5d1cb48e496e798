//! One run of a program: how long it took and how much memory it had at most.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::run;

/// What one run took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) time: Duration,
    pub(crate) peak_kib: u64,
}

impl Sample {
    /// The medians of both, each by itself.
    pub(super) fn median(samples: &mut [Self]) -> Self {
        let mut times: Vec<Duration> = samples.iter().map(|it| it.time).collect();
        let mut peaks: Vec<u64> = samples.iter().map(|it| it.peak_kib).collect();
        peaks.sort_unstable();
        Self {
            time: super::median(&mut times),
            peak_kib: peaks.get(peaks.len() / 2).copied().unwrap_or_default(),
        }
    }
}

/// Runs a program in a process of ours that has no other child, since the system tells the peak of all children only.
pub(super) fn sample(program: &Path, args: &[String], env: &[(&str, &str)]) -> Result<Sample> {
    let this = std::env::current_exe().context("find this program")?;
    let text = run::output(
        Command::new(this)
            .arg("measure-one")
            .arg(program)
            .args(args)
            .envs(env.iter().copied()),
    )?;
    serde_json::from_str(&text).with_context(|| format!("read the measurement `{text}`"))
}

/// The other side of [`sample`].
pub(crate) fn measure_one(command: &[String]) -> Result<()> {
    let Some((program, args)) = command.split_first() else {
        bail!("there is no program to be measured");
    };
    let mut child = Command::new(program);
    child.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = child.status().with_context(|| format!("start {program}"))?;
    let time = start.elapsed();
    if !status.success() {
        bail!("`{}` ended with {status}", run::shown(&child));
    }
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN)?;
    let sample = Sample {
        time,
        peak_kib: u64::try_from(usage.max_rss()).unwrap_or_default(),
    };
    println!("{}", serde_json::to_string(&sample)?);
    Ok(())
}
