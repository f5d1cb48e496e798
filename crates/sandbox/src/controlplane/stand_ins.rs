//! Local processes that stand for pods: which run, and where they listen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;

/// What a process stands for: all pods of a namespace that run an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Role {
    pub(crate) namespace: String,
    /// The image's name without registry, path, tag and digest.
    pub(crate) image: String,
}

/// The processes that run, with the pods' ports that each answers for.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandIns {
    processes: Arc<Mutex<BTreeMap<Role, BTreeMap<u16, SocketAddr>>>>,
    /// Parts of this process that answer for every port of every pod with an image.
    parts: BTreeMap<&'static str, SocketAddr>,
}

impl StandIns {
    /// With parts of this process that answer for images, wherever their pods run.
    pub(crate) fn with(parts: impl IntoIterator<Item = (&'static str, SocketAddr)>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A process runs.
    pub(crate) fn set(&self, role: Role, ports: BTreeMap<u16, SocketAddr>) {
        self.processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(role, ports);
    }

    /// It runs no more.
    pub(crate) fn remove(&self, role: &Role) {
        self.processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(role);
    }

    /// Where the process listens that stands for a pod's port.
    pub(crate) fn address(&self, pod: &Pod, port: u16) -> Option<SocketAddr> {
        let all = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        roles(pod).find_map(|role| {
            let process = all.get(&role).and_then(|ports| ports.get(&port));
            process.or_else(|| self.parts.get(role.image.as_str())).copied()
        })
    }
}

/// The roles of a pod: one for each container.
pub(crate) fn roles(pod: &Pod) -> impl Iterator<Item = Role> + '_ {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    containers.filter_map(|container| {
        let image = image_name(container.image.as_deref()?).to_owned();
        Some(Role {
            namespace: pod.namespace().unwrap_or_default(),
            image,
        })
    })
}

/// `quay.io/jetstack/cert-manager-webhook:v1.21.1@sha256:…` is `cert-manager-webhook`.
pub(crate) fn image_name(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(name, _)| name);
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').map_or(last, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_last_name() {
        for image in [
            "cm",
            "cm:v1",
            "quay.io/jetstack/cm:v1@sha256:00",
            "localhost:5000/a/cm",
            "h:1/cm@sha256:00",
        ] {
            assert_eq!(image_name(image), "cm", "{image}");
        }
    }

    #[test]
    fn a_pods_port_is_found_by_image_and_namespace() {
        let pod = |namespace: &str, image: &str| -> Pod {
            serde_json::from_value(serde_json::json!({
                "metadata": { "name": "p", "namespace": namespace },
                "spec": { "containers": [{ "name": "side", "image": "side" }, { "name": "c", "image": image }] },
            }))
            .unwrap()
        };
        let role = Role {
            namespace: "a".into(),
            image: "web".into(),
        };
        let address: SocketAddr = "127.0.0.1:1234".parse().unwrap();
        let stand_ins = StandIns::default();
        stand_ins.set(role.clone(), BTreeMap::from([(443, address)]));
        assert_eq!(stand_ins.address(&pod("a", "x/web:1"), 443), Some(address));
        assert_eq!(stand_ins.address(&pod("a", "x/web:1"), 80), None);
        assert_eq!(stand_ins.address(&pod("b", "x/web:1"), 443), None);
        stand_ins.remove(&role);
        assert_eq!(stand_ins.address(&pod("a", "x/web:1"), 443), None);
    }
}
