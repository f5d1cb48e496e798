//! `.Capabilities`: what the cluster can do, or is said to.

use std::any::Any;
use std::rc::Rc;

use hoist_govalue::{FuncResult, Host, Kind, List, Map, Method, Object, Str, Type, Value, strconv};

use crate::ChartError;

/// The API versions that Helm takes for granted: those that its Kubernetes client knows, in its order.
const KNOWN: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    version: String,
    normalized: String,
    major: u64,
    minor: u64,
}

impl Default for KubeVersion {
    /// The version that Helm v4.3.1 takes for granted.
    fn default() -> Self {
        Self {
            version: "v1.37.0".into(),
            normalized: "v1.37.0".into(),
            major: 1,
            minor: 37,
        }
    }
}

impl KubeVersion {
    /// Reads a version such as `1.33`, `v1.33.4` or `v1.33.4-gke.1245000`.
    ///
    /// # Errors
    ///
    /// [`ChartError::Options`] for what is none.
    pub fn parse(text: &str) -> Result<Self, ChartError> {
        let numbers = parse_numbers(text).map_err(|why| ChartError::Options {
            why: format!("invalid kube version '{text}': {why}"),
        })?;
        let [major, minor, ..] = numbers.as_slice() else {
            return Err(ChartError::Options {
                why: format!("invalid kube version '{text}'"),
            });
        };
        let joined: Vec<String> = numbers.iter().map(u64::to_string).collect();
        Ok(Self {
            version: if text.starts_with('v') {
                text.to_owned()
            } else {
                format!("v{text}")
            },
            normalized: format!("v{}", joined.join(".")),
            major: *major,
            minor: *minor,
        })
    }

    /// The whole version, with a `v` before it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its numbers alone: what `kubeVersion` in Chart.yaml is compared with.
    pub fn normalized(&self) -> &str {
        &self.normalized
    }
}

/// The numbers that Kubernetes' own reading of a version finds: blanks and a `v` before them are left out, and all behind
/// them.
fn parse_numbers(text: &str) -> Result<Vec<u64>, String> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c');
    let trimmed = text.trim_start_matches(blank);
    let mut rest = trimmed.strip_prefix('v').unwrap_or(trimmed);
    let mut parts = Vec::new();
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(end);
        parts.push(digits);
        match behind.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => break,
        }
    }
    let quoted = strconv::quote(text.as_bytes());
    let Some(first) = parts.first().filter(|first| !first.is_empty()) else {
        return Err(format!("could not parse {quoted} as version"));
    };
    if parts.len() < 2 {
        return Err(format!("illegal version string {quoted}"));
    }
    if first.len() > 1 && first.starts_with('0') {
        return Err(format!(
            "illegal zero-prefixed version component \"{first}\" in {quoted}"
        ));
    }
    let number = |part: &&str| {
        part.parse::<u64>()
            .map_err(|_| format!(
                "illegal non-numeric version component \"{part}\" in {quoted}: strconv.ParseUint: parsing \"{part}\": value out of range"
            ))
    };
    parts.iter().map(number).collect()
}

/// `*common.Capabilities`.
#[derive(Debug)]
pub(super) struct Capabilities {
    kube: Rc<Kube>,
    api_versions: Value,
    helm: Rc<BuildInfo>,
}

impl Capabilities {
    pub(super) fn new(version: &KubeVersion, more: &[String]) -> Self {
        let known = KNOWN.iter().copied();
        let all = known.chain(more.iter().map(String::as_str));
        Self {
            kube: Rc::new(Kube(version.clone())),
            api_versions: Value::List(List::typed(VERSION_SET, all.map(Value::str).collect())),
            helm: Rc::new(BuildInfo),
        }
    }
}

/// The type of `.Capabilities.APIVersions`, whose one method is below.
pub(super) const VERSION_SET: Type = Type::Named("common.VersionSet", Kind::Slice);

/// The methods of a `common.VersionSet`.
pub(super) const VERSION_SET_METHODS: &[Method] = &[Method {
    name: "Has",
    params: &[Type::Str],
    variadic: false,
}];

/// Whether a version is in a set.
pub(super) fn has_version(set: &List, version: &Str) -> bool {
    set.iter().any(|known| known.as_str() == Some(version))
}

