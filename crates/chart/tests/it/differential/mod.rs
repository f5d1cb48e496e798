//! Charts of real projects, rendered by the real Helm and by us from the same values: the same bytes, the same failures.
//!
//! What is random by design is compared by its structure (`described`, `compare`).

mod charts;
mod compare;
mod described;
mod mutations;
mod ours;
mod own;
mod sets;
mod show;

use std::path::Path;

use hoist_chart::Chart;
use hoist_helmpeer::{Command, Ran, helm, helm_all};

use compare::{difference, less_helpful};
use ours::{Keeper, Ours, ours};
use sets::Call;

/// How many calls helm is asked in one batch: enough to keep it busy, few enough that two peers share the work.
const BATCH: usize = 16;

/// Compares all calls of a chart; panics with what differs.
fn compare_all(chart: &Path, calls: &[Call]) {
    report(&differences(chart, calls), calls.len());
}

/// What differs in the calls of a chart, one text each.
fn differences(chart: &Path, calls: &[Call]) -> Vec<String> {
    let loaded = Chart::load(chart).unwrap_or_else(|error| panic!("{}: {error}", chart.display()));
    let mut findings = Vec::new();
    let mut rendered = 0;
    let mut keeper = Keeper::default();
    for batch in calls.chunks(BATCH) {
        let commands: Vec<_> = batch.iter().map(|call| command(chart, call)).collect();
        for (call, theirs) in batch.iter().zip(helm_all(&commands)) {
            rendered += usize::from(theirs.error.is_none());
            let finding = judge(&theirs, &ours(&loaded, call, &mut keeper), || {
                helm(&command(chart, call))
            });
            findings.extend(finding.map(|it| format!("== {} with {}\n{it}", chart.display(), call.name)));
        }
    }
    // For the long runs, with `--nocapture`.
    println!(
        "{}: {} of {} render, {} differ",
        chart.display(),
        rendered,
        calls.len(),
        findings.len()
    );
    assert!(
        rendered > 0,
        "{}: no set renders, so nothing was compared",
        chart.display()
    );
    findings
}

fn command(chart: &Path, call: &Call) -> Command {
    let command = Command::new(call.args(chart));
    match &call.text {
        Some(text) => command.stdin(text),
        None => command,
    }
}

/// What is wrong with ours, if anything is. `again` asks helm once more.
fn judge(theirs: &Ran, ours: &Ours, again: impl Fn() -> Ran) -> Option<String> {
    match (&theirs.error, &ours.result) {
        (None, Ok(text)) => {
            difference(&theirs.stdout, text, || again().stdout).or_else(|| other_warnings(&theirs.stderr, ours))
        }
        (None, Err(error)) => Some(format!("helm renders it, and we do not: {error}")),
        (Some(error), Ok(_)) => Some(format!("we render it, and helm does not: {error}")),
        (Some(theirs), Err(ours)) => less_helpful(theirs, ours).filter(|_| {
            // Of several mistakes, helm tells one or another where it walks through a map.
            !(0..5).any(|_| {
                again()
                    .error
                    .is_some_and(|other| other != *theirs && less_helpful(&other, ours).is_none())
            })
        }),
    }
}

/// Whether helm warned of something that we do not.
fn other_warnings(stderr: &str, ours: &Ours) -> Option<String> {
    let told = |text: &String| ours.warnings.iter().any(|ours| ours.contains(text));
    let missing: Vec<_> = stderr.lines().filter_map(message).filter(|text| !told(text)).collect();
    (!missing.is_empty()).then(|| format!("helm warns {missing:#?}\nand we {:#?}", ours.warnings))
}

/// The message of a line of helm's log, without what follows it.
fn message(line: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix("level=")?.split_once(" msg=")?;
    // A text with spaces is quoted; what follows it ends the JSON.
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    match values.next() {
        Some(Ok(text)) => Some(text),
        _ => rest.split_whitespace().next().map(str::to_owned),
    }
}

#[test]
fn a_line_of_the_log_is_read_up_to_its_message() {
    let line = r#"level=WARN msg="with \"quotes\" in it" path=a.b chart=c"#;
    assert_eq!(message(line).as_deref(), Some("with \"quotes\" in it"));
    assert_eq!(message("level=INFO msg=short a=b").as_deref(), Some("short"));
    assert_eq!(message("Error: no"), None);
}

fn report(findings: &[String], all: usize) {
    // Of those with the same text, the first.
    let mut shown: Vec<&String> = Vec::new();
    let text = |it: &String| it.split_once('\n').map(|(_, text)| text.to_owned());
    for finding in findings {
        if shown.len() < 8 && !shown.iter().any(|it| text(it) == text(finding)) {
            shown.push(finding);
        }
    }
    let shown: Vec<_> = shown.iter().map(|it| it.as_str()).collect();
    assert!(
        findings.is_empty(),
        "{} of {all} differ; among them:\n{}",
        findings.len(),
        shown.join("\n\n")
    );
}
