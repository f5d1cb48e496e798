//! Commands that need neither network nor account: init, check, schema, completion.

use std::path::Path;

use clap::CommandFactory;
use hoist_model::{Diagnostics, ErrorKind};
use hoist_spec::Loaded;

use super::write_atomically;
use crate::args::{Cli, Format};
use crate::failure::Failure;

/// Reads the spec; its problems are shown with the lines that they are in.
pub(crate) fn load(file: &Path) -> Result<Loaded, Failure> {
    hoist_spec::load(file).map_err(|diagnostics| spec_failure(&diagnostics))
}

fn spec_failure(diagnostics: &Diagnostics) -> Failure {
    let mut text = String::new();
    for diagnostic in &diagnostics.0 {
        let source = diagnostic
            .span
            .as_ref()
            .and_then(|span| std::fs::read_to_string(&span.file).ok())
            .unwrap_or_default();
        text.push('\n');
        text.push_str(&hoist_spec::render(diagnostic, &source));
    }
    let count = diagnostics.0.len();
    let problems = if count == 1 {
        "1 problem".to_owned()
    } else {
        format!("{count} problems")
    };
    Failure::new(ErrorKind::Spec, format!("the spec has {problems}{text}"))
}

/// Writes a commented hoist.yaml; never over one that is there.
pub(crate) fn init(dir: &Path) -> Result<u8, Failure> {
    let file = dir.join("hoist.yaml");
    if file.exists() {
        return Err(Failure::user(format!("{} is there already", file.display()))
            .hint("name another folder, or remove it first"));
    }
    std::fs::create_dir_all(dir).map_err(|error| Failure::user(format!("cannot make {}: {error}", dir.display())))?;
    let folder = dir
        .canonicalize()
        .map_err(|error| Failure::user(format!("cannot read {}: {error}", dir.display())))?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .collect();
    let name = name.trim_matches('-');
    write_atomically(
        &file,
        hoist_spec::template(if name.is_empty() { "my-cluster" } else { name }),
    )?;
    println!(
        "wrote {}; next: fill in your key and domain, then `hoist check`",
        file.display()
    );
    Ok(0)
}

/// Parses and cross-checks.
pub(crate) fn check(file: &Path, format: Format) -> Result<u8, Failure> {
    let result = hoist_spec::load(file);
    if format == Format::Json {
        let problems = result.as_ref().err().cloned().unwrap_or_default();
        let json = serde_json::json!({ "version": 1, "ok": result.is_ok(), "problems": problems });
        println!(
            "{}",
            serde_json::to_string_pretty(&json).map_err(|error| Failure::internal(error.to_string()))?
        );
        return Ok(u8::from(result.is_err()));
    }
    let loaded = result.map_err(|diagnostics| spec_failure(&diagnostics))?;
    let spec = &loaded.spec;
    let machines = spec.machines_enabled().count();
    println!(
        "{}: cluster {}, {machines} machines ({} servers), {} components",
        file.display(),
        spec.cluster.name,
        spec.servers().count(),
        spec.components.enabled().count()
    );
    Ok(0)
}

/// Prints the JSON Schema.
pub(crate) fn schema() -> Result<u8, Failure> {
    println!(
        "{}",
        serde_json::to_string_pretty(&hoist_spec::schema()).map_err(|error| Failure::internal(error.to_string()))?
    );
    Ok(0)
}

/// Prints a completion script.
pub(crate) fn completion(shell: clap_complete::Shell) -> Result<u8, Failure> {
    clap_complete::generate(shell, &mut Cli::command(), "hoist", &mut std::io::stdout());
    Ok(0)
}
