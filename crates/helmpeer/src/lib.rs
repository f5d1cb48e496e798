//! For tests: what the real Helm does with a template, a chart or values, asked in batches of one running process.
//!
//! The process is `tools/helm-peer`, which links Helm's own packages. Two of them at most run in a test binary; they start
//! at the first question and end with it. A missing tool, or one that breaks the protocol, is a panic, since no test
//! could mean anything then; what Helm refuses is an `Err` with Helm's text.
//!
//! ```no_run
//! use serde_json::json;
//! let text = hoist_helmpeer::text("{{ .Values.a | quote }}", &json!({ "a": 1 }));
//! assert_eq!(text.as_deref(), Ok("\"1\""));
//! ```

mod case;
mod pool;
mod process;
mod tools;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub use case::{Case, Command, Kind, Release};
pub use tools::{chart, charts, tool};

/// What a chart's templates render to, by their path in the chart (`templates/a.yaml`, `charts/x/templates/b.yaml`).
pub type Rendered = BTreeMap<String, String>;

/// Renders a chart as `helm template` does, before it sorts and joins the documents.
///
/// Bytes that are not UTF-8 are U+FFFD each, as Go's JSON writes them; [`render_bytes`] keeps them.
pub fn render(case: &Case) -> Result<Rendered, String> {
    one(render_all(std::slice::from_ref(case)))
}

/// Renders many charts, in one batch.
pub fn render_all(cases: &[Case]) -> Vec<Result<Rendered, String>> {
    let answers = ask("render", cases);
    answers.into_iter().map(|it| it.map(|it| files(&it))).collect()
}

/// Renders a chart, to bytes.
pub fn render_bytes(case: &Case) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let answer = one(ask("render", std::slice::from_ref(case)))?;
    let mut bytes: BTreeMap<_, _> = files(&answer)
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .collect();
    for (name, encoded) in answer["binary"].as_object().into_iter().flatten() {
        bytes.insert(name.clone(), decoded(encoded));
    }
    Ok(bytes)
}

/// What one template renders to with these values. Numbers in `values` are float64 there, as from a values file.
pub fn text(template: &str, values: &Value) -> Result<String, String> {
    one(texts(std::slice::from_ref(&(template, values.clone()))))
}

/// What each of these templates renders to with its values, in one batch.
pub fn texts<T: AsRef<str>>(templates: &[(T, Value)]) -> Vec<Result<String, String>> {
    let cases: Vec<_> = templates
        .iter()
        .map(|(template, values)| Case::template(template.as_ref()).values(values.clone()))
        .collect();
    render_all(&cases)
        .into_iter()
        .map(|it| it.map(|mut files| files.remove(case::TEMPLATE).unwrap_or_default()))
        .collect()
}

/// Values, merged by Helm.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// As JSON, with sorted keys.
    pub json: Value,
    /// In Go's syntax (`%#v`), which tells a float64 (`1`) from an int64 (`1`) no better, but nil from an empty list.
    pub go: String,
}

/// What a person's values files and sets are together (`values`, `values_files` and `sets` of the case).
pub fn merge(case: &Case) -> Result<Merged, String> {
    one(merge_all(std::slice::from_ref(case)))
}

/// [`merge`], in one batch.
pub fn merge_all(cases: &[Case]) -> Vec<Result<Merged, String>> {
    ask("set", cases).into_iter().map(|it| it.map(merged)).collect()
}

/// The values that the templates of the case's chart would see: dependencies processed, defaults coalesced.
pub fn coalesce(case: &Case) -> Result<Merged, String> {
    one(coalesce_all(std::slice::from_ref(case)))
}

/// [`coalesce`], in one batch.
pub fn coalesce_all(cases: &[Case]) -> Vec<Result<Merged, String>> {
    ask("coalesce", cases).into_iter().map(|it| it.map(merged)).collect()
}

/// How a helm command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it warned of, and its error as a person sees it.
    pub stderr: String,
    /// The error that it ended with.
    pub error: Option<String>,
    /// How long it took inside of the process, in microseconds.
    pub micros: u64,
    /// The peak of resident memory in KiB, when it was to be measured.
    pub peak_kib: u64,
}

/// Runs a helm command, such as `["template", "name", "/path/chart.tgz", "--set", "a=b"]`, as the program would, with no
/// configuration, no plugins and no cluster.
pub fn helm(command: &Command) -> Ran {
    one(helm_all(std::slice::from_ref(command)))
}

/// Runs helm commands, in one batch.
pub fn helm_all(commands: &[Command]) -> Vec<Ran> {
    let questions = commands.iter().map(Command::question).collect();
    pool::ask(questions)
        .into_iter()
        .map(|answer| {
            let answer = answer.unwrap_or_else(|failure| json!({ "error": failure }));
            let stdout = match answer["binary"].get("stdout") {
                Some(encoded) => decoded(encoded),
                None => answer["ok"].as_str().unwrap_or_default().into(),
            };
            Ran {
                stdout,
                stderr: answer["stderr"].as_str().unwrap_or_default().to_owned(),
                error: answer["error"].as_str().map(str::to_owned),
                micros: answer["micros"].as_u64().unwrap_or_default(),
                peak_kib: answer["peakKiB"].as_u64().unwrap_or_default(),
            }
        })
        .collect()
}

fn ask(op: &str, cases: &[Case]) -> Vec<Result<Value, String>> {
    let questions = cases.iter().map(|it| it.question(op)).collect();
    pool::ask(questions)
        .into_iter()
        .map(|answer| {
            let answer = answer?;
            match answer["error"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(answer),
            }
        })
        .collect()
}

fn files(answer: &Value) -> Rendered {
    answer["ok"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, text)| (name.clone(), text.as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn merged(answer: Value) -> Merged {
    Merged {
        json: answer["ok"].clone(),
        go: answer["go"].as_str().unwrap_or_default().to_owned(),
    }
}

fn decoded(encoded: &Value) -> Vec<u8> {
    let text = encoded.as_str().unwrap_or_default();
    STANDARD
        .decode(text)
        .unwrap_or_else(|error| panic!("helm-peer answers what is not base64 ({error}): {text}"))
}

fn one<T>(mut answers: Vec<T>) -> T {
    answers.pop().expect("one question has one answer")
}
