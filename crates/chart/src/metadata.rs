//! What Chart.yaml says: the chart's name and version, what it depends on, and who made it.

use std::collections::{BTreeMap, BTreeSet};

use hoist_govalue::{List, Map, Str, Type, Value, strconv};
use hoist_sprig::semver::Version;

use crate::load::typed::{Reader, Struct, as_json};

/// The contents of Chart.yaml (and of requirements.yaml, for a chart of `apiVersion: v1`).
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// The chart's name.
    pub name: String,
    /// Its page.
    pub home: String,
    /// URLs of its sources.
    pub sources: Vec<String>,
    /// Its version.
    pub version: String,
    /// What it is, in a sentence.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who looks after it.
    pub maintainers: Vec<Maintainer>,
    /// The URL of its icon.
    pub icon: String,
    /// `v1` or `v2`.
    pub api_version: String,
    /// Where a parent's values say whether it is wanted.
    pub condition: String,
    /// Tags by which it may be wanted.
    pub tags: String,
    /// The version of what it installs.
    pub app_version: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Whatever else its maker wants to say.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The versions of Kubernetes that it is for.
    pub kube_version: String,
    /// The charts that it depends on. `None` where Chart.yaml does not speak of any, which is not the same as an empty
    /// list: then the dependencies of what lies in `charts/` are not looked at either.
    pub dependencies: Option<Vec<Dependency>>,
    /// `application`, `library` or nothing.
    pub kind: String,
}

/// Somebody who looks after a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// A name or an account.
    pub name: String,
    /// An address of mail.
    pub email: String,
    /// A page.
    pub url: String,
}

/// A chart that another one depends on.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    /// The chart's name.
    pub name: String,
    /// The versions that will do.
    pub version: String,
    /// Where to get it.
    pub repository: String,
    /// Paths in the values, with commas, of which the first that is there says whether it is wanted.
    pub condition: String,
    /// Tags of which one that is true in the values says that it is wanted.
    pub tags: Vec<String>,
    /// Whether it is wanted.
    pub enabled: bool,
    /// Which of its values the parent takes over: names under `exports`, or maps of `child` and `parent`. `None` where
    /// nothing is said of it.
    pub import_values: Option<List>,
    /// Another name for it.
    pub alias: String,
}

const METADATA: Struct = Struct {
    name: "Metadata",
    go_type: "v2.Metadata",
    fields: &[
        "name",
        "home",
        "sources",
        "version",
        "description",
        "keywords",
        "maintainers",
        "icon",
        "apiVersion",
        "condition",
        "tags",
        "appVersion",
        "deprecated",
        "annotations",
        "kubeVersion",
        "dependencies",
        "type",
    ],
};

const MAINTAINER: Struct = Struct {
    name: "Maintainer",
    go_type: "v2.Maintainer",
    fields: &["name", "email", "url"],
};

pub(crate) const DEPENDENCY: Struct = Struct {
    name: "Dependency",
    go_type: "v2.Dependency",
    fields: &[
        "name",
        "version",
        "repository",
        "condition",
        "tags",
        "enabled",
        "import-values",
        "alias",
    ],
};

/// What was read, before it is checked: lists may hold null.
#[derive(Debug, Default)]
pub(crate) struct RawMetadata {
    pub(crate) known: Metadata,
    maintainers: Vec<Option<Maintainer>>,
    dependencies: Option<Vec<Option<Dependency>>>,
}

impl RawMetadata {
    /// Reads a text over what is there already.
    pub(crate) fn read(&mut self, text: &Value) -> Result<(), String> {
        let mut reader = Reader::default();
        let of = METADATA.name;
        reader.fields(text, METADATA, |reader, field, value| {
            let known = &mut self.known;
            match field {
                "name" => reader.string(value, of, &mut known.name),
                "home" => reader.string(value, of, &mut known.home),
                "sources" => reader.strings(value, of, &mut known.sources),
                "version" => reader.string(value, of, &mut known.version),
                "description" => reader.string(value, of, &mut known.description),
                "keywords" => reader.strings(value, of, &mut known.keywords),
                "icon" => reader.string(value, of, &mut known.icon),
                "apiVersion" => reader.string(value, of, &mut known.api_version),
                "condition" => reader.string(value, of, &mut known.condition),
                "tags" => reader.string(value, of, &mut known.tags),
                "appVersion" => reader.string(value, of, &mut known.app_version),
                "deprecated" => reader.bool(value, of, &mut known.deprecated),
                "annotations" => reader.string_map(value, of, &mut known.annotations),
                "kubeVersion" => reader.string(value, of, &mut known.kube_version),
                "type" => reader.string(value, of, &mut known.kind),
                "maintainers" => {
                    let items = reader.items(value, of, "[]*v2.Maintainer").unwrap_or_default();
                    self.maintainers = items.iter().map(|item| maintainer(reader, item)).collect();
                }
                _ => {
                    let before = self.dependencies.take().unwrap_or_default();
                    self.dependencies = reader.items(value, of, "[]*v2.Dependency").map(|items| {
                        let before = before.into_iter().chain(std::iter::repeat(None));
                        let both = items.iter().zip(before);
                        both.map(|(item, before)| dependency(reader, item, of, before))
                            .collect()
                    });
                }
            }
        });
        reader.finish()
    }

