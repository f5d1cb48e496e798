//! Components: each has a source, its needs can be met, and the Secrets that it reads are made.

use std::collections::BTreeSet;

use super::Report;
use crate::{CATALOG, Spec, catalog_entry, guess};

/// Components that a later version knows by name.
const LATER: &[&str] = &[
    "cloudnative-pg",
    "gateway-api",
    "hcloud-ccm",
    "hcloud-csi",
    "nix-csi",
    "sealed-secrets",
    "vertical-pod-autoscaler",
];

/// Components that hoist itself makes of other sections.
const RESERVED: &[(&str, &str)] = &[
    ("tls-issuers", "tls"),
    ("tls-canary-staging", "tls"),
    ("tls-canary", "tls"),
];

/// Namespaces that are there from the start.
const BORN: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

pub(super) fn sources(spec: &Spec, report: &mut Report<'_>) {
    for (name, own) in &spec.components.own {
        let path = ["components", name.as_str()];
        if let Some((_, section)) = RESERVED.iter().find(|(reserved, _)| *reserved == name.as_str()) {
            let message = format!("component {name} has the name of one that hoist makes of `{section}`");
            report.key(&path, "spec/reserved-name", message, "choose another name");
        }
        match (&own.chart, &own.dir) {
            (Some(_), None) => {}
            (None, Some(_)) => {
                if !own.values.is_empty() {
                    report.key(
                        &["components", name.as_str(), "values"],
                        "spec/exclusive-fields",
                        format!("component {name} has `values`, which only a chart takes, and a `dir`"),
                        "take `values` out, or write the manifests as a chart",
                    );
                }
            }
            (Some(_), Some(_)) => report.key(
                &["components", name.as_str(), "dir"],
                "spec/exclusive-fields",
                format!("component {name} has both `chart` and `dir`"),
                "keep one; a second component may hold the other",
            ),
            (None, None) => {
                let catalog = CATALOG.iter().map(|entry| entry.name);
                let hint = if LATER.contains(&name.as_str()) {
                    "this version's catalog does not have it yet: give it a source of your own, `chart` or `dir`".into()
                } else if let Some(near) = guess::nearest(name.as_str(), catalog.clone()) {
                    format!("did you mean `{near}`?")
                } else {
                    format!("give it `chart` or `dir`; the catalog has {}", guess::list(catalog))
                };
                let message = format!("component {name} is not in the catalog and names no source");
                report.key(&path, "spec/unknown-component", message, hint);
            }
        }
    }
}

pub(super) fn needs(spec: &Spec, report: &mut Report<'_>) {
    let components = &spec.components;
    for (name, own) in components.own.iter().filter(|(_, own)| own.enabled) {
        for (index, need) in own.needs.iter().enumerate() {
            let index = index.to_string();
            let path = ["components", name.as_str(), "needs", index.as_str()];
            let need = need.as_str();
            if !components.is_listed(need) && catalog_entry(need).is_none() {
                let known = CATALOG
                    .iter()
                    .map(|entry| entry.name)
                    .chain(components.own.keys().map(|name| name.as_str()));
                let hint = match guess::nearest(need, known.clone()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", guess::list(known)),
                };
                let message = format!("component {name} needs {need}, which there is not");
                report.value(&path, "spec/unknown-component", message, hint);
            } else if !components.is_enabled(need) {
                let message = format!("component {name} needs {need}, which is off");
                let hint = format!("turn it on: components: {{ {need}: {{ enabled: true }} }}, or take the need out");
                report.value(&path, "spec/unmet-need", message, hint);
            }
        }
    }
    let mut told = BTreeSet::new();
    for name in components.own.keys().map(|name| name.as_str()) {
        if let Some(cycle) = cycle_from(spec, name)
            && told.insert(cycle.iter().copied().collect::<BTreeSet<_>>())
        {
            let mut shown = cycle.clone();
            shown.push(cycle[0]);
            report.key(
                &["components", cycle[0], "needs"],
                "spec/needs-cycle",
                format!("components need each other in a circle: {}", shown.join(" → ")),
                "take one of these needs out: none of them could ever be first",
            );
        }
    }
}

