//! What must exist: each component's objects, settled, marked and connected. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hoist_deploy::{Kinds, Mark, Object, ObjectId, needs, order};
use hoist_model::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use crate::component::{Component, Preflight};
use crate::observe::Seen;
use crate::revision;

/// The component of what hoist keeps for itself.
pub(crate) const OWN: &str = "hoist";
/// Namespaces that each cluster has.
const BUILTIN_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// What must exist, with bodies.
pub struct Desired {
    pub(crate) discriminator: String,
    pub(crate) components: Vec<Part>,
    pub(crate) objects: BTreeMap<ObjectId, Entry>,
    /// The objects in an order that respects their needs.
    pub(crate) order: Vec<ObjectId>,
    /// The cluster is to end: nothing is desired, and nothing in it is pruned singly.
    pub(crate) ending: bool,
}

/// One object and what it belongs to.
pub(crate) struct Entry {
    pub(crate) object: Object,
    pub(crate) component: String,
    pub(crate) needs: BTreeSet<ObjectId>,
}

/// A component without its bodies.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) needs: Vec<String>,
    pub(crate) ids: Vec<ObjectId>,
    pub(crate) preflight: Option<Arc<dyn Preflight>>,
}

impl Desired {
    /// Nothing, because the cluster ends.
    pub(crate) fn ending(discriminator: &str) -> Self {
        Self {
            discriminator: discriminator.to_owned(),
            components: Vec::new(),
            objects: BTreeMap::new(),
            order: Vec::new(),
            ending: true,
        }
    }

    /// The desired objects, each with its component.
    pub fn objects(&self) -> impl Iterator<Item = (&ObjectId, &str)> {
        self.objects.iter().map(|(id, entry)| (id, entry.component.as_str()))
    }

    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.components.iter().find(|part| part.name == name)
    }
}

/// Whether an object of this id does not wait for the components that its own needs: it is inert, and others of
/// other components may live in it.
pub(crate) fn ungated(id: &ObjectId) -> bool {
    matches!(&*id.kind, "Namespace" | "CustomResourceDefinition" | "PriorityClass")
}

/// What must exist, from the components and from what was seen.
pub(crate) fn desired(
    discriminator: &str,
    components: &[Component],
    seen: Option<&Seen>,
) -> Result<Desired, Diagnostics> {
    let mut problems = Diagnostics::default();
    let closure = component_closure(components, &mut problems);
    let mut parsed: Vec<(&Component, Vec<Object>)> = Vec::new();
    for component in components {
        let mut objects = Vec::new();
        for body in settled(component, seen, &mut problems) {
            match Object::many(body) {
                Ok(found) => objects.extend(found),
                Err(error) => problems.push(Diagnostic::new(
                    "cluster/object",
                    format!("component {}: {error}", component.name),
                )),
            }
        }
        parsed.push((component, objects));
    }
    let kinds = seen.map_or_else(Kinds::builtin, |seen| (*seen.kinds).clone());
    let kinds = kinds.with_declared(parsed.iter().flat_map(|(_, objects)| objects));

    let mut all: BTreeMap<ObjectId, (Object, String)> = BTreeMap::new();
    let mut parts = Vec::new();
    for (component, objects) in &mut parsed {
        for object in objects.iter_mut() {
            object.settle_namespace(&kinds, &component.namespace);
        }
        let mut ids = Vec::new();
        for mut object in std::mem::take(objects) {
            let id = object.id().clone();
            mark(discriminator, component).on(&mut object);
            match all.get(&id) {
                None => {
                    ids.push(id.clone());
                    all.insert(id, (object, component.name.clone()));
                }
                // Components may share a namespace; the first one has it.
                Some(_) if id.kind == "Namespace" && id.group.is_empty() => {}
                Some((_, other)) => problems.push(
                    Diagnostic::new(
                        "cluster/twice",
                        format!("{id} is in component {other} and in component {}", component.name),
                    )
                    .hint("one object belongs to one component: take it out of one of them"),
                ),
            }
        }
        parts.push(Part {
            name: component.name.clone(),
            needs: component.needs.clone(),
            ids,
            preflight: component.preflight.clone(),
        });
    }
    add_namespaces(discriminator, components, &mut all, &mut parts);
    revision::stamp(
        all.values_mut().map(|(object, _)| object),
        seen.map(|seen| &seen.snapshot),
    );
    add_inventory(discriminator, seen, &mut all, &mut parts, &mut problems);

    let objects: Vec<Object> = all.values().map(|(object, _)| object.clone()).collect();
    let mut graph = needs(&objects);
    let own: Vec<ObjectId> = parts
        .iter()
        .filter(|part| part.name == OWN)
        .flat_map(|part| part.ids.clone())
        .collect();
    for (id, needed) in &mut graph {
        let component = &all[id].1;
        // Where a component needs another, the other's objects cannot need its own: the gate says otherwise.
        needed.retain(|need| {
            let other = &all[need].1;
            ungated(need)
                || !closure
                    .get(other.as_str())
                    .is_some_and(|all| all.contains(component.as_str()))
        });
        if !own.contains(id) {
            needed.extend(own.iter().cloned());
        }
    }
    let order = order(&graph).unwrap_or_else(|cycle| {
        problems.push(Diagnostic::new("cluster/ring", cycle.to_string()));
        Vec::new()
    });
    problems.into_result()?;
    let entry = |(id, (object, component)): (ObjectId, (Object, String))| {
        let needs = graph.remove(&id).unwrap_or_default();
        (
            id,
            Entry {
                object,
                component,
                needs,
            },
        )
    };
    Ok(Desired {
        discriminator: discriminator.to_owned(),
        components: parts,
        objects: all.into_iter().map(entry).collect(),
        order,
        ending: false,
    })
}

