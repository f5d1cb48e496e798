//! What a rendering gives, and how it is written.

use hoist_govalue::{Str, Value};
use serde_json::Number;

use crate::chart::Crd;
use crate::objects::{fill_namespace, flatten, is_installed};
use crate::sorted::{Hook, Manifest, is_shown, path_in_chart, split, trim};
use crate::{ChartError, Draw, TemplateCoverage, Warning};

/// A chart, rendered.
#[derive(Debug)]
pub struct Rendered {
    /// The chart's name.
    pub chart: String,
    /// The release's name.
    pub release: String,
    /// The namespace that it was rendered for.
    pub namespace: String,
    /// What is installed, in that order.
    pub manifests: Vec<Manifest>,
    /// What is applied at moments of its own.
    pub hooks: Vec<Hook>,
    /// What lies in `crds/`.
    pub crds: Vec<Crd>,
    /// The text of NOTES.txt, where the chart has one.
    pub notes: Option<Str>,
    /// What Helm would warn of.
    pub warnings: Vec<Warning>,
    /// What was random, in the order in which it was made.
    pub draws: Vec<Draw>,
    /// Which branches were taken, when that was asked for.
    pub coverage: Option<TemplateCoverage>,
}

/// What is written of a rendering.
#[derive(Clone, Debug, Default)]
pub struct OutputOptions {
    /// What lies in `crds/`, too (`--include-crds`).
    pub include_crds: bool,
    /// No hooks (`--no-hooks`).
    pub no_hooks: bool,
    /// No hooks that test a release (`--skip-tests`).
    pub skip_tests: bool,
    /// Only what these templates rendered to, by patterns of their paths in the chart (`--show-only`).
    pub show_only: Vec<String>,
}

/// A file that a rendering is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path: `cilium/templates/a.yaml`.
    pub path: String,
    /// Its bytes.
    pub text: Vec<u8>,
}

impl Rendered {
    /// The text that `helm template` prints, to the byte.
    ///
    /// # Errors
    ///
    /// [`ChartError::Options`] when `show_only` names what is not there.
    pub fn to_text(&self, options: &OutputOptions) -> Result<Vec<u8>, ChartError> {
        let mut release = Vec::new();
        if options.include_crds {
            for crd in &self.crds {
                write(&mut release, crd.path.as_bytes(), &crd.data);
            }
        }
        for manifest in &self.manifests {
            write(&mut release, &manifest.template, &manifest.text);
        }
        let mut text = trim(&release).to_vec();
        text.push(b'\n');
        for hook in self.hooks(options) {
            write(&mut text, &hook.manifest.template, &hook.manifest.text);
        }
        if options.show_only.is_empty() {
            return Ok(text);
        }
        shown(&text, &options.show_only)
    }

    fn hooks(&self, options: &OutputOptions) -> impl Iterator<Item = &Hook> {
        let (none, no_tests) = (options.no_hooks, options.skip_tests);
        self.hooks
            .iter()
            .filter(move |hook| !(none || no_tests && hook.is_test()))
    }

    /// The files that `helm template --output-dir` writes, by their paths below that folder. With `release_name`, those
    /// other than CRDs lie in a folder of the release's name.
    pub fn to_files(&self, options: &OutputOptions, release_name: bool) -> Vec<OutputFile> {
        let mut files: Vec<OutputFile> = Vec::new();
        let mut add = |path: String, source: &[u8], text: &[u8]| {
            let index = files.iter().position(|file| file.path == path);
            let index = index.unwrap_or_else(|| {
                files.push(OutputFile { path, text: Vec::new() });
                files.len() - 1
            });
            if let Some(file) = files.get_mut(index) {
                write(&mut file.text, source, text);
            }
        };
        let inside = |template: &Str| match release_name {
            true => format!("{}/{template}", self.release),
            false => template.to_string(),
        };
        if options.include_crds {
            for crd in &self.crds {
                add(crd.path.clone(), crd.path.as_bytes(), &crd.data);
            }
        }
        for manifest in &self.manifests {
            add(inside(&manifest.template), &manifest.template, &manifest.text);
        }
        for hook in self.hooks(options) {
            let manifest = &hook.manifest;
            add(inside(&manifest.template), &manifest.template, &manifest.text);
        }
        files
    }

