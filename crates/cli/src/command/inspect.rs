//! Commands that look and change nothing: status, verify, output.

use std::path::Path;
use std::time::{Duration, Instant};

use console::style;
use hoist_model::{Check, CheckOutcome, Goal, Lookup, Status};
use serde::Serialize;
use serde_json::json;

use crate::args::{Format, Verify};
use crate::failure::Failure;
use crate::term::table;
use crate::world::World;

/// Shows how each thing stands.
pub(super) async fn status(file: &Path, format: Format) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
    if format == Format::Json {
        return print_json(&json!({ "version": 1, "cluster": survey.plan.cluster, "things": survey.stands }));
    }
    let rows: Vec<Vec<String>> = survey
        .stands
        .iter()
        .map(|stand| {
            let (word, what) = describe(&stand.status);
            vec![stand.phase.to_string(), stand.key.to_string(), word, what]
        })
        .collect();
    print!("{}", table(&["PHASE", "THING", "STATE", ""], &rows));
    Ok(0)
}

fn describe(status: &Status) -> (String, String) {
    let (word, what) = match status {
        Status::Ready => (style("ready").green(), String::new()),
        Status::NotReady(what) => (style("not ready").yellow(), what.clone()),
        Status::Drifted(what) => (style("drifted").yellow(), what.clone()),
        Status::Missing => (style("missing").red(), String::new()),
        Status::Extra => (style("extra").yellow(), "exists and is not desired".to_owned()),
        Status::Unknown(what) => (style("unknown").red(), what.clone()),
    };
    (word.to_string(), what)
}

/// Checks the running cluster. Exit code 2 when a check does not hold.
pub(super) async fn verify(file: &Path, args: &Verify) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let deadline = Instant::now() + Duration::from_secs(args.wait);
    let checks = loop {
        let checks = world.verify().await?;
        let all_hold = checks
            .iter()
            .all(|check| !matches!(check.outcome, CheckOutcome::Fail { .. }));
        if all_hold || Instant::now() >= deadline {
            break checks;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    let count = |wanted: fn(&CheckOutcome) -> bool| checks.iter().filter(|check| wanted(&check.outcome)).count();
    let passed = count(|outcome| matches!(outcome, CheckOutcome::Pass));
    let failed = count(|outcome| matches!(outcome, CheckOutcome::Fail { .. }));
    let skipped = count(|outcome| matches!(outcome, CheckOutcome::Skip { .. }));
    if args.output == Format::Json {
        print_json(&json!({
            "version": 1, "cluster": world.spec.cluster.name.to_string(),
            "passed": passed, "failed": failed, "skipped": skipped, "checks": checks,
        }))?;
    } else {
        print!(
            "{}",
            table(
                &["AREA", "CHECK", "RESULT", ""],
                &checks.iter().map(row).collect::<Vec<_>>()
            )
        );
        println!("\n{passed} hold, {failed} do not, {skipped} cannot be told here");
    }
    // A cluster of which nothing could be checked was not verified.
    Ok(if failed > 0 || passed == 0 { 2 } else { 0 })
}

fn row(check: &Check) -> Vec<String> {
    let (word, what) = match &check.outcome {
        CheckOutcome::Pass => (
            style("holds").green().to_string(),
            check.evidence.clone().unwrap_or_default(),
        ),
        CheckOutcome::Fail { why, hint } => {
            let hint = hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
            (style("FAILS").red().bold().to_string(), format!("{why}{hint}"))
        }
        CheckOutcome::Skip { why } => (style("skipped").yellow().to_string(), why.clone()),
    };
    vec![check.area.clone(), check.name.clone(), word, what]
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MachineOutput {
    name: String,
    id: u64,
    public_address: Option<String>,
    private_ipv4: Option<String>,
    host_key: Option<String>,
    running: bool,
}

/// Prints addresses, endpoints and host keys.
pub(super) async fn output(file: &Path, format: Format) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
    let machines: Vec<MachineOutput> = survey
        .facts
        .servers
        .iter()
        .filter_map(|(name, lookup)| {
            let server = lookup.present()?;
            Some(MachineOutput {
                name: name.clone(),
                id: server.id,
                public_address: server.address.map(|address| address.to_string()),
                private_ipv4: server.private_ipv4.map(|address| address.to_string()),
                host_key: server.host_keys.current.clone(),
                running: server.running,
            })
        })
        .collect();
    let api = match &survey.facts.cluster {
        Lookup::Present(access) => Some(access.server.clone()),
        _ => None,
    };
    if format == Format::Json {
        return print_json(&json!({ "version": 1, "cluster": survey.plan.cluster, "api": api, "machines": machines }));
    }
    println!("api  {}", api.as_deref().unwrap_or("not there yet"));
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = machines
        .iter()
        .map(|m| {
            vec![
                m.name.clone(),
                m.id.to_string(),
                text(&m.public_address),
                text(&m.private_ipv4),
                text(&m.host_key),
            ]
        })
        .collect();
    print!(
        "{}",
        table(
            &["MACHINE", "ID", "PUBLIC", "PRIVATE", "HOST KEY (sha256, base32)"],
            &rows
        )
    );
    Ok(0)
}

fn print_json(value: &serde_json::Value) -> Result<u8, Failure> {
    println!(
        "{}",
        serde_json::to_string_pretty(value).map_err(|error| Failure::internal(error.to_string()))?
    );
    Ok(0)
}