/// The circle that leads from a component back to itself, if there is one.
fn cycle_from<'a>(spec: &'a Spec, start: &'a str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![start]];
    while let Some(path) = paths.pop() {
        let own = spec.components.own.get(*path.last()?).filter(|own| own.enabled);
        for need in own.into_iter().flat_map(|own| &own.needs).map(|need| need.as_str()) {
            if need == start {
                return Some(path);
            }
            if seen.insert(need) {
                let mut next = path.clone();
                next.push(need);
                paths.push(next);
            }
        }
    }
    None
}

pub(super) fn secrets(spec: &Spec, report: &mut Report<'_>) {
    let namespaces: BTreeSet<&str> = spec
        .components
        .enabled()
        .filter_map(|name| spec.namespace_of(name))
        .chain(BORN.iter().copied())
        .collect();
    for (secret, keys) in &spec.secrets.bootstrap {
        let path = ["secrets", "bootstrap", secret.as_str()];
        let namespace = secret.as_str().split('/').next().unwrap_or_default();
        if !namespaces.contains(namespace) {
            let hint = match guess::nearest(namespace, namespaces.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the namespaces are {}", guess::list(namespaces.iter().copied())),
            };
            let message = format!("Secret {secret}: no component that is on lives in namespace {namespace}");
            report.key(&path, "spec/unknown-namespace", message, hint);
        }
        if keys.is_empty() {
            let message = format!("Secret {secret} has no keys");
            report.key(
                &path,
                "spec/empty-secret",
                message,
                "write KEY: { env: NAME } or another source",
            );
        }
        for key in keys.keys() {
            let valid = !key.is_empty()
                && key.len() <= 253
                && key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !valid {
                report.key(
                    &["secrets", "bootstrap", secret.as_str(), key],
                    "spec/invalid-name",
                    format!("Secret {secret}: `{key}` is not a key that Kubernetes takes"),
                    "use letters, digits, hyphens, underscores and dots",
                );
            }
        }
    }
    let made = spec.bootstrap_secrets();
    for entry in CATALOG.iter().filter(|entry| spec.components.is_enabled(entry.name)) {
        let Some((secret, key)) = entry.secret else { continue };
        let name = format!("{}/{secret}", entry.namespace);
        if !made.get(name.as_str()).is_some_and(|keys| keys.contains_key(key)) {
            report.key(
                &["components", entry.name],
                "spec/missing-secret",
                format!(
                    "component {} reads the key {key} of the Secret {name}, which nothing makes",
                    entry.name
                ),
                format!("add it: secrets: {{ bootstrap: {{ {name}: {{ {key}: {{ env: NAME }} }} }} }}"),
            );
        }
    }
}

pub(super) fn tls(spec: &Spec, report: &mut Report<'_>) {
    let Some(tls) = &spec.tls else { return };
    let Some(cert_manager) = spec.components.cert_manager.as_ref().filter(|c| c.enabled) else {
        report.key(
            &["tls"],
            "spec/unmet-need",
            "tls needs the component cert-manager, which is off".into(),
            "turn it on: components: { cert-manager: {} }, or take `tls` out",
        );
        return;
    };
    if cert_manager.issuers && spec.cloudflare_token().is_none() {
        report.key(
            &["tls"],
            "spec/missing-secret",
            "the issuers of tls read the key token of the Secret cert-manager/cloudflare-api-token, which nothing makes"
                .into(),
            "add it: secrets: { bootstrap: { cert-manager/cloudflare-api-token: { token: { env: CLOUDFLARE_API_TOKEN } } } }",
        );
    }
    let Some(canary) = &tls.canary else { return };
    if !cert_manager.issuers {
        report.key(
            &["tls", "canary"],
            "spec/unmet-need",
            "tls.canary needs the issuers, and components.cert-manager.issuers is false".into(),
            "set it to true, or take `canary` out",
        );
    }
    if canary.dns_names.is_empty() {
        report.key(
            &["tls", "canary", "dnsNames"],
            "spec/empty-list",
            "tls.canary.dnsNames is empty: a certificate has at least one name".into(),
            format!("write [\"*.{0}\", {0}]", spec.cluster.domain),
        );
    }
}