    /// The objects that an installation is made of, in Helm's order: hooks of tests, deletion and rollback are left out,
    /// lists are taken apart, and each object that lives in a namespace has one.
    ///
    /// # Errors
    ///
    /// [`ChartError::Output`] for a document that is no object of Kubernetes.
    pub fn objects(&self, include_crds: bool) -> Result<Vec<serde_json::Value>, ChartError> {
        let failed = |why: String| ChartError::Output {
            chart: self.chart.clone(),
            why,
        };
        let mut objects = Vec::new();
        if include_crds {
            for crd in &self.crds {
                for document in split(&crd.data) {
                    let content = hoist_goencoding::yaml::decode(document)
                        .map_err(|error| failed(format!("{}: {error}", crd.path)))?;
                    flatten(to_json(&content), &mut objects).map_err(|why| failed(format!("{}: {why}", crd.path)))?;
                }
            }
        }
        let hooks = self.hooks.iter().map(|hook| &hook.manifest);
        for manifest in self.manifests.iter().chain(hooks) {
            flatten(to_json(&manifest.content), &mut objects)
                .map_err(|why| failed(format!("{}: {why}", manifest.template)))?;
        }
        objects.retain(is_installed);
        fill_namespace(&mut objects, &self.namespace);
        Ok(objects)
    }
}

fn write(out: &mut Vec<u8>, source: &[u8], text: &[u8]) {
    out.extend_from_slice(b"---\n# Source: ");
    out.extend_from_slice(source);
    out.push(b'\n');
    out.extend_from_slice(text);
    out.push(b'\n');
}

/// The documents that came from the templates that were asked for, in the order in which those were named.
fn shown(text: &[u8], patterns: &[String]) -> Result<Vec<u8>, ChartError> {
    let documents: Vec<(&[u8], Option<String>)> = split(text).map(|document| (document, source(document))).collect();
    let mut out = Vec::new();
    for pattern in patterns {
        let mut missing = true;
        for (document, path) in &documents {
            if path.as_ref().is_some_and(|path| is_shown(pattern, path)) {
                out.extend_from_slice(b"---\n");
                out.extend_from_slice(document);
                out.push(b'\n');
                missing = false;
            }
        }
        if missing {
            return Err(ChartError::Options {
                why: format!("could not find template {pattern} in chart"),
            });
        }
    }
    Ok(out)
}

/// The path, in its chart, of the template that a document says it came from, wherever in its text it does.
fn source(document: &[u8]) -> Option<String> {
    const MARK: &[u8] = b"# Source: ";
    let mut rest = document;
    while let Some(found) = memchr::memmem::find(rest, MARK) {
        rest = &rest[found + MARK.len()..];
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        // A name, a slash, and something behind it; the name may reach over lines.
        let slash = rest.iter().position(|byte| *byte == b'/');
        if let Some(slash) = slash.filter(|slash| *slash > 0) {
            let behind = rest[slash + 1..]
                .split(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default();
            if !behind.is_empty() {
                let path = path_in_chart(&line);
                return Some(if path.is_empty() {
                    String::from_utf8_lossy(behind).into_owned()
                } else {
                    path.to_owned()
                });
            }
        }
    }
    None
}

/// A value as JSON. Helm writes 1000000 as 1e+06, and Kubernetes wants the integer.
fn to_json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Nil => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number, _) => Json::from(*number),
        Value::Uint(number, _) => Json::from(*number),
        Value::Float(number, _) if number.fract() == 0.0 && number.abs() < 9e15 => Json::from(*number as i64),
        Value::Float(number, _) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Str(text) => Json::String(text.text().into_owned()),
        Value::Bytes(bytes) => Json::String(data_encoding::BASE64.encode(bytes)),
        Value::List(list) => Json::Array(list.iter().map(to_json).collect()),
        Value::Map(map) => {
            let entries = map.borrow();
            let entries = entries.iter();
            Json::Object(
                entries
                    .map(|(key, value)| (key.text().into_owned(), to_json(value)))
                    .collect(),
            )
        }
        Value::Object(object) => to_json(&object.plain()),
    }
}
