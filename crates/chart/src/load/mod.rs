//! Loading a chart from a folder, an archive, or files in memory.

mod archive;
mod folder;
mod ignore;
pub(crate) mod typed;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use hoist_goencoding::yaml;
use hoist_govalue::{Map, Value};

use crate::chart::{Chart, ChartFile, Content};
use crate::metadata::{RawMetadata, dependency};
use crate::{ChartError, Metadata, Warning, gopath, values};
use typed::{Reader, Struct};

/// The most bytes that a chart may have, unpacked.
const MAX_CHART: u64 = 100 << 20;
/// How deep charts may lie in charts. Helm has no limit.
const MAX_NESTING: usize = 32;
/// The most bytes that all archives within one chart may unpack to. Helm has no limit.
const MAX_TOTAL: u64 = 4 * MAX_CHART;

impl Chart {
    /// Loads the chart in a folder, or in an archive (`.tgz`).
    ///
    /// # Errors
    ///
    /// [`ChartError::Load`] when it cannot be read or is no chart, [`ChartError::Metadata`] when Chart.yaml does not say
    /// what it must.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ChartError> {
        let path = path.as_ref();
        let at = path.display().to_string();
        let failed = |why: String| ChartError::Load { chart: at.clone(), why };
        let found = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        let files = if found.is_dir() {
            folder::files(path).map_err(failed)?
        } else {
            let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            archive::check_kind(&at, &bytes).map_err(failed)?;
            archive::files(&bytes, &mut MAX_TOTAL.clone()).map_err(failed)?
        };
        Self::from_named_files(&at, files)
    }

    /// Loads the chart in an archive's bytes.
    ///
    /// # Errors
    ///
    /// Those of [`Chart::load`].
    pub fn from_archive(bytes: &[u8]) -> Result<Self, ChartError> {
        let at = "the archive";
        let files =
            archive::files(bytes, &mut MAX_TOTAL.clone()).map_err(|why| ChartError::Load { chart: at.into(), why })?;
        Self::from_named_files(at, files)
    }

    /// Loads a chart from its files, by their paths in it.
    ///
    /// # Errors
    ///
    /// Those of [`Chart::load`].
    pub fn from_files(files: Vec<ChartFile>) -> Result<Self, ChartError> {
        Self::from_named_files("the chart", files)
    }

    fn from_named_files(at: &str, files: Vec<ChartFile>) -> Result<Self, ChartError> {
        check_api_version(&files).map_err(|why| ChartError::Load {
            chart: at.to_owned(),
            why,
        })?;
        let mut loader = Loader {
            left: MAX_TOTAL,
            depth: 0,
        };
        let chart = loader.chart(files, "").map_err(|failure| match failure {
            Failure::Load(why) => ChartError::Load {
                chart: at.to_owned(),
                why,
            },
            Failure::Metadata(why) => ChartError::Metadata {
                chart: at.to_owned(),
                why,
            },
        })?;
        Ok(chart)
    }
}

/// The version of the format decides who loads it. Version 3 is an experiment of Helm 4's that its own `template` refuses.
fn check_api_version(files: &[ChartFile]) -> Result<(), String> {
    const BASE: Struct = Struct {
        name: "chartBase",
        go_type: "loader.chartBase",
        fields: &["apiVersion"],
    };
    let file = files.iter().find(|file| &*file.name == "Chart.yaml");
    let file = file.ok_or("Chart.yaml file is missing: unable to detect chart version, no Chart.yaml found")?;
    let text = read_yaml(file, "Chart.yaml")?;
    let (mut reader, mut version) = (Reader::default(), String::new());
    reader.fields(&text, BASE, |reader, _, value| {
        reader.string(value, BASE.name, &mut version)
    });
    reader
        .finish()
        .map_err(|why| format!("cannot load Chart.yaml: {why}"))?;
    match version.as_str() {
        "" | "v1" | "v2" => Ok(()),
        "v3" => Err("invalid chart apiVersion: v3 is an experiment of Helm's and is not supported".into()),
        _ => Err(format!("unsupported chart version: its apiVersion is {version}")),
    }
}

