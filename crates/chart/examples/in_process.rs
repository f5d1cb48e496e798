//! How long the library takes for a chart, without the start of a program: `cargo xtask bench chart` runs this.
//!
//! `in_process RUNS CHART [--namespace N] [--set A=B]...`; prints one line of JSON: the first rendering of an archive, with
//! its loading, and a later one of the loaded chart.

use std::time::Instant;

use hoist_chart::{Chart, NoCluster, Options, OutputOptions, SystemHost, ValueSources, template};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let runs: usize = args.next().ok_or("RUNS is missing")?.parse()?;
    let path = args.next().ok_or("CHART is missing")?;
    let mut options = Options::default();
    let mut sources = ValueSources::default();
    while let Some(flag) = args.next() {
        let value = args.next().ok_or_else(|| format!("{flag} has no value"))?;
        match flag.as_str() {
            "--namespace" => options.namespace = value,
            "--set" => sources.set.push(value),
            other => return Err(format!("{other} is not known here").into()),
        }
    }
    let (mut firsts, mut renders) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let mut render = |chart: &Chart| {
        let values = sources.merge(|path| Err(format!("{path} is not read")))?;
        let rendered = template(chart, &values, &options, &mut SystemHost, &mut NoCluster)?;
        bytes = rendered.to_text(&OutputOptions::default())?.len();
        Ok::<_, hoist_chart::ChartError>(())
    };
    for _ in 0..=runs {
        let start = Instant::now();
        let chart = Chart::load(&path)?;
        render(&chart)?;
        firsts.push(start.elapsed());
        let start = Instant::now();
        render(&chart)?;
        renders.push(start.elapsed());
    }
    // The first one only warms the caches.
    let median = |times: &mut Vec<std::time::Duration>| {
        times.remove(0);
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default().as_micros()
    };
    let (first, again) = (median(&mut firsts), median(&mut renders));
    println!(
        r#"{{"firstMicros":{first},"againMicros":{again},"bytes":{bytes},"peakKib":{}}}"#,
        peak()?
    );
    Ok(())
}

/// The most memory that this process ever had.
fn peak() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("the system does not tell the peak of memory")?.parse()?)
}
