//! How rendering a chart fails, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// A chart could not be fetched or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// There is no helm.
    #[error("chart {chart} cannot be rendered: there is no helm ({looked})")]
    NoHelm {
        /// The chart.
        chart: String,
        /// Where it was looked for.
        looked: String,
    },
    /// The repository does not have it, or does not answer.
    #[error("chart {chart} cannot be fetched from {from}: {why}")]
    Fetch {
        /// The chart with its version.
        chart: String,
        /// The repository, or the mirror that stands for it.
        from: String,
        /// helm's own words.
        why: String,
    },
    /// The cached archive is not the one that was fetched.
    #[error("the cached archive {file} of chart {chart} has changed since it was fetched")]
    Digest {
        /// The chart with its version.
        chart: String,
        /// The archive.
        file: PathBuf,
    },
    /// helm refused to render it.
    #[error("chart {chart} cannot be rendered: {why}")]
    Render {
        /// The chart with its version.
        chart: String,
        /// helm's own words.
        why: String,
    },
    /// helm gave no answer.
    #[error("chart {chart}: helm gave no answer within {} s while {doing}, and was stopped", after.as_secs_f32())]
    TimedOut {
        /// The chart with its version.
        chart: String,
        /// What it was doing.
        doing: &'static str,
        /// After how long.
        after: Duration,
    },
    /// What helm printed is not a list of objects.
    #[error("chart {chart} rendered to something that is no list of Kubernetes objects: {why}")]
    Output {
        /// The chart with its version.
        chart: String,
        /// Why.
        why: String,
    },
    /// The disk refused.
    #[error("the chart cache {dir} cannot be used: {why}")]
    Cache {
        /// The folder.
        dir: PathBuf,
        /// Why.
        why: String,
    },
}

impl ChartError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoHelm { .. } => "hoist renders charts with helm 4: install it, or set HOIST_TOOLS to its folder",
            Self::Fetch { .. } => {
                "check name and version with `helm search repo`; without a way out, name a mirror under `mirrors`"
            }
            Self::Digest { .. } => "delete the archive; it is fetched again",
            Self::Render { .. } => "check the component's values against the chart's own values.yaml",
            Self::TimedOut { .. } => "is the repository reachable? a mirror under `mirrors` may stand for it",
            Self::Output { .. } => "the chart's version may not fit; `helm template` shows what it renders to",
            Self::Cache { .. } => "the folder must be writable and have space left",
        }
    }
}
