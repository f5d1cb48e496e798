//! The engine: parses all templates of a chart into one set, and executes those that make manifests.

mod capabilities;
mod durations;
mod embedder;
mod files;
mod funcs;
mod glob;
mod trouble;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use hoist_gotemplate::{Coverage, Limits, MissingKey, Set};
use hoist_govalue::{Host, Kind, Map, Str, Type, Value};
use memchr::memmem;

use crate::ChartError;
use crate::chart::Chart;
use crate::error::TemplateError;
use crate::gopath;
use crate::options::{Cluster, NoCluster, Options, Recorder};
use crate::values::table;
use capabilities::Capabilities;
pub use capabilities::KubeVersion;
use embedder::Engine;
use files::Files;

/// `common.Values`: the type of `.Values`, of `.Template` and of the dot itself.
pub(crate) const VALUES: Type = Type::Named("common.Values", Kind::Map);

/// The most bytes that all templates together may render to: read as YAML, they take many times as much.
const MAX_OUTPUT: usize = 32 << 20;

/// What Go writes where there is no value, and Helm takes out.
const NO_VALUE: &[u8] = b"<no value>";

/// A template, and what it is executed with.
struct Renderable {
    text: Rc<[u8]>,
    data: Map,
    base_path: Str,
}

/// The templates of a chart, parsed once for as long as the charts in it are the same.
#[derive(Default)]
pub(crate) struct Known(RefCell<Option<Parsed>>);

struct Parsed {
    dns: bool,
    texts: Vec<(Str, Rc<[u8]>)>,
    set: Rc<Set>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Known")
    }
}

impl Known {
    fn set(&self, dns: bool, templates: &[(Str, Renderable)]) -> Result<Rc<Set>, Box<TemplateError>> {
        if let Some(known) = &*self.0.borrow()
            && known.dns == dns
            && known.texts.len() == templates.len()
            && known
                .texts
                .iter()
                .zip(templates)
                .all(|((path, text), (other, template))| path == other && Rc::ptr_eq(text, &template.text))
        {
            return Ok(Rc::clone(&known.set));
        }
        let mut set = Set::new("gotpl", funcs::table(dns));
        for (path, template) in templates {
            let name = path.text();
            set.parse(&name, Str::from(Rc::clone(&template.text)))
                .map_err(|error| Box::new(trouble::parse_error(&name, &error)))?;
        }
        let set = Rc::new(set);
        let texts = templates
            .iter()
            .map(|(path, template)| (path.clone(), Rc::clone(&template.text)));
        *self.0.borrow_mut() = Some(Parsed {
            dns,
            texts: texts.collect(),
            set: Rc::clone(&set),
        });
        Ok(set)
    }
}

/// What the templates rendered to.
pub(crate) struct Output {
    /// By path, in no order that matters; without partials.
    pub(crate) files: Vec<(Str, Str)>,
    pub(crate) coverage: Option<crate::TemplateCoverage>,
}

/// Renders a chart whose dependencies are processed with values that are coalesced.
pub(crate) fn render(
    chart: &Chart,
    values: &Map,
    options: &Options,
    recorder: &mut Recorder<'_>,
    cluster: &mut dyn Cluster,
) -> Result<Output, Box<TemplateError>> {
    let release = release(options);
    let capabilities = Value::Object(Rc::new(Capabilities::new(&options.kube_version, &options.api_versions)));
    let mut templates = BTreeMap::new();
    let shared = Shared {
        release: Value::Map(release),
        capabilities,
    };
    shared.collect(chart, "", Value::Map(values.as_type(VALUES)), &mut templates);
    let mut order: Vec<(Str, Renderable)> = templates.into_iter().collect();
    let depth = |path: &Str| path.iter().filter(|byte| **byte == b'/').count();
    // Deep ones first, so that a chart's own templates replace those of the charts in it.
    order.sort_by(|(a, _), (b, _)| (depth(b), b).cmp(&(depth(a), a)));

    let set = chart.content.known_templates.set(options.dns, &order)?;
    let execution = hoist_gotemplate::Options {
        missing_key: MissingKey::Zero,
        limits: Limits {
            output: MAX_OUTPUT,
            ..Limits::default()
        },
    };
    let mut engine = Engine::new(recorder, cluster);
    let mut coverage = options.coverage.then(Coverage::new);
    let mut files = Vec::with_capacity(order.len());
    let mut left = MAX_OUTPUT;
    for (path, template) in &order {
        let name = path.text();
        if gopath::base(&name).starts_with('_') {
            continue;
        }
        let about = [
            (Str::from("Name"), Value::Str(path.clone())),
            (Str::from("BasePath"), Value::Str(template.base_path.clone())),
        ];
        let about = Map::typed(VALUES, about.into());
        template.data.set(Str::from("Template"), Value::Map(about));
        let data = Value::Map(template.data.as_type(VALUES));
        let text = match &mut coverage {
            None => set.execute(&name, &data, &execution, &mut engine),
            Some(coverage) => set.execute_covered(&name, &data, &execution, &mut engine, coverage),
        };
        let text = text.map_err(|error| Box::new(trouble::exec_error(&name, &error)))?;
        left = left.checked_sub(text.len()).ok_or_else(|| {
            let message = format!("the chart renders to more than {MAX_OUTPUT} bytes");
            Box::new(TemplateError {
                template: name.to_string(),
                places: Vec::new(),
                text: format!("{name}: {message}"),
                message,
            })
        })?;
        files.push((path.clone(), without_no_value(text)));
    }
    Ok(Output {
        files,
        coverage: coverage.map(|taken| crate::TemplateCoverage::new(&set, taken)),
    })
}

