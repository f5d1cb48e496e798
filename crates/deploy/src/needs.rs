//! Which object needs which: a graph over a set of objects, from what they say of each other.
//!
//! A custom object comes after its CRD, a namespaced one after its namespace, a binding after its role, a workload
//! after what it mounts, reads, runs as and may do, a webhook's or API's registration after the Service and workload
//! behind it. Only objects of the set are named. Deleting goes the other way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::kinds::declared;
use crate::{Kind, LABEL_COMPONENT, Object, ObjectId};

/// For each object of a set, the objects of the set that it needs.
pub type Needs = BTreeMap<ObjectId, BTreeSet<ObjectId>>;

/// Objects that need each other in a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("objects need each other in a ring: {}", .0.iter().chain(.0.first()).map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
pub struct Cycle(pub Vec<ObjectId>);

const RBAC: &str = "rbac.authorization.k8s.io";

/// The needs within a set of objects.
pub fn needs(objects: &[Object]) -> Needs {
    let set = Set::new(objects);
    objects
        .iter()
        .map(|object| {
            let mut found = BTreeSet::new();
            set.needs_of(object, &mut found);
            found.remove(object.id());
            (object.id().clone(), found)
        })
        .collect()
}

/// The objects in an order that respects their needs; ties by id. Names a ring where there is one.
pub fn order(needs: &Needs) -> Result<Vec<ObjectId>, Cycle> {
    let mut left: BTreeMap<&ObjectId, BTreeSet<&ObjectId>> = needs
        .iter()
        .map(|(id, needed)| (id, needed.iter().filter(|need| needs.contains_key(*need)).collect()))
        .collect();
    let mut dependants: BTreeMap<&ObjectId, Vec<&ObjectId>> = BTreeMap::new();
    for (id, needed) in &left {
        for need in needed {
            dependants.entry(need).or_default().push(id);
        }
    }
    let mut ready: BTreeSet<&ObjectId> = left
        .iter()
        .filter(|(_, needed)| needed.is_empty())
        .map(|(id, _)| *id)
        .collect();
    let mut done = Vec::with_capacity(needs.len());
    while let Some(next) = ready.pop_first() {
        left.remove(next);
        done.push(next.clone());
        for dependant in dependants.get(next).into_iter().flatten() {
            if let Some(needed) = left.get_mut(dependant) {
                needed.remove(next);
                if needed.is_empty() {
                    ready.insert(dependant);
                }
            }
        }
    }
    let Some(first) = left.keys().next() else {
        return Ok(done);
    };
    // Each object left needs one that is left: following these comes back to one that was seen.
    let mut path: Vec<&ObjectId> = vec![first];
    loop {
        let next = path.last().and_then(|at| left.get(at)?.iter().next().copied());
        let Some(next) = next else {
            return Err(Cycle(path.into_iter().cloned().collect()));
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            return Err(Cycle(path[start..].iter().map(|id| (*id).clone()).collect()));
        }
        path.push(next);
    }
}

struct Set<'a> {
    ids: BTreeSet<&'a ObjectId>,
    objects: &'a [Object],
    crds: BTreeMap<Kind, &'a ObjectId>,
    /// Service account (namespace, name) → the bindings that give it rights.
    rights: BTreeMap<(String, String), Vec<&'a ObjectId>>,
}

impl<'a> Set<'a> {
    fn new(objects: &'a [Object]) -> Self {
        let mut rights: BTreeMap<(String, String), Vec<&ObjectId>> = BTreeMap::new();
        for object in objects.iter().filter(|object| is_binding(object.id())) {
            for subject in items(&object.body()["subjects"]).filter(|subject| subject["kind"] == "ServiceAccount") {
                let namespace = subject["namespace"]
                    .as_str()
                    .or(object.id().namespace.as_deref())
                    .unwrap_or_default();
                let name = subject["name"].as_str().unwrap_or_default();
                rights
                    .entry((namespace.to_owned(), name.to_owned()))
                    .or_default()
                    .push(object.id());
            }
        }
        Self {
            ids: objects.iter().map(Object::id).collect(),
            crds: objects
                .iter()
                .filter_map(|object| Some((declared(object)?.0, object.id())))
                .collect(),
            objects,
            rights,
        }
    }

