//! `hoist vendor`: every chart of the spec into a folder, for work without the network.

use std::path::Path;

use console::style;
use hoist_chartrepo::FetchError;

use super::chart::fetch_failure;
use crate::args::chart::Vendor;
use crate::failure::Failure;
use crate::world;

/// Fills the folder and brings hoist.lock up to date.
pub(super) async fn vendor(file: &Path, args: &Vendor) -> Result<u8, Failure> {
    let spec = world::spec(file)?;
    let wanted = hoist_components::chart_refs(&spec);
    let names: Vec<&str> = wanted.iter().map(|chart| chart.name.as_str()).collect();
    if let Some(unknown) = args.update.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(
            Failure::user(format!("the spec has no chart {unknown}")).hint(match names.is_empty() {
                true => "it has no chart at all".to_owned(),
                false => format!("it has {}", names.join(", ")),
            }),
        );
    }
    let lock_file = world::lock_file(&spec.dir);
    let mut lock = lock_file
        .read()
        .map_err(|error| Failure::user(error.to_string()).hint(error.hint()))?;
    for name in &args.update {
        lock.forget(name);
    }
    let folder = spec.dir.join(&args.dir);
    // What the lock pins and the folder has already is taken from there.
    let store = world::store(&spec, folder.is_dir().then(|| folder.clone()))?;
    let vendored = store
        .vendor(&wanted, &[], &lock, &folder)
        .await
        .map_err(|errors| failures(&errors))?;
    for record in &vendored.records {
        let from = record.url.as_deref().unwrap_or("a folder");
        println!("{}  {}  {}", record.what, record.digest, style(from).dim());
    }
    for path in &vendored.stale {
        println!(
            "{} {} belongs to nothing in the spec",
            style("note:").cyan().bold(),
            path.display()
        );
    }
    let locked = lock_file.write(&vendored.lock).map_err(|error| fetch_failure(&error))?;
    println!(
        "{}: {} new or changed, {} as they were{}",
        folder.display(),
        vendored.written.len(),
        vendored.unchanged.len(),
        if locked { "; hoist.lock is new" } else { "" }
    );
    Ok(0)
}

fn failures(errors: &[FetchError]) -> Failure {
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let failure = Failure::remote(text.join("\n"));
    match errors.first() {
        Some(first) => failure.hint(first.hint()),
        None => failure,
    }
}