    /// Checks it as Helm does, and cleans its texts.
    pub(crate) fn validate(self) -> Result<Metadata, String> {
        let Self {
            mut known,
            maintainers,
            dependencies,
        } = self;
        for text in [
            &mut known.name,
            &mut known.description,
            &mut known.home,
            &mut known.icon,
            &mut known.condition,
            &mut known.tags,
            &mut known.app_version,
            &mut known.kube_version,
        ] {
            *text = sanitized(text);
        }
        for text in known.sources.iter_mut().chain(&mut known.keywords) {
            *text = sanitized(text);
        }
        check(&known)?;
        for maintainer in maintainers {
            let it = maintainer.ok_or("maintainers must not contain empty or null nodes")?;
            known.maintainers.push(Maintainer {
                name: sanitized(&it.name),
                email: sanitized(&it.email),
                url: sanitized(&it.url),
            });
        }
        let Some(dependencies) = dependencies else {
            return Ok(known);
        };
        let mut names = BTreeSet::new();
        let mut checked = Vec::with_capacity(dependencies.len());
        for dependency in dependencies {
            let mut it = dependency.ok_or("dependencies must not contain empty or null nodes")?;
            for text in [&mut it.name, &mut it.version, &mut it.repository, &mut it.condition] {
                *text = sanitized(text);
            }
            for tag in &mut it.tags {
                *tag = sanitized(tag);
            }
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !it.alias.chars().all(legal) {
                let name = quote(&it.name);
                return Err(format!("dependency {name} has disallowed characters in the alias"));
            }
            let key = if it.alias.is_empty() { &it.name } else { &it.alias };
            if !names.insert(key.clone()) {
                return Err(format!("more than one dependency with name or alias {}", quote(key)));
            }
            checked.push(it);
        }
        known.dependencies = Some(checked);
        Ok(known)
    }
}

fn check(known: &Metadata) -> Result<(), String> {
    let name = &known.name;
    if known.api_version.is_empty() {
        return Err("chart.metadata.apiVersion is required".into());
    }
    if name.is_empty() {
        return Err("chart.metadata.name is required".into());
    }
    if name == "." || name == ".." {
        return Err(format!("chart.metadata.name {} is not allowed", quote(name)));
    }
    if name != crate::gopath::base(name) {
        return Err(format!("chart.metadata.name {} is invalid", quote(name)));
    }
    if known.version.is_empty() {
        return Err("chart.metadata.version is required".into());
    }
    if Version::parse(&known.version).is_err() {
        return Err(format!("chart.metadata.version {} is invalid", quote(&known.version)));
    }
    if !["", "application", "library"].contains(&known.kind.as_str()) {
        return Err("chart.metadata.type must be application or library".into());
    }
    Ok(())
}

fn maintainer(reader: &mut Reader, value: &Value) -> Option<Maintainer> {
    if matches!(value, Value::Nil) {
        return None;
    }
    let of = MAINTAINER.name;
    let mut read = Maintainer::default();
    reader.nested(value, MAINTAINER, METADATA.name, |reader, field, value| match field {
        "name" => reader.string(value, of, &mut read.name),
        "email" => reader.string(value, of, &mut read.email),
        _ => reader.string(value, of, &mut read.url),
    });
    Some(read)
}

/// A dependency; `parent` is the struct that has it.
pub(crate) fn dependency(
    reader: &mut Reader,
    value: &Value,
    parent: &str,
    before: Option<Dependency>,
) -> Option<Dependency> {
    if matches!(value, Value::Nil) {
        return None;
    }
    let of = DEPENDENCY.name;
    let mut read = before.unwrap_or_default();
    reader.nested(value, DEPENDENCY, parent, |reader, field, value| match field {
        "name" => reader.string(value, of, &mut read.name),
        "version" => reader.string(value, of, &mut read.version),
        "repository" => reader.string(value, of, &mut read.repository),
        "condition" => reader.string(value, of, &mut read.condition),
        "tags" => reader.strings(value, of, &mut read.tags),
        "enabled" => reader.bool(value, of, &mut read.enabled),
        "alias" => reader.string(value, of, &mut read.alias),
        _ => {
            let items = reader.items(value, of, "[]interface {}");
            read.import_values = items.map(|items| List::new(items.iter().map(as_json).collect()));
        }
    });
    Some(read)
}

fn quote(text: &str) -> String {
    strconv::quote(text.as_bytes())
}

/// Blanks of all kinds are spaces, and what cannot be printed is left out.
fn sanitized(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some(' '),
            c if strconv::is_print(c) => Some(c),
            _ => None,
        })
        .collect()
}

impl Metadata {
    /// Whether the chart is only for others to use, and renders to nothing itself.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }

    /// `.Chart`: the fields by their names in Go.
    pub(crate) fn to_map(&self, is_root: bool) -> Map {
        let text = |text: &str| Value::str(text);
        let texts = |texts: &[String]| Value::list(texts.iter().map(|it| text(it)).collect());
        let maintainers = self.maintainers.iter().map(|it| {
            object([
                ("Name", text(&it.name)),
                ("Email", text(&it.email)),
                ("URL", text(&it.url)),
            ])
        });
        let dependencies = self.dependencies.iter().flatten().map(|it| {
            object([
                ("Name", text(&it.name)),
                ("Version", text(&it.version)),
                ("Repository", text(&it.repository)),
                ("Condition", text(&it.condition)),
                ("Tags", texts(&it.tags)),
                ("Enabled", Value::Bool(it.enabled)),
                (
                    "ImportValues",
                    Value::list(it.import_values.as_ref().map_or_else(Vec::new, |list| list.to_vec())),
                ),
                ("Alias", text(&it.alias)),
            ])
        });
        let annotations = match &self.annotations {
            None => Map::nil(Type::StrMap),
            Some(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| (Str::from(key.as_str()), text(value)));
                Map::typed(Type::StrMap, entries.collect())
            }
        };
        [
            ("Name", text(&self.name)),
            ("Home", text(&self.home)),
            ("Sources", texts(&self.sources)),
            ("Version", text(&self.version)),
            ("Description", text(&self.description)),
            ("Keywords", texts(&self.keywords)),
            ("Maintainers", Value::list(maintainers.collect())),
            ("Icon", text(&self.icon)),
            ("APIVersion", text(&self.api_version)),
            ("Condition", text(&self.condition)),
            ("Tags", text(&self.tags)),
            ("AppVersion", text(&self.app_version)),
            ("Deprecated", Value::Bool(self.deprecated)),
            ("Annotations", Value::Map(annotations)),
            ("KubeVersion", text(&self.kube_version)),
            ("Dependencies", Value::list(dependencies.collect())),
            ("Type", text(&self.kind)),
            ("IsRoot", Value::Bool(is_root)),
        ]
        .into_iter()
        .map(|(name, value)| (Str::from(name), value))
        .collect()
    }

    /// As `helm show chart` writes it: fields by their names in Chart.yaml, those that are empty left out.
    pub(crate) fn to_yaml_value(&self) -> Value {
        let texts = |texts: &[String]| Value::list(texts.iter().map(|it| Value::str(it.as_str())).collect());
        let maintainers = self.maintainers.iter().map(|it| {
            present([
                ("name", Value::str(it.name.as_str())),
                ("email", Value::str(it.email.as_str())),
                ("url", Value::str(it.url.as_str())),
            ])
        });
        let dependencies = self.dependencies.iter().flatten().map(|it| {
            let always = [
                ("name", Value::str(it.name.as_str())),
                ("repository", Value::str(it.repository.as_str())),
            ];
            let map = present_map([
                ("version", Value::str(it.version.as_str())),
                ("condition", Value::str(it.condition.as_str())),
                ("tags", texts(&it.tags)),
                ("enabled", Value::Bool(it.enabled)),
                (
                    "import-values",
                    Value::list(it.import_values.as_ref().map_or_else(Vec::new, |list| list.to_vec())),
                ),
                ("alias", Value::str(it.alias.as_str())),
            ]);
            for (name, value) in always {
                map.set(Str::from(name), value);
            }
            Value::Map(map)
        });
        let annotations: Map = self
            .annotations
            .iter()
            .flatten()
            .map(|(key, value)| (Str::from(key.as_str()), Value::str(value.as_str())))
            .collect();
        present([
            ("name", Value::str(self.name.as_str())),
            ("home", Value::str(self.home.as_str())),
            ("sources", texts(&self.sources)),
            ("version", Value::str(self.version.as_str())),
            ("description", Value::str(self.description.as_str())),
            ("keywords", texts(&self.keywords)),
            ("maintainers", Value::list(maintainers.collect())),
            ("icon", Value::str(self.icon.as_str())),
            ("apiVersion", Value::str(self.api_version.as_str())),
            ("condition", Value::str(self.condition.as_str())),
            ("tags", Value::str(self.tags.as_str())),
            ("appVersion", Value::str(self.app_version.as_str())),
            ("deprecated", Value::Bool(self.deprecated)),
            ("annotations", Value::Map(annotations)),
            ("kubeVersion", Value::str(self.kube_version.as_str())),
            ("dependencies", Value::list(dependencies.collect())),
            ("type", Value::str(self.kind.as_str())),
        ])
    }
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.into_iter().map(|(name, value)| (Str::from(name), value));
    Value::Map(entries.collect::<Map>())
}

fn present<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(present_map(entries))
}

/// Without what is empty: Go's `omitempty`.
fn present_map<const N: usize>(entries: [(&str, Value); N]) -> Map {
    let entries = entries.into_iter().filter(|(_, value)| value.is_true());
    entries.map(|(name, value)| (Str::from(name), value)).collect()
}