    /// Adds an object if the set has it.
    fn add(
        &self,
        found: &mut BTreeSet<ObjectId>,
        group: &str,
        kind: &str,
        namespace: Option<&str>,
        name: Option<&str>,
    ) {
        let Some(name) = name else { return };
        let id = ObjectId::new(group, kind, namespace, name);
        if self.ids.contains(&id) {
            found.insert(id);
        }
    }

    fn needs_of(&self, object: &Object, found: &mut BTreeSet<ObjectId>) {
        let (id, body) = (object.id(), object.body());
        if let Some(crd) = self.crds.get(&id.of()) {
            found.insert((*crd).clone());
        }
        let namespace = id.namespace.as_deref();
        self.add(found, "", "Namespace", None, namespace);
        if let Some(template) = object.pod_template() {
            self.needs_of_pod(object, &template["spec"], found);
        }
        match (&*id.group, &*id.kind) {
            (RBAC, "RoleBinding" | "ClusterRoleBinding") => {
                let role = &body["roleRef"];
                let kind = role["kind"].as_str().unwrap_or_default();
                let within = namespace.filter(|_| kind == "Role");
                self.add(found, RBAC, kind, within, role["name"].as_str());
            }
            ("apps", "StatefulSet") => {
                for claim in items(&body["spec"]["volumeClaimTemplates"]) {
                    let class = claim["spec"]["storageClassName"].as_str();
                    self.add(found, "storage.k8s.io", "StorageClass", None, class);
                }
            }
            ("", "PersistentVolumeClaim") => {
                self.add(
                    found,
                    "storage.k8s.io",
                    "StorageClass",
                    None,
                    body["spec"]["storageClassName"].as_str(),
                );
                self.add(found, "", "PersistentVolume", None, body["spec"]["volumeName"].as_str());
            }
            ("networking.k8s.io", "Ingress") => {
                self.add(
                    found,
                    "networking.k8s.io",
                    "IngressClass",
                    None,
                    body["spec"]["ingressClassName"].as_str(),
                );
            }
            ("gateway.networking.k8s.io", "Gateway") => {
                let class = body["spec"]["gatewayClassName"].as_str();
                self.add(found, "gateway.networking.k8s.io", "GatewayClass", None, class);
            }
            ("apiregistration.k8s.io", "APIService") => self.needs_of_service(&body["spec"]["service"], found),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration") => {
                for webhook in items(&body["webhooks"]) {
                    self.needs_of_service(&webhook["clientConfig"]["service"], found);
                }
            }
            _ => {}
        }
    }

    /// A Service that something is registered behind, and the workloads behind it.
    fn needs_of_service(&self, service: &Value, found: &mut BTreeSet<ObjectId>) {
        let (namespace, name) = (service["namespace"].as_str(), service["name"].as_str());
        self.add(found, "", "Service", namespace, name);
        let Some(name) = name else { return };
        let id = ObjectId::new("", "Service", namespace, name);
        let Some(service) = self.objects.iter().find(|object| *object.id() == id) else {
            return;
        };
        let Some(selector) = service.body()["spec"]["selector"].as_object().filter(|s| !s.is_empty()) else {
            return;
        };
        for object in self
            .objects
            .iter()
            .filter(|object| object.id().namespace.as_deref() == namespace)
        {
            let Some(template) = object.pod_template() else {
                continue;
            };
            let labels = &template["metadata"]["labels"];
            if selector.iter().all(|(key, value)| &labels[key] == value) {
                found.insert(object.id().clone());
            }
        }
    }

    fn needs_of_pod(&self, object: &Object, spec: &Value, found: &mut BTreeSet<ObjectId>) {
        let namespace = object.id().namespace.as_deref();
        let account = spec["serviceAccountName"]
            .as_str()
            .or(spec["serviceAccount"].as_str())
            .unwrap_or("default");
        self.add(found, "", "ServiceAccount", namespace, Some(account));
        let key = (namespace.unwrap_or_default().to_owned(), account.to_owned());
        found.extend(self.rights.get(&key).into_iter().flatten().map(|id| (*id).clone()));
        self.add(
            found,
            "scheduling.k8s.io",
            "PriorityClass",
            None,
            spec["priorityClassName"].as_str(),
        );
        self.add(
            found,
            "node.k8s.io",
            "RuntimeClass",
            None,
            spec["runtimeClassName"].as_str(),
        );
        for claim in items(&spec["volumes"]).filter_map(|volume| volume["persistentVolumeClaim"]["claimName"].as_str())
        {
            self.add(found, "", "PersistentVolumeClaim", namespace, Some(claim));
        }
        for (kind, name) in pod_reads(spec) {
            self.add(found, "", kind, namespace, Some(&name));
        }
        // A program may read what it does not mount: all that its own component configures comes first.
        let component = object.label(LABEL_COMPONENT);
        for other in self
            .objects
            .iter()
            .filter(|other| component.is_some() && other.label(LABEL_COMPONENT) == component)
        {
            let same_namespace = other.id().namespace.as_deref() == namespace;
            if same_namespace && other.id().group.is_empty() && matches!(&*other.id().kind, "ConfigMap" | "Secret") {
                found.insert(other.id().clone());
            }
        }
    }
}

