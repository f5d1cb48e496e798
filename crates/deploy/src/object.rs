//! One object as it shall be: its id, its version, and a body that is normalised for server-side apply.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::{Kinds, ObjectId};

/// A desired object. `Debug` shows its name only, since a body may hold a secret.
#[derive(Clone, PartialEq)]
pub struct Object {
    id: ObjectId,
    version: String,
    body: Value,
}

/// A body that is no object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// A field that each object has is missing or is no text.
    #[error("{what} has no `{field}`: each Kubernetes object needs apiVersion, kind and metadata.name")]
    Missing {
        /// As much as is known of it.
        what: String,
        /// The field.
        field: &'static str,
    },
    /// `metadata.generateName` makes another object at each apply.
    #[error("{0} uses metadata.generateName, which would make another object at each apply: give it a name")]
    GenerateName(String),
    /// A Secret's `data` or `stringData` holds something else than text.
    #[error("{id}: `{field}` must map keys to text")]
    NotText {
        /// The object.
        id: ObjectId,
        /// The field.
        field: &'static str,
    },
    /// Something that must be a map, and into which marks are written, is none.
    #[error("{id}: `{field}` must be a map")]
    NotMap {
        /// The object.
        id: ObjectId,
        /// The field.
        field: String,
    },
}

impl Object {
    /// Takes a body and normalises it: no status, no nulls, no server-side metadata, `stringData` merged into
    /// `data` (under server-side apply `stringData` never removes keys), Jobs without `ttlSecondsAfterFinished`
    /// (a Job that vanishes would be made, and run, again).
    pub fn new(mut body: Value) -> Result<Self, ObjectError> {
        let text = |path: &str| {
            body.pointer(path)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let kind = text("/kind").unwrap_or("an object").to_owned();
        let name = text("/metadata/name").map(str::to_owned);
        let what = name
            .as_ref()
            .map_or_else(|| kind.clone(), |name| format!("{kind} {name}"));
        let missing = |field| ObjectError::Missing {
            what: what.clone(),
            field,
        };
        let api_version = text("/apiVersion").ok_or_else(|| missing("apiVersion"))?;
        let (group, version) = match api_version.split_once('/') {
            Some((group, version)) => (group.to_owned(), version.to_owned()),
            None => (String::new(), api_version.to_owned()),
        };
        text("/kind").ok_or_else(|| missing("kind"))?;
        if name.is_none() && text("/metadata/generateName").is_some() {
            return Err(ObjectError::GenerateName(what));
        }
        let name = name.ok_or_else(|| missing("metadata.name"))?;
        let namespace = text("/metadata/namespace").map(str::to_owned);
        let id = ObjectId {
            group,
            kind,
            namespace,
            name,
        };
        normalise(&id, &mut body)?;
        maps_only(&id, "", &body)?;
        if let Some(path) = template_path(&id).filter(|path| !path.is_empty())
            && let Some(template) = body.pointer(path)
        {
            maps_only(&id, path, template)?;
        }
        Ok(Self { id, version, body })
    }

    /// Takes a body that may be a `List` and gives its objects.
    pub fn many(body: Value) -> Result<Vec<Self>, ObjectError> {
        let is_list = body["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) && body["items"].is_array();
        match body {
            Value::Object(mut fields) if is_list => match fields.remove("items") {
                Some(Value::Array(items)) => items.into_iter().map(Self::new).collect(),
                _ => Ok(Vec::new()),
            },
            body => Ok(vec![Self::new(body)?]),
        }
    }

    /// Its name.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// The version of its group in which it is written.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The body.
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// Settles the namespace by the kind's scope: none for cluster-scoped kinds, `default` where one is missing.
    /// A kind that nobody knows stays as it is written.
    pub fn settle_namespace(&mut self, kinds: &Kinds, default: &str) {
        match kinds.namespaced(&self.id.of()) {
            Some(false) => {
                self.id.namespace = None;
                if let Some(metadata) = self.body["metadata"].as_object_mut() {
                    metadata.remove("namespace");
                }
            }
            Some(true) if self.id.namespace.is_none() => {
                self.id.namespace = Some(default.to_owned());
                self.body["metadata"]["namespace"] = default.into();
            }
            _ => {}
        }
    }

    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.body["metadata"]["labels"][key].as_str()
    }

    /// An annotation's value.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.body["metadata"]["annotations"][key].as_str()
    }

    /// Sets a label.
    pub(crate) fn set_label(&mut self, key: &str, value: &str) {
        self.body["metadata"]["labels"][key] = value.into();
    }

    /// Sets an annotation.
    pub fn set_annotation(&mut self, key: &str, value: &str) {
        self.body["metadata"]["annotations"][key] = value.into();
    }

    /// The template of the pods that it makes, if it makes any.
    pub(crate) fn pod_template(&self) -> Option<&Value> {
        template_path(&self.id)
            .and_then(|path| self.body.pointer(path))
            .filter(|template| template.is_object())
    }

