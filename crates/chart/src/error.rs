//! How rendering a chart fails, and what to do about it.

use std::path::PathBuf;
use std::time::Duration;

/// What one chart's schema says of the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaViolation {
    /// The chart, whose values these are.
    pub chart: String,
    /// What is wrong, in Helm's words: lines of `- at '/a/b': got string, want object`.
    pub text: String,
    /// The places of what is wrong, as JSON pointers.
    pub places: Vec<String>,
}

fn violations(all: &[SchemaViolation]) -> String {
    all.iter().map(|it| format!("{}:\n{}\n", it.chart, it.text)).collect()
}

/// Where a template failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct TemplateError {
    /// The template that was parsed or executed, by its path, beginning with the chart's name.
    pub template: String,
    /// The places that the error came through, from the outermost to the innermost.
    pub places: Vec<Place>,
    /// The cause, without a place.
    pub message: String,
    /// Helm's text of it all.
    pub text: String,
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path, beginning with the chart's name; `gotpl` for a text that `tpl` was given.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 0; `None` where only the line is known.
    pub column: Option<usize>,
    /// The name of the template around, as `define` gave it, or the file's.
    pub template: String,
    /// The text of the action.
    pub action: String,
}

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
    /// A folder or archive cannot be read, or holds no chart.
    #[error("{chart} is no chart that can be loaded: {why}")]
    Load {
        /// The folder or archive.
        chart: String,
        /// Why.
        why: String,
    },
    /// Chart.yaml does not say what it must.
    #[error("{chart} has a Chart.yaml that cannot be used: {why}")]
    Metadata {
        /// The folder or archive.
        chart: String,
        /// Why.
        why: String,
    },
    /// The chart cannot be rendered as it is asked for.
    #[error("{why}")]
    Options {
        /// Why.
        why: String,
    },
    /// What the chart depends on is not there, or cannot be put together.
    #[error("chart {chart}: {why}")]
    Dependencies {
        /// The chart.
        chart: String,
        /// Why.
        why: String,
    },
    /// The values that were given cannot be read.
    #[error("{why}")]
    Values {
        /// Why.
        why: String,
    },
    /// The values are not as the chart's schema wants them.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{}", violations(.0))]
    Schema(Vec<SchemaViolation>),
    /// A template cannot be parsed or executed.
    #[error("{0}")]
    Template(Box<TemplateError>),
    /// What a template rendered to is no YAML that Kubernetes could read.
    #[error("YAML parse error on {template}: {why}")]
    Manifest {
        /// The template's path, beginning with the chart's name.
        template: String,
        /// Why.
        why: String,
        /// All that was rendered, for a person to look at.
        rendered: String,
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
            Self::Load { .. } => "name a folder with a Chart.yaml, or an archive that `helm package` made",
            Self::Metadata { .. } => "it needs apiVersion, name and version; see Helm's documentation on Chart.yaml",
            Self::Options { .. } => "check what was asked for",
            Self::Dependencies { .. } => "`helm dependency build` fetches into charts/ what Chart.yaml names",
            Self::Values { .. } => "check the files of values and what was set",
            Self::Schema(_) => {
                "correct the values at these places; the chart's values.yaml and README tell what it takes"
            }
            Self::Template(_) => {
                "check the values against the chart's own values.yaml; the chart may also have an error"
            }
            Self::Manifest { .. } => "look at what the template rendered to; a value may need quotes",
            Self::Cache { .. } => "the folder must be writable and have space left",
        }
    }
}