impl Object for Capabilities {
    fn ty(&self) -> Type {
        Type::Named("*common.Capabilities", Kind::Ptr)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("KubeVersion", Value::Object(Rc::clone(&self.kube) as Rc<dyn Object>)),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", Value::Object(Rc::clone(&self.helm) as Rc<dyn Object>)),
        ]
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "KubeVersion" => Value::Object(Rc::clone(&self.kube) as Rc<dyn Object>),
            "APIVersions" => self.api_versions.clone(),
            "HelmVersion" => Value::Object(Rc::clone(&self.helm) as Rc<dyn Object>),
            _ => return None,
        })
    }

    fn methods(&self) -> &'static [Method] {
        &[Method {
            name: "Copy",
            params: &[],
            variadic: false,
        }]
    }

    fn call(&self, _method: &str, _host: &mut dyn Host, _args: &[Value]) -> FuncResult {
        Ok(Value::Object(Rc::new(Self {
            kube: Rc::clone(&self.kube),
            api_versions: self.api_versions.clone(),
            helm: Rc::clone(&self.helm),
        })))
    }

    fn plain(&self) -> Value {
        plain_of(self.fields())
    }

    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(self.fields())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// `common.KubeVersion`. Templates reach it through a pointer, so the methods of the pointer are there.
#[derive(Debug)]
struct Kube(KubeVersion);

impl Kube {
    fn exported(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.fields();
        fields.retain(|(name, _)| *name != "normalizedVersion");
        fields
    }
}

impl Object for Kube {
    fn ty(&self) -> Type {
        Type::Named("common.KubeVersion", Kind::Struct)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", Value::str(self.0.version.as_str())),
            // fmt prints it; templates cannot name it.
            ("normalizedVersion", Value::str(self.0.normalized.as_str())),
            ("Major", Value::str(self.0.major.to_string())),
            ("Minor", Value::str(self.0.minor.to_string())),
        ]
    }

    fn methods(&self) -> &'static [Method] {
        &[
            Method {
                name: "GitVersion",
                params: &[],
                variadic: false,
            },
            Method {
                name: "String",
                params: &[],
                variadic: false,
            },
        ]
    }

    fn call(&self, method: &str, _host: &mut dyn Host, _args: &[Value]) -> FuncResult {
        Ok(Value::str(match method {
            "String" => self.0.normalized.as_str(),
            _ => self.0.version.as_str(),
        }))
    }

    fn field(&self, name: &str) -> Option<Value> {
        let mut fields = self.exported().into_iter();
        fields.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn pointer_text(&self) -> Option<Str> {
        Some(Str::from(self.0.normalized.as_str()))
    }

    fn plain(&self) -> Value {
        plain_of(self.exported())
    }

    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(self.exported())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// `version.BuildInfo` of the Helm that we stand in for.
#[derive(Debug)]
struct BuildInfo;

impl BuildInfo {
    const FIELDS: [(&'static str, &'static str, &'static str); 5] = [
        ("Version", "version", "v4.3.1"),
        ("GitCommit", "git_commit", ""),
        ("GitTreeState", "git_tree_state", "clean"),
        ("GoVersion", "go_version", "go1.26.8"),
        ("KubeClientVersion", "kube_client_version", "v1.37"),
    ];
}

impl Object for BuildInfo {
    fn ty(&self) -> Type {
        Type::Named("version.BuildInfo", Kind::Struct)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Self::FIELDS
            .iter()
            .map(|(name, _, text)| (*name, Value::str(*text)))
            .collect()
    }

    fn plain(&self) -> Value {
        plain_of(self.members().unwrap_or_default())
    }

    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        let fields = Self::FIELDS.iter().filter(|(_, _, text)| !text.is_empty());
        Some(fields.map(|(_, name, text)| (*name, Value::str(*text))).collect())
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

fn plain_of(fields: Vec<(&'static str, Value)>) -> Value {
    let plain = fields.into_iter().map(|(name, value)| {
        let value = match &value {
            Value::Object(object) => object.plain(),
            _ => value,
        };
        (Str::from(name), value)
    });
    Value::Map(plain.collect::<Map>())
}
