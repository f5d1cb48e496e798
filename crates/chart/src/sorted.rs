//! What templates rendered to, as manifests: split into documents, hooks told from the rest, in the order of installing.

use std::collections::BTreeMap;

use hoist_goencoding::yaml;
use hoist_govalue::{Str, Value};

use crate::gopath;
use crate::load::typed::{Reader, Struct};
use crate::warning::Warning;

/// A document that a template rendered to.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The template's path, beginning with the chart's name: `cilium/templates/a.yaml`.
    pub template: Str,
    /// Its text, without the blanks before it.
    pub text: Str,
    /// Its `apiVersion`; empty where it has none.
    pub api_version: String,
    /// Its `kind`; empty where it has none.
    pub kind: String,
    /// Its `metadata.name`; empty where it has none.
    pub name: String,
    /// What it says; nil where it is nothing but comments.
    pub content: Value,
}

/// A manifest that is applied at a moment of its own.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The manifest.
    pub manifest: Manifest,
    /// When it is applied: `pre-install`, `test`, ….
    pub events: Vec<&'static str>,
    /// Its place among the hooks of the same moment.
    pub weight: i64,
    /// When it is deleted: `before-hook-creation`, ….
    pub delete_policies: Vec<String>,
    /// When its log is shown: `hook-failed`, ….
    pub log_policies: Vec<String>,
}

impl Hook {
    /// Whether it only tests a release.
    pub fn is_test(&self) -> bool {
        self.events.contains(&"test")
    }
}

/// Kinds in the order in which Helm installs them. Others come after, sorted by their names.
const ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

const EVENTS: &[(&str, &str)] = &[
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    // Helm 2's name.
    ("test-success", "test"),
];

/// The most documents that a chart may render to. Helm has no limit; the largest charts have a few hundred.
const MAX_DOCUMENTS: usize = 100_000;

/// Which document of which template is no manifest.
#[derive(Debug)]
pub(crate) struct BadManifest {
    pub(crate) template: Str,
    pub(crate) why: String,
}

/// Splits what templates rendered to, sorted by their paths, and sorts the documents.
pub(crate) fn sort(
    rendered: &[(Str, Str)],
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Manifest>, Vec<Hook>), BadManifest> {
    let (mut manifests, mut hooks) = (Vec::new(), Vec::new());
    for (path, text) in rendered {
        for document in split(text) {
            if manifests.len() + hooks.len() >= MAX_DOCUMENTS {
                return Err(BadManifest {
                    template: path.clone(),
                    why: format!("the chart renders to more than {MAX_DOCUMENTS} documents"),
                });
            }
            let (manifest, annotations) = read(path, document).map_err(|why| BadManifest {
                template: path.clone(),
                why,
            })?;
            let hook = annotations.get("helm.sh/hook").cloned();
            match hook {
                None => manifests.push(manifest),
                Some(events) => match parse_events(&events) {
                    Some(events) => hooks.push(hook_of(manifest, events, &annotations)),
                    None => warnings.push(Warning::Hook(format!("skipping unknown hooks: {events} in {path}"))),
                },
            }
        }
    }
    manifests.sort_by(|a, b| rank(&a.kind).cmp(&rank(&b.kind)));
    hooks.sort_by(|a, b| rank(&a.manifest.kind).cmp(&rank(&b.manifest.kind)));
    Ok((manifests, hooks))
}

fn rank(kind: &str) -> (usize, &str) {
    match ORDER.iter().position(|known| *known == kind) {
        Some(index) => (index, ""),
        None => (ORDER.len(), kind),
    }
}

/// The documents of a text: what lies between lines that begin with `---`, whatever else those hold.
pub(crate) fn split(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some((trim_start(text), true));
    std::iter::from_fn(move || {
        let (text, begins_line) = rest?;
        let (document, behind) = next_document(text, begins_line);
        rest = behind.map(|behind| (behind, false));
        Some(trim_start(document))
    })
    .filter(|document| !document.is_empty())
}

/// What comes before the next line of `---`, and what follows that on the same line and after it.
fn next_document(text: &[u8], mut begins_line: bool) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    loop {
        let line = &text[at..];
        if begins_line && let Some(behind) = line.strip_prefix(b"---") {
            let blanks = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            return (&text[..at], Some(&behind[blanks..]));
        }
        match memchr::memchr(b'\n', line) {
            Some(end) => at += end + 1,
            None => return (text, None),
        }
        begins_line = true;
    }
}

