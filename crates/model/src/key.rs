//! The name of one thing that hoist plans: a kind and a name, the same in plans, journals, approvals and output.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names one thing across phases and runs, written `KIND/NAME`.
///
/// Cloud things have lower-case kinds (`server/kube-control`), Kubernetes objects the kind and group that the API
/// gives them (`Deployment.apps/kube-system/coredns`); two kinds that share a name stay apart by their group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    kind: String,
    name: String,
}

impl Key {
    /// A key of any kind. `kind` holds no slash; `name` may (a namespaced object's is `namespace/name`).
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        let kind = kind.into();
        debug_assert!(!kind.contains('/'), "a kind holds no slash: {kind}");
        Self {
            kind,
            name: name.into(),
        }
    }

    /// A Hetzner Cloud server.
    pub fn server(name: &str) -> Self {
        Self::new("server", name)
    }

    /// The operating system of a machine and k3s on it: done when k3s answers and the Node is registered.
    pub fn node(name: &str) -> Self {
        Self::new("node", name)
    }

    /// The readiness of a whole component: done when all of its objects are ready.
    pub fn ready(component: &str) -> Self {
        Self::new("ready", component)
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name within its kind.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not `KIND/NAME`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a key: write KIND/NAME, such as server/kube-control")]
pub struct ParseKeyError(String);

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(ParseKeyError(text.to_owned())),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_what_it_writes() {
        for text in [
            "server/kube-control",
            "Deployment.apps/kube-system/coredns",
            "ClusterRole.rbac.authorization.k8s.io/system:coredns",
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused_with_its_text() {
        for text in ["", "server", "/x", "server/"] {
            let error = text.parse::<Key>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")), "{error}");
        }
    }
}
