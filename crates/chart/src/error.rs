//! How rendering a chart fails, and what to do about it.

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

/// A chart could not be loaded or rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChartError {
    /// What was rendered is not a list of objects.
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
}

impl ChartError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Output { .. } => "the chart's version may not fit; `hoist chart template` shows what it renders to",
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
        }
    }
}