fn read_yaml(file: &ChartFile, what: &str) -> Result<Value, String> {
    let value = yaml::decode_exact(&file.data).map_err(|why| format!("cannot load {what}: {why}"))?;
    values::check_depth(&value).map_err(|why| format!("cannot load {what}: {why}"))?;
    Ok(value)
}

enum Failure {
    Load(String),
    Metadata(String),
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self::Load(why)
    }
}

struct Loader {
    left: u64,
    depth: usize,
}

impl Loader {
    fn chart(&mut self, files: Vec<ChartFile>, parent: &str) -> Result<Chart, Failure> {
        let mut content = Content::default();
        if let Some(schema) = files.iter().find(|file| &*file.name == "values.schema.json") {
            content.known_schema.begin(&schema.data);
        }
        let mut metadata = None;
        for file in files.iter().filter(|file| &*file.name == "Chart.yaml") {
            let raw: &mut RawMetadata = metadata.get_or_insert_default();
            let text = read_yaml(file, "Chart.yaml")?;
            raw.read(&text)
                .map_err(|why| format!("cannot load Chart.yaml: {why}"))?;
            if raw.known.api_version.is_empty() {
                raw.known.api_version = "v1".into();
            }
        }
        let (mut values, mut inner, mut others) = (None, BTreeMap::<String, Vec<ChartFile>>::new(), Vec::new());
        for file in &files {
            match &*file.name {
                "Chart.yaml" => {}
                "Chart.lock" => read_lock(file, "Chart.lock")?,
                "values.yaml" => values = Some(read_values(file)?),
                "values.schema.json" => content.schema = Some(Rc::clone(&file.data)),
                "requirements.yaml" | "requirements.lock" => {
                    let name = &*file.name;
                    let raw = metadata.get_or_insert_default();
                    let is_old = raw.known.api_version == "v1";
                    if name == "requirements.yaml" {
                        let text = read_yaml(file, name)?;
                        raw.read(&text).map_err(|why| format!("cannot load {name}: {why}"))?;
                    } else {
                        read_lock(file, name)?;
                    }
                    if is_old {
                        others.push(file.clone());
                    } else {
                        content.warnings.push(Warning::Chart(out_of_place(name).into()));
                    }
                }
                name if name.starts_with("templates/") => content.templates.push(file.clone()),
                name if name.starts_with("charts/") && gopath::ext(name) != ".prov" => {
                    let name = name.strip_prefix("charts/").unwrap_or(name);
                    let (chart, _) = name.split_once('/').unwrap_or((name, ""));
                    inner.entry(chart.to_owned()).or_default().push(ChartFile {
                        name: name.into(),
                        data: Rc::clone(&file.data),
                    });
                }
                _ => others.push(file.clone()),
            }
        }
        let metadata = metadata.ok_or_else(|| Failure::Load("Chart.yaml file is missing".into()))?;
        let metadata = metadata
            .validate()
            .map_err(|why| Failure::Metadata(format!("validation: {why}")))?;
        content.raw = files;
        content.files = Rc::new(others);
        self.assemble(metadata, values, content, inner, parent)
    }

