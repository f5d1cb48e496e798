//! What the catalog has, by name: where each component lives, what it needs, and whether the spec turns it on.

use indexmap::IndexMap;

use crate::{Components, SecretName, Source, Spec};

/// A component that hoist knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Its name in `components`.
    pub name: &'static str,
    /// The namespace that it lives in.
    pub namespace: &'static str,
    /// The components that must be ready before it, where they are on.
    pub needs: &'static [&'static str],
    /// The Secret that it cannot work without, and that Secret's key.
    pub secret: Option<(&'static str, &'static str)>,
}

/// The catalog, in alphabetical order.
pub const CATALOG: &[CatalogEntry] = &[
    CatalogEntry {
        name: "cert-manager",
        namespace: "cert-manager",
        needs: &["cilium", "coredns"],
        secret: None,
    },
    CatalogEntry {
        name: "cilium",
        namespace: "kube-system",
        needs: &[],
        secret: None,
    },
    CatalogEntry {
        name: "coredns",
        namespace: "kube-system",
        needs: &["cilium"],
        secret: None,
    },
    CatalogEntry {
        name: "external-dns",
        namespace: "external-dns",
        needs: &["cilium", "coredns"],
        secret: Some(("cloudflare-api-token", "CF_API_TOKEN")),
    },
    CatalogEntry {
        name: "local-path-provisioner",
        namespace: "local-path-storage",
        needs: &["cilium"],
        secret: None,
    },
    CatalogEntry {
        name: "metrics-server",
        namespace: "kube-system",
        needs: &["cilium", "coredns"],
        secret: None,
    },
    CatalogEntry {
        name: "sops-secrets-operator",
        namespace: "sops-secrets-operator",
        needs: &["cilium", "coredns"],
        secret: Some(("sops-age-key-file", "key")),
    },
];

/// The component of the catalog with this name.
pub fn catalog_entry(name: &str) -> Option<&'static CatalogEntry> {
    CATALOG.iter().find(|entry| entry.name == name)
}

impl Components {
    /// Whether a component, ours or the person's, is listed and on.
    pub fn is_enabled(&self, name: &str) -> bool {
        match name {
            "cilium" => self.cilium.as_ref().is_some_and(|c| c.enabled),
            "coredns" => self.coredns.as_ref().is_some_and(|c| c.enabled),
            "cert-manager" => self.cert_manager.as_ref().is_some_and(|c| c.enabled),
            "sops-secrets-operator" => self.sops_secrets_operator.as_ref().is_some_and(|c| c.enabled),
            "local-path-provisioner" => self.local_path_provisioner.as_ref().is_some_and(|c| c.enabled),
            "external-dns" => self.external_dns.as_ref().is_some_and(|c| c.enabled),
            "metrics-server" => self.metrics_server.as_ref().is_some_and(|c| c.enabled),
            _ => self.own.get(name).is_some_and(|c| c.enabled),
        }
    }

    /// Whether a component is listed, on or off.
    pub fn is_listed(&self, name: &str) -> bool {
        match name {
            "cilium" => self.cilium.is_some(),
            "coredns" => self.coredns.is_some(),
            "cert-manager" => self.cert_manager.is_some(),
            "sops-secrets-operator" => self.sops_secrets_operator.is_some(),
            "local-path-provisioner" => self.local_path_provisioner.is_some(),
            "external-dns" => self.external_dns.is_some(),
            "metrics-server" => self.metrics_server.is_some(),
            _ => self.own.contains_key(name),
        }
    }

    /// The names of the components that are on: the catalog's in its order, then the person's in the file's.
    pub fn enabled(&self) -> impl Iterator<Item = &str> {
        CATALOG
            .iter()
            .map(|entry| entry.name)
            .chain(self.own.keys().map(|name| name.as_str()))
            .filter(|name| self.is_enabled(name))
    }
}

impl Spec {
    /// The namespace of a component.
    pub fn namespace_of<'a>(&'a self, component: &str) -> Option<&'a str> {
        match catalog_entry(component) {
            Some(entry) => Some(entry.namespace),
            None => self.components.own.get(component).map(|own| own.namespace.as_str()),
        }
    }

    /// Where Cloudflare's API token comes from, if the spec says: it is needed by cert-manager as `token` and by
    /// external-dns as `CF_API_TOKEN`, and one of the two entries under `secrets.bootstrap` suffices.
    pub fn cloudflare_token(&self) -> Option<&Source> {
        let of = |secret: &str, key: &str| self.secrets.bootstrap.get(secret).and_then(|keys| keys.get(key));
        of("cert-manager/cloudflare-api-token", "token")
            .or_else(|| of("external-dns/cloudflare-api-token", "CF_API_TOKEN"))
    }

    /// The Secrets that the cluster starts with: those of the spec, and those that follow from them.
    pub fn bootstrap_secrets(&self) -> IndexMap<SecretName, IndexMap<String, Source>> {
        let mut secrets = self.secrets.bootstrap.clone();
        let wanted = [
            (
                self.components.is_enabled("external-dns"),
                "external-dns/cloudflare-api-token",
                "CF_API_TOKEN",
            ),
            (
                self.components.is_enabled("cert-manager") && self.tls.is_some(),
                "cert-manager/cloudflare-api-token",
                "token",
            ),
        ];
        if let Some(token) = self.cloudflare_token() {
            for (_, secret, key) in wanted.into_iter().filter(|(on, ..)| *on) {
                let name: SecretName = secret.parse().expect("a constant name");
                secrets
                    .entry(name)
                    .or_default()
                    .entry(key.to_owned())
                    .or_insert_with(|| token.clone());
            }
        }
        secrets
    }
}
