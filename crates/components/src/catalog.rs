//! The components that the spec turns on, with their objects: pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use hoist_chart::Settle;
use hoist_model::{Diagnostic, Diagnostics};
use hoist_spec::{Name, Spec, catalog_entry};
use serde_json::Value;

use crate::Inputs;
use crate::builtin::{coredns, local_path, metrics_server, sops_operator};
use crate::object::{namespace, secret};

/// Namespaces that are there from the start.
const BORN: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

/// A component with everything that it is made of. `Debug` counts the objects: Secrets are among them.
#[derive(Clone)]
pub struct ResolvedComponent {
    /// Its name.
    pub name: String,
    /// The namespace that it lives in.
    pub namespace: String,
    /// What it can be chosen by: its name, and the tags of the spec.
    pub tags: Vec<String>,
    /// The components that must be ready before its objects are applied. Each of them is in the same list.
    pub needs: Vec<String>,
    /// Its objects, each with the namespace that it lives in, in the order that its source gives them.
    pub objects: Vec<Value>,
    /// What keeps the random parts of a chart's objects as they are in the cluster.
    pub settle: Option<Arc<Settle>>,
}

impl fmt::Debug for ResolvedComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolvedComponent")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("tags", &self.tags)
            .field("needs", &self.needs)
            .field("objects", &self.objects.len())
            .finish()
    }
}

/// The components that the spec turns on. Those that others need come first.
pub fn catalog(spec: &Spec, inputs: &Inputs) -> Result<Vec<ResolvedComponent>, Diagnostics> {
    let settings = &spec.components;
    let mut components: Vec<ResolvedComponent> = Vec::new();
    for name in settings.enabled() {
        let (needs, tags): (Vec<&str>, &[Name]) = match catalog_entry(name) {
            Some(entry) => (entry.needs.to_vec(), catalog_tags(spec, name)),
            None => settings.own.get(name).map_or((Vec::new(), &[]), |own| {
                (own.needs.iter().map(Name::as_str).collect(), own.tags.as_slice())
            }),
        };
        components.push(ResolvedComponent {
            name: name.to_owned(),
            namespace: spec.namespace_of(name).unwrap_or("default").to_owned(),
            tags: with_name(name, tags),
            needs: needs
                .into_iter()
                .filter(|need| settings.is_enabled(need))
                .map(str::to_owned)
                .collect(),
            objects: objects(spec, inputs, name)?,
            settle: inputs.objects.get(name).and_then(|chart| chart.settle.clone()),
        });
    }
    add_tls(spec, &mut components);
    add_secrets(inputs, &mut components);
    add_namespaces(&mut components);
    let components = in_order(components);
    no_object_twice(&components)?;
    Ok(components)
}

fn with_name(name: &str, tags: &[Name]) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    all.extend(tags.iter().map(ToString::to_string).filter(|tag| tag != name));
    all
}

fn catalog_tags<'a>(spec: &'a Spec, name: &str) -> &'a [Name] {
    let c = &spec.components;
    let tags = match name {
        "cilium" => c.cilium.as_ref().map(|c| &c.tags),
        "coredns" => c.coredns.as_ref().map(|c| &c.tags),
        "cert-manager" => c.cert_manager.as_ref().map(|c| &c.tags),
        "sops-secrets-operator" => c.sops_secrets_operator.as_ref().map(|c| &c.tags),
        "local-path-provisioner" => c.local_path_provisioner.as_ref().map(|c| &c.tags),
        "external-dns" => c.external_dns.as_ref().map(|c| &c.tags),
        "metrics-server" => c.metrics_server.as_ref().map(|c| &c.tags),
        _ => None,
    };
    tags.map_or(&[], Vec::as_slice)
}

fn objects(spec: &Spec, inputs: &Inputs, name: &str) -> Result<Vec<Value>, Diagnostics> {
    let c = &spec.components;
    let built = match name {
        "coredns" => c.coredns.as_ref().map(|settings| coredns::objects(spec, settings)),
        "local-path-provisioner" => c.local_path_provisioner.as_ref().map(local_path::objects),
        "metrics-server" => c.metrics_server.as_ref().map(metrics_server::objects),
        "sops-secrets-operator" => c.sops_secrets_operator.as_ref().map(|_| sops_operator::objects()),
        _ => inputs.objects.get(name).map(|chart| chart.objects.clone()),
    };
    built.ok_or_else(|| {
        Diagnostic::new(
            "components/not-gathered",
            format!("component {name} was not read before it was asked for"),
        )
        .hint("this is a defect of hoist: please report it")
        .into()
    })
}