    /// Sets an annotation of the pods that it makes: another value restarts them. False where it makes none.
    pub fn set_pod_annotation(&mut self, key: &str, value: &str) -> bool {
        let Some(path) = template_path(&self.id).filter(|path| !path.is_empty()) else {
            return false;
        };
        match self.body.pointer_mut(path) {
            Some(template) if template.is_object() => {
                template["metadata"]["annotations"][key] = value.into();
                true
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({})", self.id)
    }
}

/// Where a kind keeps its pod template. A Pod is its own.
fn template_path(id: &ObjectId) -> Option<&'static str> {
    match (&*id.group, &*id.kind) {
        ("apps", "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet") | ("batch", "Job") => {
            Some("/spec/template")
        }
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template"),
        ("", "Pod") => Some(""),
        _ => None,
    }
}

fn normalise(id: &ObjectId, body: &mut Value) -> Result<(), ObjectError> {
    drop_nulls(body);
    let Some(fields) = body.as_object_mut() else {
        return Ok(());
    };
    fields.remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for server_side in [
            "managedFields",
            "creationTimestamp",
            "resourceVersion",
            "uid",
            "generation",
            "selfLink",
        ] {
            metadata.remove(server_side);
        }
        for map in ["labels", "annotations"] {
            if metadata.get(map).and_then(Value::as_object).is_some_and(Map::is_empty) {
                metadata.remove(map);
            }
        }
    }
    if id.is_secret() {
        data_only(id, fields)?;
    }
    if id.of().is("batch", "Job")
        && let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.remove("ttlSecondsAfterFinished");
    }
    Ok(())
}

/// Refuses metadata, labels and annotations that are no maps: indexing into them would panic.
fn maps_only(id: &ObjectId, path: &str, holder: &Value) -> Result<(), ObjectError> {
    for field in ["", "/metadata", "/metadata/labels", "/metadata/annotations"] {
        if holder.pointer(field).is_some_and(|value| !value.is_object()) {
            let field = format!("{path}{field}").trim_start_matches('/').replace('/', ".");
            return Err(ObjectError::NotMap { id: id.clone(), field });
        }
    }
    Ok(())
}

fn data_only(id: &ObjectId, fields: &mut Map<String, Value>) -> Result<(), ObjectError> {
    let not_text = |field| ObjectError::NotText { id: id.clone(), field };
    let plain = match fields.remove("stringData") {
        None => Map::new(),
        Some(Value::Object(plain)) => plain,
        Some(_) => return Err(not_text("stringData")),
    };
    if let Some(data) = fields.get("data") {
        let texts = data.as_object().ok_or_else(|| not_text("data"))?;
        if !texts.values().all(Value::is_string) {
            return Err(not_text("data"));
        }
    }
    for (key, value) in plain {
        let text = value.as_str().ok_or_else(|| not_text("stringData"))?;
        let data = fields.entry("data").or_insert_with(|| Value::Object(Map::new()));
        data[key] = STANDARD.encode(text).into();
    }
    Ok(())
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn string_data_becomes_data_and_wins() {
        let object = Object::new(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "creationTimestamp": null},
            "data": {"a": "b2xk", "b": "Yg=="}, "stringData": {"a": "new"}, "status": {}}),
        )
        .unwrap();
        assert_eq!(
            object.body(),
            &json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "bmV3", "b": "Yg=="}})
        );
        assert!(!format!("{object:?}").contains("bmV3"));
    }

    #[test]
    fn what_is_no_object_is_named() {
        let check = |body: Value| Object::new(body).unwrap_err().to_string();
        assert!(
            check(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}))
                .contains("ConfigMap has no `metadata.name`")
        );
        assert!(
            check(json!({"kind": "ConfigMap", "metadata": {"name": "a"}})).contains("ConfigMap a has no `apiVersion`")
        );
        assert!(
            check(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}}))
                .contains("generateName")
        );
        assert!(
            check(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"a": 1}}))
                .contains("`data`")
        );
        assert_eq!(
            check(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": ["x"]}})),
            "ConfigMap/a: `metadata.labels` must be a map"
        );
        let check = |template: Value| {
            check(
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": template}}),
            )
        };
        assert_eq!(check(json!("x")), "Deployment.apps/a: `spec.template` must be a map");
        assert_eq!(
            check(json!({"metadata": {"annotations": "x"}})),
            "Deployment.apps/a: `spec.template.metadata.annotations` must be a map"
        );
    }

    #[test]
    fn a_list_gives_its_objects() {
        let item = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let objects = Object::many(json!({"apiVersion": "v1", "kind": "List", "items": [item, item]})).unwrap();
        assert_eq!(objects.len(), 2);
    }

    #[test]
    fn the_scope_settles_the_namespace() {
        let kinds = Kinds::builtin();
        let settle = |body: Value| {
            let mut object = Object::new(body).unwrap();
            object.settle_namespace(&kinds, "apps");
            object.id().to_string()
        };
        assert_eq!(
            settle(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})),
            "ConfigMap/apps/a"
        );
        assert_eq!(
            settle(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "x"}})),
            "Namespace/a"
        );
    }
}
