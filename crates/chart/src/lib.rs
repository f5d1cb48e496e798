//! Helm charts, rendered natively: what `helm template` and `helm show` do, to the byte, without helm.
//!
//! ```
//! use hoist_chart::{Chart, ChartFile, NoCluster, Options, OutputOptions, SystemHost, ValueSources, template};
//!
//! let file = |name: &str, text: &str| ChartFile { name: name.into(), data: text.as_bytes().into() };
//! let chart = Chart::from_files(vec![
//!     file("Chart.yaml", "{ apiVersion: v2, name: demo, version: 0.1.0 }"),
//!     file("values.yaml", "greeting: hello"),
//!     file("templates/a.yaml", "text: {{ .Values.greeting }} {{ .Release.Name }}"),
//! ])?;
//! let values = ValueSources { set: vec!["greeting=hi".into()], ..Default::default() };
//! let values = values.merge(|path| Err(format!("{path} is not there")))?;
//! let rendered = template(&chart, &values, &Options::default(), &mut SystemHost, &mut NoCluster)?;
//! let text = rendered.to_text(&OutputOptions::default())?;
//! assert_eq!(text, b"---\n# Source: demo/templates/a.yaml\ntext: hi release-name\n");
//! # Ok::<(), hoist_chart::ChartError>(())
//! ```
//!
//! [`install`] renders a chart for good: what it makes up at random is kept from the live objects ([`Settle`]). Plain
//! manifests are read, too ([`manifests`]). Knows nothing of hoist's spec, and fetches nothing.

mod chart;
mod coverage;
mod dependencies;
mod error;
mod gopath;
mod load;

mod metadata;
mod objects;
mod options;
mod output;
mod render;
mod schema;
mod settle;
mod show;
mod sorted;
mod template;
mod values;
mod warning;
mod yaml;

pub use chart::{Chart, ChartFile, Crd};
pub use coverage::TemplateCoverage;
pub use error::{ChartError, Place, SchemaViolation, TemplateError};
pub use metadata::{Dependency, Maintainer, Metadata};
pub use objects::fill_namespace;
pub use options::{Cluster, Draw, KubeVersion, NoCluster, Options, Replay, SystemHost, generated_name};
pub use output::{OutputFile, OutputOptions, Rendered};
pub use render::templated_name;
pub use settle::{Installed, Settle, install};
pub use show::Show;
pub use sorted::{Hook, Manifest};
pub use template::{computed_values, template};
pub use values::{ValueFile, ValueSources};
pub use warning::Warning;
pub use yaml::{YamlError, manifests};