/// The issuers wait for cert-manager, staging's certificate for the issuers, production's for staging's.
fn add_tls(spec: &Spec, components: &mut Vec<ResolvedComponent>) {
    let parts = [
        ("tls-issuers", "cert-manager", hoist_tls::issuers(spec)),
        ("tls-canary-staging", "tls-issuers", hoist_tls::canary_staging(spec)),
        ("tls-canary", "tls-canary-staging", hoist_tls::canary(spec)),
    ];
    for (name, need, objects) in parts {
        if !objects.is_empty() {
            components.push(ResolvedComponent {
                name: name.to_owned(),
                namespace: "cert-manager".to_owned(),
                tags: vec![name.to_owned(), "tls".to_owned()],
                needs: vec![need.to_owned()],
                objects,
                settle: None,
            });
        }
    }
}

/// A Secret belongs to the component whose namespace it is in: the first one there. One in a namespace that nobody
/// lives in makes a component of its own.
fn add_secrets(inputs: &Inputs, components: &mut Vec<ResolvedComponent>) {
    for (name, keys) in &inputs.secrets {
        let Some((space, name)) = name.as_str().split_once('/') else {
            continue;
        };
        let object = secret(space, name, keys.iter());
        match components.iter_mut().find(|component| component.namespace == space) {
            Some(component) => component.objects.insert(0, object),
            None => components.push(ResolvedComponent {
                name: format!("secrets-{space}"),
                namespace: space.to_owned(),
                tags: vec![format!("secrets-{space}"), "secrets".to_owned()],
                needs: Vec::new(),
                objects: vec![object],
                settle: None,
            }),
        }
    }
}

/// The first component of a namespace makes it, unless somebody's manifests do.
fn add_namespaces(components: &mut [ResolvedComponent]) {
    let mut made: BTreeSet<String> = BORN.iter().map(|name| (*name).to_owned()).collect();
    let written = components.iter().flat_map(|component| &component.objects);
    made.extend(
        written
            .filter(|object| object["kind"] == "Namespace")
            .filter_map(|object| object.pointer("/metadata/name")?.as_str().map(str::to_owned)),
    );
    for component in components {
        if made.insert(component.namespace.clone()) {
            component.objects.insert(0, namespace(&component.namespace));
        }
    }
}

/// Needs first; otherwise as they were.
fn in_order(mut rest: Vec<ResolvedComponent>) -> Vec<ResolvedComponent> {
    let mut done: Vec<ResolvedComponent> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let free = rest.iter().position(|component| {
            let met = |need: &String| done.iter().any(|other| other.name == *need);
            component.needs.iter().all(met)
        });
        // The spec has no circles; were there one, the order would be as written.
        done.push(rest.remove(free.unwrap_or(0)));
    }
    done
}

fn no_object_twice(components: &[ResolvedComponent]) -> Result<(), Diagnostics> {
    let mut owners: BTreeMap<[String; 4], &str> = BTreeMap::new();
    let mut problems = Diagnostics::default();
    for component in components {
        for object in &component.objects {
            let text = |pointer: &str| {
                object
                    .pointer(pointer)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let version = text("/apiVersion");
            let group = version.split_once('/').map_or("", |(group, _)| group);
            let [kind, space, name] = [text("/kind"), text("/metadata/namespace"), text("/metadata/name")];
            if name.is_empty() {
                let message = format!("component {}: an object of kind {kind} has no name", component.name);
                let hint = "write metadata.name: what has no name cannot be applied a second time";
                problems.push(Diagnostic::new("components/no-name", message).hint(hint));
                continue;
            }
            let id = [group.to_owned(), kind.clone(), space.clone(), name.clone()];
            if let Some(owner) = owners.insert(id, &component.name) {
                let inside = if space.is_empty() {
                    String::new()
                } else {
                    format!(" in namespace {space}")
                };
                let message = format!(
                    "{kind} {name}{inside} is in component {owner} and in component {}",
                    component.name
                );
                problems.push(
                    Diagnostic::new("components/object-twice", message)
                        .hint("take it out of one of them: each would undo the other's work"),
                );
            }
        }
    }
    problems.into_result()
}
