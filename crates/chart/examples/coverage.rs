//! How much of a chart's templates the sets of values in `tests/values` reach: `cargo xtask coverage` runs this.
//!
//! `coverage CHART SETS [--missing]`: an archive or folder, the folder of sets, and whether to list what is not reached.
//! Each `if`, `with`, `range` and `else if` has two outcomes: its body, and what stands in its place.

#[allow(dead_code)]
#[path = "../tests/it/differential/ours.rs"]
mod ours;
#[allow(dead_code)]
#[path = "../tests/it/differential/sets.rs"]
mod sets;

use std::collections::BTreeMap;

use hoist_chart::{Chart, NoCluster, SystemHost, TemplateCoverage, template};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (Some(path), Some(folder)) = (args.first(), args.get(1)) else {
        return Err("coverage CHART SETS [--missing]".into());
    };
    let missing = args.iter().any(|arg| arg == "--missing");
    let chart = Chart::load(path)?;
    let mut all: Option<TemplateCoverage> = None;
    let (mut rendered, mut refused) = (0, 0);
    for call in sets::sets(&[folder], &[]) {
        // Sets that must fail are among them; what they reach before counts for nothing.
        let Ok(request) = ours::parse(&call) else { continue };
        let mut options = request.options;
        options.coverage = true;
        let values = request
            .sources
            .merge(|path| std::fs::read(path).map_err(|error| error.to_string()));
        let result = values.and_then(|values| template(&chart, &values, &options, &mut SystemHost, &mut NoCluster));
        match result.map(|result| result.coverage) {
            Ok(Some(coverage)) => {
                rendered += 1;
                match &mut all {
                    Some(all) => all.merge(&coverage),
                    None => all = Some(coverage),
                }
            }
            _ => refused += 1,
        }
    }
    let all = all.ok_or("no set renders")?;
    let mut files: BTreeMap<String, (usize, usize, Vec<String>)> = BTreeMap::new();
    for (branch, counts) in all.branches() {
        let file = files.entry(branch.file.to_string()).or_default();
        for (outcome, count) in ["is taken", "is not taken"].iter().zip(counts) {
            file.1 += 1;
            if count > 0 {
                file.0 += 1;
            } else {
                let (line, column) = (branch.line, branch.column);
                file.2.push(format!(
                    "    {line}:{column} {}: never seen where it {outcome}",
                    branch.pipeline
                ));
            }
        }
    }
    let (reached, outcomes) = files
        .values()
        .fold((0, 0), |sum, file| (sum.0 + file.0, sum.1 + file.1));
    println!(
        "{} {}: {rendered} sets render, {refused} are refused; {reached} of {outcomes} outcomes reached: {:.1} %",
        chart.name(),
        chart.metadata().version,
        percent(reached, outcomes)
    );
    if missing {
        for (file, (reached, outcomes, lines)) in &files {
            if reached < outcomes {
                println!("  {file}: {:.0} %", percent(*reached, *outcomes));
                lines.iter().for_each(|line| println!("{line}"));
            }
        }
    }
    Ok(())
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
