//! Which kinds there are and how they are reached: what the API server serves, and what the desired CRDs will add.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Kind, Object};

/// How one kind is reached in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The kind.
    pub kind: Kind,
    /// The version of the group.
    pub version: String,
    /// The plural, as it stands in paths.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.kind.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.kind.group, self.version)
        }
    }

    /// The path of one object, or of all of them.
    pub(crate) fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let root = if self.kind.group.is_empty() { "/api" } else { "/apis" };
        let mut path = format!("{root}/{}", self.api_version());
        if let Some(namespace) = namespace.filter(|_| self.namespaced) {
            path.push_str(&format!("/namespaces/{namespace}"));
        }
        path.push_str(&format!("/{}", self.plural));
        if let Some(name) = name {
            // Names of RBAC objects may hold a colon, others none that needs escaping.
            path.push_str(&format!("/{}", crate::call::query(name)));
        }
        path
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Served {
    namespaced: bool,
    /// Preferred version first. Empty for a kind that a desired CRD declares and nothing serves yet.
    versions: Vec<Resource>,
}

/// The kinds known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kinds(BTreeMap<Kind, Served>);

/// The kinds of a bare cluster that live outside namespaces. All else that ships with Kubernetes is namespaced.
const CLUSTER_SCOPED: [(&str, &str); 31] = [
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("internal.apiserver.k8s.io", "StorageVersion"),
    ("networking.k8s.io", "IPAddress"),
    ("networking.k8s.io", "IngressClass"),
    ("networking.k8s.io", "ServiceCIDR"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("resource.k8s.io", "ResourceSlice"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
];

/// Groups of kinds that ship with Kubernetes and whose other kinds are namespaced.
const BUILTIN_GROUPS: [&str; 10] = [
    "",
    "apps",
    "autoscaling",
    "batch",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
];

impl Kinds {
    /// What is known without asking: the scopes of the kinds that ship with Kubernetes. Nothing counts as served.
    pub fn builtin() -> Self {
        let scoped = CLUSTER_SCOPED
            .iter()
            .map(|(group, kind)| (Kind::new(*group, *kind), Served::default()));
        Self(scoped.collect())
    }

    /// Reads an aggregated discovery document of `/api` or `/apis`.
    pub(crate) fn read_aggregated(&mut self, document: &Value) {
        for group in array(&document["items"]) {
            let name = group["metadata"]["name"].as_str().unwrap_or_default();
            for version in array(&group["versions"]) {
                let Some(version_name) = version["version"].as_str() else {
                    continue;
                };
                for resource in array(&version["resources"]) {
                    let kind = resource["responseKind"]["kind"].as_str();
                    let plural = resource["resource"].as_str();
                    let (Some(kind), Some(plural)) = (kind, plural) else {
                        continue;
                    };
                    let usable = array(&resource["verbs"]).iter().any(|verb| verb == "list");
                    if usable {
                        self.add(
                            Kind::new(name, kind),
                            version_name,
                            plural,
                            resource["scope"] == "Namespaced",
                        );
                    }
                }
            }
        }
    }

    /// Reads an `APIResourceList`, the older form of discovery.
    pub(crate) fn read_resource_list(&mut self, group: &str, version: &str, document: &Value) {
        for resource in array(&document["resources"]) {
            let (Some(kind), Some(plural)) = (resource["kind"].as_str(), resource["name"].as_str()) else {
                continue;
            };
            let usable = array(&resource["verbs"]).iter().any(|verb| verb == "list");
            if usable && !plural.contains('/') {
                self.add(Kind::new(group, kind), version, plural, resource["namespaced"] == true);
            }
        }
    }

    fn add(&mut self, kind: Kind, version: &str, plural: &str, namespaced: bool) {
        let served = self.0.entry(kind.clone()).or_default();
        served.namespaced = namespaced;
        if !served.versions.iter().any(|known| known.version == version) {
            let (version, plural) = (version.to_owned(), plural.to_owned());
            served.versions.push(Resource {
                kind,
                version,
                plural,
                namespaced,
            });
        }
    }

    /// The same kinds and those that CRDs among these objects will add. They do not count as served.
    #[must_use]
    pub fn with_declared<'a>(mut self, objects: impl IntoIterator<Item = &'a Object>) -> Self {
        for object in objects {
            if let Some((kind, namespaced)) = declared(object) {
                self.0.entry(kind).or_insert(Served {
                    namespaced,
                    versions: Vec::new(),
                });
            }
        }
        self
    }

    /// Whether a kind's objects live in namespaces; none where nobody knows the kind.
    pub fn namespaced(&self, kind: &Kind) -> Option<bool> {
        match self.0.get(kind) {
            Some(served) => Some(served.namespaced),
            None => BUILTIN_GROUPS.contains(&&*kind.group).then_some(true),
        }
    }

    /// How a kind is reached, in this version or the preferred one; none where it is not served.
    pub fn resource(&self, kind: &Kind, version: Option<&str>) -> Option<&Resource> {
        let versions = &self.0.get(kind)?.versions;
        match version {
            Some(version) => versions.iter().find(|resource| resource.version == version),
            None => versions.first(),
        }
    }

    /// Whether the API server serves a kind in any version.
    pub fn serves(&self, kind: &Kind) -> bool {
        self.resource(kind, None).is_some()
    }

    /// Every `GROUP/VERSION` and `GROUP/VERSION/KIND` served, as charts ask for them.
    pub fn api_versions(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for resource in self.0.values().flat_map(|served| &served.versions) {
            all.push(resource.api_version());
            all.push(format!("{}/{}", resource.api_version(), resource.kind.kind));
        }
        all.sort();
        all.dedup();
        all
    }
}

/// The kind that a CRD declares, and whether it is namespaced.
pub(crate) fn declared(object: &Object) -> Option<(Kind, bool)> {
    if !object.id().of().is("apiextensions.k8s.io", "CustomResourceDefinition") {
        return None;
    }
    let spec = &object.body()["spec"];
    let (group, kind) = (spec["group"].as_str()?, spec["names"]["kind"].as_str()?);
    Some((Kind::new(group, kind), spec["scope"] != "Cluster"))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn desired_crds_say_the_scope_of_their_kinds_before_they_are_served() {
        let crd = Object::new(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "issuers.example.com"},
            "spec": {"group": "example.com", "scope": "Cluster", "names": {"kind": "ClusterIssuer", "plural": "issuers"}}}))
        .unwrap();
        let kind = Kind::new("example.com", "ClusterIssuer");
        let kinds = Kinds::builtin();
        assert_eq!(kinds.namespaced(&kind), None);
        let kinds = kinds.with_declared([&crd]);
        assert_eq!(kinds.namespaced(&kind), Some(false));
        assert!(!kinds.serves(&kind));
    }

    #[test]
    fn paths_are_the_apis_own() {
        let mut kinds = Kinds::default();
        kinds.read_aggregated(&json!({"items": [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
            {"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced", "verbs": ["list"]}]}]}]}));
        kinds.read_resource_list(
            "",
            "v1",
            &json!({"resources": [
            {"name": "namespaces", "kind": "Namespace", "namespaced": false, "verbs": ["list"]},
            {"name": "namespaces/status", "kind": "Namespace", "namespaced": false, "verbs": ["list"]}]}),
        );
        let path = |group: &str, kind: &str, namespace, name| {
            kinds
                .resource(&Kind::new(group, kind), None)
                .unwrap()
                .path(namespace, name)
        };
        assert_eq!(
            path("apps", "Deployment", Some("a"), Some("b")),
            "/apis/apps/v1/namespaces/a/deployments/b"
        );
        assert_eq!(path("", "Namespace", None, None), "/api/v1/namespaces");
        assert_eq!(
            kinds.api_versions(),
            ["apps/v1", "apps/v1/Deployment", "v1", "v1/Namespace"]
        );
    }
}