fn is_binding(id: &ObjectId) -> bool {
    id.group == RBAC && matches!(&*id.kind, "RoleBinding" | "ClusterRoleBinding")
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The ConfigMaps and Secrets that a pod reads by name: volumes, environment, pull secrets.
pub(crate) fn pod_reads(spec: &Value) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &'static str, name: &Value| {
        if let Some(name) = name.as_str() {
            found.insert((kind, name.to_owned()));
        }
    };
    for volume in items(&spec["volumes"]) {
        add("ConfigMap", &volume["configMap"]["name"]);
        add("Secret", &volume["secret"]["secretName"]);
        for source in items(&volume["projected"]["sources"]) {
            add("ConfigMap", &source["configMap"]["name"]);
            add("Secret", &source["secret"]["name"]);
        }
    }
    for container in items(&spec["initContainers"]).chain(items(&spec["containers"])) {
        for from in items(&container["envFrom"]) {
            add("ConfigMap", &from["configMapRef"]["name"]);
            add("Secret", &from["secretRef"]["name"]);
        }
        for variable in items(&container["env"]) {
            add("ConfigMap", &variable["valueFrom"]["configMapKeyRef"]["name"]);
            add("Secret", &variable["valueFrom"]["secretKeyRef"]["name"]);
        }
    }
    for secret in items(&spec["imagePullSecrets"]) {
        add("Secret", &secret["name"]);
    }
    found
}

impl Object {
    /// The names of the Secrets in its own namespace that its pods read.
    pub fn secrets_read(&self) -> BTreeSet<String> {
        let Some(template) = self.pod_template() else {
            return BTreeSet::new();
        };
        let reads = pod_reads(&template["spec"]).into_iter();
        reads
            .filter(|(kind, _)| *kind == "Secret")
            .map(|(_, name)| name)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str, rest: Value) -> Object {
        let mut body = rest;
        body["apiVersion"] = api_version.into();
        body["kind"] = kind.into();
        body["metadata"]["name"] = name.into();
        if let Some(namespace) = namespace {
            body["metadata"]["namespace"] = namespace.into();
        }
        Object::new(body).unwrap()
    }