/// The name of a release, from a template (`--name-template`), such as `demo-{{ randAlpha 5 | lower }}`.
///
/// # Errors
///
/// [`ChartError::Options`] when it cannot be parsed or executed.
pub fn templated_name(text: &str, host: &mut dyn Host) -> Result<String, ChartError> {
    let failed = |why: String| ChartError::Options { why };
    let mut set = Set::new("name-template", funcs::plain_table());
    set.parse("name-template", text)
        .map_err(|error| failed(error.to_string()))?;
    let (mut recorder, mut cluster) = (Recorder::new(host), NoCluster);
    let mut engine = Engine::new(&mut recorder, &mut cluster);
    let name = set.execute("name-template", &Value::Nil, &Default::default(), &mut engine);
    name.map(|name| name.to_string())
        .map_err(|error| failed(error.to_string()))
}

/// Takes out what stands for no value.
fn without_no_value(text: Str) -> Str {
    let finder = memmem::Finder::new(NO_VALUE);
    let mut kept = Vec::new();
    let mut at = 0;
    while let Some(found) = finder.find(&text[at..]) {
        kept.extend_from_slice(&text[at..at + found]);
        at += found + NO_VALUE.len();
    }
    if at == 0 {
        return text;
    }
    kept.extend_from_slice(&text[at..]);
    kept.into()
}

fn release(options: &Options) -> Map {
    [
        ("Name", Value::str(options.release.as_str())),
        ("Namespace", Value::str(options.namespace.as_str())),
        ("IsUpgrade", Value::Bool(options.is_upgrade)),
        ("IsInstall", Value::Bool(!options.is_upgrade)),
        ("Revision", Value::int(1)),
        ("Service", Value::str("Helm")),
    ]
    .into_iter()
    .map(|(name, value)| (Str::from(name), value))
    .collect()
}

struct Shared {
    release: Value,
    capabilities: Value,
}

impl Shared {
    /// Gathers the templates of a chart and of those in it; answers the dot of its own.
    fn collect(&self, chart: &Chart, parent: &str, values: Value, into: &mut BTreeMap<Str, Renderable>) -> Map {
        let path = chart.path_under(parent);
        let subcharts = Map::new();
        let data: Map = [
            ("Chart", Value::Map(chart.metadata.to_map(parent.is_empty()))),
            (
                "Files",
                Value::Object(Rc::new(Files::new(Rc::clone(&chart.content.files)))),
            ),
            ("Release", self.release.clone()),
            ("Capabilities", self.capabilities.clone()),
            ("Values", values),
            ("Subcharts", Value::Map(subcharts.clone())),
        ]
        .into_iter()
        .map(|(name, value)| (Str::from(name), value))
        .collect();
        for child in &chart.dependencies {
            // A name with a dot in it is looked up as a path, as Helm does.
            let values = table(&data, &format!("Values.{}", child.name())).unwrap_or_default();
            let below = self.collect(child, &path, Value::Map(values.as_type(VALUES)), into);
            subcharts.set(Str::from(child.name()), Value::Map(below));
        }
        let base_path = Str::from(gopath::join(&path, "templates"));
        for file in chart.templates() {
            if chart.metadata.is_library() && !gopath::base(&file.name).starts_with('_') {
                continue;
            }
            into.insert(
                Str::from(gopath::join(&path, &file.name)),
                Renderable {
                    text: Rc::clone(&file.data),
                    data: data.clone(),
                    base_path: base_path.clone(),
                },
            );
        }
        data
    }
}