/// Without the blanks before it, as Go's `unicode.IsSpace` knows them.
pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(first) = rest.first() {
        let size = match first {
            b'\t'..=b'\r' | b' ' => 1,
            0x80.. => match hoist_govalue::utf8::decode(rest) {
                (c, size) if c.is_whitespace() => size,
                _ => break,
            },
            _ => break,
        };
        rest = &rest[size..];
    }
    rest
}

/// Without the blanks around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let mut rest = trim_start(text);
    while let Some(last) = rest.last() {
        let size = match last {
            b'\t'..=b'\r' | b' ' => 1,
            0x80.. => match hoist_govalue::utf8::decode_last(rest) {
                (c, size) if c.is_whitespace() => size,
                _ => break,
            },
            _ => break,
        };
        rest = &rest[..rest.len() - size];
    }
    rest
}

fn read(path: &Str, document: &[u8]) -> Result<(Manifest, BTreeMap<String, String>), String> {
    const HEAD: Struct = Struct {
        name: "SimpleHead",
        go_type: "util.SimpleHead",
        fields: &["apiVersion", "kind", "metadata"],
    };
    // Go's type has no name: this is how it prints it.
    const METADATA: Struct = Struct {
        name: "",
        go_type: r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#,
        fields: &["name", "annotations"],
    };
    let content = yaml::decode_exact(document).map_err(|why| why.to_string())?;
    let (mut api_version, mut kind, mut name) = (String::new(), String::new(), String::new());
    let mut annotations = None;
    let mut reader = Reader::default();
    reader.fields(&content, HEAD, |reader, field, value| match field {
        "apiVersion" => reader.string(value, HEAD.name, &mut api_version),
        "kind" => reader.string(value, HEAD.name, &mut kind),
        _ => reader.nested(value, METADATA, HEAD.name, |reader, field, value| match field {
            "name" => reader.string(value, METADATA.name, &mut name),
            _ => reader.string_map(value, METADATA.name, &mut annotations),
        }),
    });
    reader.finish()?;
    let manifest = Manifest {
        template: path.clone(),
        text: Str::from(document),
        api_version,
        kind,
        name,
        content,
    };
    Ok((manifest, annotations.unwrap_or_default()))
}

fn parse_events(text: &str) -> Option<Vec<&'static str>> {
    text.split(',')
        .map(|event| {
            let event = event.trim().to_lowercase();
            let known = EVENTS.iter().find(|(name, _)| *name == event);
            known.map(|(_, event)| *event)
        })
        .collect()
}

fn hook_of(manifest: Manifest, events: Vec<&'static str>, annotations: &BTreeMap<String, String>) -> Hook {
    let policies = |name: &str| {
        let texts = annotations.get(name).into_iter().flat_map(|text| text.split(','));
        texts.map(|text| text.trim().to_lowercase()).collect()
    };
    let weight = annotations
        .get("helm.sh/hook-weight")
        .and_then(|text| text.parse().ok());
    Hook {
        manifest,
        events,
        weight: weight.unwrap_or_default(),
        delete_policies: policies("helm.sh/hook-delete-policy"),
        log_policies: policies("helm.sh/hook-output-log-policy"),
    }
}

/// The paths that `--show-only` takes: without the chart's name.
pub(crate) fn path_in_chart(template: &str) -> &str {
    template.split_once('/').map_or("", |(_, path)| path)
}

/// Whether a path is one of those that a pattern names.
pub(crate) fn is_shown(pattern: &str, path: &str) -> bool {
    gopath::matches(pattern, path).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_as_helm_splits_them() {
        let texts = |text: &'static str| {
            split(text.as_bytes())
                .map(|document| std::str::from_utf8(document).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(texts("a: 1\n---\nb: 2\n"), ["a: 1\n", "b: 2\n"]);
        assert_eq!(texts("---a: 1\n--- # c\nb: 2"), ["a: 1\n", "# c\nb: 2"]);
        assert_eq!(texts("\n\n---\n---\n  ---\na: |\n  ---\n"), ["---\na: |\n  ---\n"]);
        assert_eq!(texts("------\na"), ["---\na"]);
        assert_eq!(texts(""), [""; 0]);
    }
}