    fn check(objects: &[Object], of: &str, expect: &[&str]) {
        let all = needs(objects);
        let found: Vec<String> = all[&of.parse().unwrap()].iter().map(ToString::to_string).collect();
        assert_eq!(found, expect);
        order(&all).unwrap();
    }

    #[test]
    fn custom_objects_need_their_crd_and_namespace() {
        let crd = json!({"spec": {"group": "e.com", "scope": "Namespaced", "names": {"kind": "Thing"}}});
        let set = [
            object("e.com/v1", "Thing", Some("a"), "x", json!({})),
            object(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                None,
                "things.e.com",
                crd,
            ),
            object("v1", "Namespace", None, "a", json!({})),
            object("v1", "Namespace", None, "b", json!({})),
        ];
        check(
            &set,
            "Thing.e.com/a/x",
            &[
                "Namespace/a",
                "CustomResourceDefinition.apiextensions.k8s.io/things.e.com",
            ],
        );
    }

    #[test]
    fn a_workload_needs_what_it_reads_runs_as_and_may_do() {
        let pods = json!({"spec": {"template": {"metadata": {"labels": {"app": "w"}}, "spec": {
            "serviceAccountName": "w", "priorityClassName": "high",
            "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "token"}}}], "envFrom": [{"configMapRef": {"name": "env"}}]}],
            "volumes": [{"secret": {"secretName": "elsewhere"}}, {"persistentVolumeClaim": {"claimName": "data"}}]}}}});
        let subject = json!([{"kind": "ServiceAccount", "name": "w", "namespace": "a"}]);
        let binding = json!({"roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": subject});
        let set = [
            object("apps/v1", "Deployment", Some("a"), "w", pods),
            object("v1", "Secret", Some("a"), "token", json!({})),
            object("v1", "Secret", Some("b"), "token", json!({})),
            object("v1", "ConfigMap", Some("a"), "env", json!({})),
            object("v1", "PersistentVolumeClaim", Some("a"), "data", json!({})),
            object("v1", "ServiceAccount", Some("a"), "w", json!({})),
            object("scheduling.k8s.io/v1", "PriorityClass", None, "high", json!({})),
            object("rbac.authorization.k8s.io/v1", "ClusterRole", None, "r", json!({})),
            object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", None, "w", binding),
            object(
                "v1",
                "Service",
                Some("a"),
                "w",
                json!({"spec": {"selector": {"app": "w"}}}),
            ),
            object(
                "apiregistration.k8s.io/v1",
                "APIService",
                None,
                "v1.m",
                json!({"spec": {"service": {"name": "w", "namespace": "a"}}}),
            ),
        ];
        check(
            &set,
            "Deployment.apps/a/w",
            &[
                "ConfigMap/a/env",
                "PersistentVolumeClaim/a/data",
                "Secret/a/token",
                "ServiceAccount/a/w",
                "ClusterRoleBinding.rbac.authorization.k8s.io/w",
                "PriorityClass.scheduling.k8s.io/high",
            ],
        );
        check(
            &set,
            "ClusterRoleBinding.rbac.authorization.k8s.io/w",
            &["ClusterRole.rbac.authorization.k8s.io/r"],
        );
        check(
            &set,
            "APIService.apiregistration.k8s.io/v1.m",
            &["Service/a/w", "Deployment.apps/a/w"],
        );
    }

    #[test]
    fn a_ring_is_named() {
        let id = |name: &str| ObjectId::new("", "ConfigMap", Some("a"), name);
        let ring: Needs = [
            (id("x"), [id("y")].into()),
            (id("y"), [id("x")].into()),
            (id("z"), BTreeSet::new()),
        ]
        .into();
        assert_eq!(
            order(&ring).unwrap_err().to_string(),
            "objects need each other in a ring: ConfigMap/a/x → ConfigMap/a/y → ConfigMap/a/x"
        );
    }
}
