//! What can be asked: a chart with values, or a command.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};

/// The name of the one template of [`Case::template`].
pub(crate) const TEMPLATE: &str = "templates/t.yaml";

/// A chart in memory, and what a person gives to it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The chart's files that are text, by path: templates, `values.yaml`, `values.schema.json`, `Chart.yaml` (or see
    /// `chart`), and those of subcharts (`charts/x/Chart.yaml`).
    pub templates: BTreeMap<String, String>,
    /// More files of the chart, as bytes.
    #[serde(serialize_with = "base64_files")]
    pub files: BTreeMap<String, Vec<u8>>,
    /// Fields of Chart.yaml beside `apiVersion: v2`, `name: chart`, `version: 0.1.0`, or in place of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<Value>,
    /// The person's values, read as JSON (each number is a float64), in place of files and sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Value>,
    /// The texts of the person's values files.
    #[serde(rename = "valueFiles")]
    pub values_files: Vec<String>,
    /// `--set` and its like, in order.
    pub sets: Vec<(Kind, String)>,
    /// What `.Release` says.
    pub release: Release,
    /// `--kube-version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_version: Option<String>,
    /// `--api-versions`.
    pub api_versions: Vec<String>,
    /// `--skip-schema-validation`.
    pub skip_schema: bool,
}

/// Which flag a set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `--set`
    Set,
    /// `--set-string`
    String,
    /// `--set-json`
    Json,
    /// `--set-file`
    File,
    /// `--set-literal`
    Literal,
}

/// What `.Release` says; empty is `release-name` in `default`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// `.Release.Name`
    pub name: String,
    /// `.Release.Namespace`
    pub namespace: String,
    /// `.Release.IsUpgrade`
    pub is_upgrade: bool,
    /// `.Release.Revision`; 0 is 1.
    pub revision: u32,
}

impl Case {
    /// A chart of one template, [`crate::text`]'s.
    pub fn template(text: impl Into<String>) -> Self {
        Self::default().with(TEMPLATE, text)
    }

    /// With one more file of text.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.templates.insert(path.into(), text.into());
        self
    }

    /// With these values of the person.
    #[must_use]
    pub fn values(mut self, values: Value) -> Self {
        self.values = Some(values);
        self
    }

    /// With one more values file of the person.
    #[must_use]
    pub fn values_file(mut self, text: impl Into<String>) -> Self {
        self.values_files.push(text.into());
        self
    }

    /// With one more set.
    #[must_use]
    pub fn set(mut self, kind: Kind, text: impl Into<String>) -> Self {
        self.sets.push((kind, text.into()));
        self
    }

    pub(crate) fn question(&self, op: &str) -> Value {
        let mut question = serde_json::to_value(self).expect("plain data is JSON");
        question["op"] = op.into();
        question
    }
}

fn base64_files<S: serde::Serializer>(files: &BTreeMap<String, Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(files.iter().map(|(name, data)| (name, STANDARD.encode(data))))
}

/// A helm command.
#[derive(Clone, Debug, Default)]
pub struct Command {
    args: Vec<String>,
    stdin: Option<String>,
    measure: bool,
}

impl Command {
    /// The arguments after `helm`; the first is the command's name (`template`, `show`).
    pub fn new<T: Into<String>>(args: impl IntoIterator<Item = T>) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// What it reads from standard input.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Memory is measured, too, which makes it slower.
    #[must_use]
    pub fn measured(mut self) -> Self {
        self.measure = true;
        self
    }

    pub(crate) fn question(&self) -> Value {
        json!({ "op": "helm", "args": self.args, "stdin": self.stdin, "measure": self.measure })
    }
}
