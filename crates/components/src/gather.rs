//! Reads what the spec names: secret values, charts, folders of manifests.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use hoist_chart::{fill_namespace, manifests};
use hoist_model::{Diagnostic, Diagnostics};
use hoist_secrets::{BootstrapSecrets, Resolver, bootstrap};
use hoist_spec::Spec;
use serde_json::Value;

use crate::chart::charts;
use crate::charts::{ChartUse, Charts, RenderedChart};

/// What reading needs.
pub struct Gather<'a> {
    /// Reads secret values.
    pub resolver: &'a Resolver,
    /// Fetches and renders charts.
    pub charts: &'a Charts,
    /// The address of the first control plane, where one is known: the API's where it has no name.
    pub api_host: Option<&'a str>,
}

/// What was read. `Debug` counts the objects: manifests of a folder may be Secrets.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The values of the Secrets that the cluster starts with.
    pub secrets: BootstrapSecrets,
    /// The objects of each component that is a chart or a folder, by component.
    pub objects: BTreeMap<String, RenderedChart>,
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let objects: BTreeMap<&str, usize> = self
            .objects
            .iter()
            .map(|(name, all)| (&**name, all.objects.len()))
            .collect();
        f.debug_struct("Inputs")
            .field("secrets", &self.secrets)
            .field("objects", &objects)
            .finish()
    }
}

/// Reads everything, charts and secrets at the same time, and reports everything that fails.
pub async fn gather(spec: &Spec, from: &Gather<'_>) -> Result<Inputs, Diagnostics> {
    let charts = charts(spec, from.api_host);
    let (names, uses): (Vec<String>, Vec<ChartUse>) = charts.into_iter().unzip();
    let (secrets, rendered) = futures::join!(bootstrap(spec, from.resolver), from.charts.render(&uses));
    let mut problems = Diagnostics::default();
    let mut objects = BTreeMap::new();
    for (name, result) in names.into_iter().zip(rendered) {
        match result {
            Ok(chart) => {
                objects.insert(name, chart);
            }
            Err(problem) => {
                let message = format!("component {name}: {}", problem.message);
                problems.push(Diagnostic::new("components/chart", message).hint(problem.hint));
            }
        }
    }
    for (name, own) in spec.components.own.iter().filter(|(_, own)| own.enabled) {
        if let Some(dir) = &own.dir {
            match folder(&spec.dir.join(dir), own.namespace.as_str()) {
                Ok(list) => {
                    objects.insert(name.to_string(), list.into());
                }
                Err(why) => {
                    let hint = "the folder holds Kubernetes manifests: .yaml, .yml and .json files";
                    problems.push(Diagnostic::new("components/dir", format!("component {name}: {why}")).hint(hint));
                }
            }
        }
    }
    match secrets {
        Ok(secrets) if problems.0.is_empty() => Ok(Inputs { secrets, objects }),
        Ok(_) => Err(problems),
        Err(mut failed) => {
            failed.0.extend(problems.0);
            Err(failed)
        }
    }
}

/// The objects of all manifests in a folder and its subfolders, in the order of their paths.
fn folder(dir: &Path, namespace: &str) -> Result<Vec<Value>, String> {
    let mut files = Vec::new();
    collect(dir, &mut files).map_err(|error| format!("the folder {} cannot be read: {error}", dir.display()))?;
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        objects.extend(manifests(&text).map_err(|error| format!("{} is no manifest: {error}", file.display()))?);
    }
    fill_namespace(&mut objects, namespace);
    Ok(objects)
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link is followed to a file, never to a folder: a link to a parent would never end.
        if entry.file_type()?.is_dir() {
            if !hidden {
                collect(&path, files)?;
            }
        } else if !hidden
            && path
                .extension()
                .is_some_and(|ext| ext == "yaml" || ext == "yml" || ext == "json")
            && path.is_file()
        {
            files.push(path);
        }
    }
    Ok(())
}