    fn assemble(
        &mut self,
        metadata: Metadata,
        values: Option<Map>,
        content: Content,
        inner: BTreeMap<String, Vec<ChartFile>>,
        parent: &str,
    ) -> Result<Chart, Failure> {
        let path: Rc<str> = if parent.is_empty() {
            metadata.name.as_str().into()
        } else {
            format!("{parent}/charts/{}", metadata.name).into()
        };
        let mut dependencies = Vec::new();
        for (folder, files) in inner {
            if folder.starts_with(['_', '.']) {
                continue;
            }
            let in_it = |why: &str| format!("error unpacking subchart {folder} in {}: {why}", metadata.name);
            if self.depth >= MAX_NESTING {
                return Err(in_it(&format!("charts lie in charts more than {MAX_NESTING} deep")).into());
            }
            let files = self.files_of(&folder, files, &metadata.name)?;
            let files = files.map_err(|why| in_it(&why))?;
            self.depth += 1;
            let chart = self.chart(files, &path).map_err(|failure| match failure {
                Failure::Load(why) => Failure::Load(in_it(&why)),
                Failure::Metadata(why) => Failure::Metadata(in_it(&why)),
            })?;
            self.depth -= 1;
            dependencies.push(chart);
        }
        Ok(Chart {
            metadata,
            values,
            content: Rc::new(content),
            dependencies,
            loaded_path: path,
            adopted: true,
        })
    }

    /// The files of a chart within another one: an archive's, or those below its folder.
    fn files_of(
        &mut self,
        folder: &str,
        files: Vec<ChartFile>,
        chart: &str,
    ) -> Result<Result<Vec<ChartFile>, String>, String> {
        if gopath::ext(folder) != ".tgz" {
            let below = files.into_iter().filter_map(|file| {
                let (_, name) = file.name.split_once('/')?;
                Some(ChartFile {
                    name: name.into(),
                    data: file.data,
                })
            });
            return Ok(Ok(below.collect()));
        }
        match files.first() {
            Some(file) if &*file.name == folder => Ok(archive::files(&file.data, &mut self.left)),
            other => Err(format!(
                "error unpacking subchart tar in {chart}: expected {folder}, got {}",
                other.map_or("nothing", |file| &file.name)
            )),
        }
    }
}

fn out_of_place(name: &str) -> &'static str {
    if name == "requirements.yaml" {
        "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml."
    } else {
        "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock."
    }
}

fn read_values(file: &ChartFile) -> Result<Map, String> {
    values::documents(&file.data).map_err(|why| format!("cannot load values.yaml: {why}"))
}

/// A lock is not used for rendering, but must be one.
fn read_lock(file: &ChartFile, what: &str) -> Result<(), String> {
    const LOCK: Struct = Struct {
        name: "Lock",
        go_type: "v2.Lock",
        fields: &["generated", "digest", "dependencies"],
    };
    let text = read_yaml(file, what)?;
    let mut reader = Reader::default();
    let mut text_field = String::new();
    let mut bad_time = None;
    reader.fields(&text, LOCK, |reader, field, value| match field {
        "generated" => match value {
            Value::Nil => {}
            Value::Str(time) if is_rfc3339(&time.text()) => {}
            Value::Str(time) => bad_time = Some(format!("parsing time \"{time}\": it is not as RFC 3339 writes times")),
            _ => bad_time = Some("Time.UnmarshalJSON: input is not a JSON string".to_owned()),
        },
        "digest" => reader.string(value, LOCK.name, &mut text_field),
        _ => {
            for item in reader.items(value, LOCK.name, "[]*v2.Dependency").unwrap_or_default() {
                dependency(reader, &item, LOCK.name, None);
            }
        }
    });
    if let Some(why) = bad_time {
        return Err(format!(
            "cannot load {what}: error unmarshaling JSON: while decoding JSON: {why}"
        ));
    }
    reader.finish().map_err(|why| format!("cannot load {what}: {why}"))
}

/// Whether a text is a time such as `2026-01-02T03:04:05.678Z` or with `+01:00` in place of the `Z`.
fn is_rfc3339(text: &str) -> bool {
    let is = |pattern: &str, text: &str| {
        pattern.len() == text.len()
            && pattern.bytes().zip(text.bytes()).all(|(wanted, byte)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
    };
    let (Some(time), Some(rest)) = (text.get(..19), text.get(19..)) else {
        return false;
    };
    let rest = rest.strip_prefix(['.', ',']).map_or(rest, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    is("0000-00-00T00:00:00", time) && (rest == "Z" || is("+00:00", rest) || is("-00:00", rest))
}