/// A component's objects, with the random parts that the cluster has already.
fn settled(component: &Component, seen: Option<&Seen>, problems: &mut Diagnostics) -> Vec<Value> {
    let (Some(settle), Some(seen)) = (&component.settle, seen) else {
        return component.objects.clone();
    };
    let id = |body: &Value| Object::new(body.clone()).ok().map(|object| object.id().clone());
    let live = |body: &Value| seen.live(&id(body)?).cloned();
    let fresh = match settle.settle(&live) {
        Ok(objects) => objects,
        Err(error) => {
            problems.push(
                Diagnostic::new("cluster/chart", format!("component {}: {error}", component.name)).hint(error.hint()),
            );
            return Vec::new();
        }
    };
    let mut fresh: BTreeMap<ObjectId, Value> = fresh.into_iter().filter_map(|body| Some((id(&body)?, body))).collect();
    let kept = component.objects.iter();
    kept.map(|body| {
        let settled = id(body).and_then(|id| fresh.remove(&id));
        settled.unwrap_or_else(|| body.clone())
    })
    .collect()
}

fn mark(discriminator: &str, component: &Component) -> Mark {
    Mark {
        discriminator: discriminator.to_owned(),
        component: component.name.clone(),
        tags: component.tags.clone(),
    }
}

/// For each component all that it needs, directly or not.
fn component_closure<'a>(
    components: &'a [Component],
    problems: &mut Diagnostics,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let direct: BTreeMap<&str, &[String]> = components
        .iter()
        .map(|c| (c.name.as_str(), c.needs.as_slice()))
        .collect();
    let mut closure = BTreeMap::new();
    for component in components {
        for missing in component
            .needs
            .iter()
            .filter(|need| !direct.contains_key(need.as_str()))
        {
            let message = format!("component {} needs {missing}, which is not there", component.name);
            problems.push(Diagnostic::new("cluster/need", message).hint(format!("enable {missing}")));
        }
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = component.needs.iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if let Some(needs) = direct.get(next)
                && reached.insert(next)
            {
                open.extend(needs.iter().map(String::as_str));
            }
        }
        if reached.contains(component.name.as_str()) {
            let message = format!("component {} needs itself, through what it needs", component.name);
            problems.push(Diagnostic::new("cluster/ring", message));
        }
        closure.insert(component.name.as_str(), reached);
    }
    closure
}

/// Makes the namespaces that objects name and nobody makes.
fn add_namespaces(
    discriminator: &str,
    components: &[Component],
    all: &mut BTreeMap<ObjectId, (Object, String)>,
    parts: &mut [Part],
) {
    for (component, part) in components.iter().zip(parts) {
        let named: BTreeSet<String> = part.ids.iter().filter_map(|id| id.namespace.clone()).collect();
        for name in named.iter().filter(|name| !BUILTIN_NAMESPACES.contains(&name.as_str())) {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            let Ok(mut object) = Object::new(body) else { continue };
            if !all.contains_key(object.id()) {
                mark(discriminator, component).on(&mut object);
                part.ids.push(object.id().clone());
                all.insert(object.id().clone(), (object, component.name.clone()));
            }
        }
    }
}

fn add_inventory(
    discriminator: &str,
    seen: Option<&Seen>,
    all: &mut BTreeMap<ObjectId, (Object, String)>,
    parts: &mut Vec<Part>,
    problems: &mut Diagnostics,
) {
    let known = seen.map(|seen| seen.inventory.clone()).unwrap_or_default();
    let inventory = known.with(all.values().map(|(object, _)| object));
    match inventory.object(discriminator) {
        Ok(mut object) => {
            let own = Mark {
                discriminator: discriminator.to_owned(),
                component: OWN.to_owned(),
                tags: Vec::new(),
            };
            own.on(&mut object);
            parts.insert(
                0,
                Part {
                    name: OWN.to_owned(),
                    needs: Vec::new(),
                    ids: vec![object.id().clone()],
                    preflight: None,
                },
            );
            all.insert(object.id().clone(), (object, OWN.to_owned()));
        }
        Err(error) => problems.push(Diagnostic::new("cluster/inventory", error.to_string())),
    }
}
