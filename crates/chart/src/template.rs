//! `helm template`, from a loaded chart to manifests.

use hoist_govalue::{Host, Map, Str, Value};

use crate::chart::Chart;
use crate::options::{Cluster, Options, Recorder, check_release_name};
use crate::output::Rendered;
use crate::values::{Coalescer, check_depth};
use crate::{ChartError, Warning, dependencies, render, schema, sorted};

const NOTES: &[u8] = b"NOTES.txt";

/// Renders a chart with a person's values, as `helm template` does.
///
/// `host` is asked for time, random numbers and, when the options allow it, addresses; `cluster` answers `lookup`.
///
/// # Errors
///
/// Every way in which Helm refuses, in its order: the kind of chart, its dependencies, the release's name, the values'
/// schema, the version of Kubernetes, templates, manifests.
pub fn template(
    chart: &Chart,
    values: &Map,
    options: &Options,
    host: &mut dyn Host,
    cluster: &mut dyn Cluster,
) -> Result<Rendered, ChartError> {
    let mut warnings = chart_warnings(chart);
    let (chart, values) = coalesced(chart, values, options, &mut warnings)?;
    check_kube_version(&chart, options)?;

    let mut recorder = Recorder::new(host);
    let output = render::render(&chart, &values, options, &mut recorder, cluster).map_err(ChartError::Template)?;
    let draws = recorder.draws;
    let mut files = output.files;
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let own_notes = format!("{}/templates/NOTES.txt", chart.name());
    let notes = files.iter().find(|(path, _)| *path == *own_notes);
    let notes = notes.map(|(_, text)| text.clone());
    files.retain(|(path, _)| !path.ends_with(NOTES));
    let (manifests, hooks) = sorted::sort(&files, &mut warnings).map_err(|bad| ChartError::Manifest {
        template: bad.template.to_string(),
        why: bad.why,
        rendered: joined(&files),
    })?;
    Ok(Rendered {
        chart: chart.name().to_owned(),
        release: options.release.clone(),
        namespace: options.namespace.clone(),
        manifests,
        hooks,
        crds: chart.crds(),
        notes,
        warnings,
        draws,
        coverage: output.coverage,
    })
}

/// The values that a chart's templates see: those given, over its defaults and those of the charts in it.
///
/// # Errors
///
/// Those of [`template`] up to the schema.
pub fn computed_values(chart: &Chart, values: &Map, options: &Options) -> Result<Map, ChartError> {
    let mut warnings = Vec::new();
    coalesced(chart, values, options, &mut warnings).map(|(_, values)| values)
}

fn coalesced(
    chart: &Chart,
    values: &Map,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<(Chart, Map), ChartError> {
    check_depth(&Value::Map(values.clone())).map_err(|why| ChartError::Values { why })?;
    let metadata = chart.metadata();
    if !["", "application"].contains(&metadata.kind.as_str()) {
        return Err(ChartError::Options {
            why: format!("{} charts are not installable", metadata.kind),
        });
    }
    if metadata.deprecated {
        warnings.push(Warning::Chart("this chart is deprecated".into()));
    }
    let in_dependencies = |why: String| ChartError::Dependencies {
        chart: chart.name().to_owned(),
        why,
    };
    let missing = dependencies::missing(chart);
    if !missing.is_empty() {
        return Err(in_dependencies(format!(
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to \
             fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
            missing.join(", ")
        )));
    }
    check_release_name(&options.release)?;
    let mut chart = chart.clone();
    dependencies::process(&mut chart, values, warnings)
        .map_err(|why| in_dependencies(format!("chart dependencies processing failed: {why}")))?;
    let values = Coalescer { warnings }
        .coalesce_values(&chart, values)
        .map_err(in_dependencies)?;
    if !options.skip_schema {
        schema::check(&chart, &values, warnings)?;
    }
    Ok((chart, values))
}

fn check_kube_version(chart: &Chart, options: &Options) -> Result<(), ChartError> {
    let wanted = &chart.metadata().kube_version;
    let version = &options.kube_version;
    if wanted.is_empty() || dependencies::is_compatible(wanted, version.normalized()) {
        return Ok(());
    }
    Err(ChartError::Options {
        why: format!(
            "chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {}",
            version.version()
        ),
    })
}

fn chart_warnings(chart: &Chart) -> Vec<Warning> {
    let mut warnings = Vec::new();
    chart.walk("", &mut |chart, _| warnings.extend_from_slice(chart.warnings()));
    warnings
}

/// All that was rendered, for a person who looks for an error in it.
fn joined(files: &[(Str, Str)]) -> String {
    let texts = files.iter().filter(|(_, text)| !sorted::trim(text).is_empty());
    texts
        .map(|(path, text)| format!("---\n# Source: {path}\n{text}\n"))
        .collect()
}
