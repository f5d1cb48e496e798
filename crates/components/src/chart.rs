//! The components that are charts: which chart, and the values that follow from the spec.

use hoist_chartrepo::ChartRef;
use hoist_spec::{CertManager, Cilium, ExternalDns, Spec, UserComponent};
use serde_json::{Map, Value, json};

use crate::charts::ChartUse;
use crate::pins::{CERT_MANAGER, CILIUM, ChartPin, EXTERNAL_DNS};

/// Stands for the API's address where it is known only once the first control plane exists.
const UNKNOWN_HOST: &str = "known-after-apply.invalid";

/// Every chart that the spec needs, by component.
pub(crate) fn charts(spec: &Spec, api_host: Option<&str>) -> Vec<(String, ChartUse)> {
    let components = &spec.components;
    let mut charts = Vec::new();
    if let Some(settings) = components.cilium.as_ref().filter(|c| c.enabled) {
        charts.push(("cilium".to_owned(), cilium(spec, settings, api_host)));
    }
    if let Some(settings) = components.cert_manager.as_ref().filter(|c| c.enabled) {
        charts.push(("cert-manager".to_owned(), cert_manager(spec, settings)));
    }
    if let Some(settings) = components.external_dns.as_ref().filter(|c| c.enabled) {
        charts.push(("external-dns".to_owned(), external_dns(spec, settings)));
    }
    for (name, own) in components.own.iter().filter(|(_, own)| own.enabled) {
        if let Some(chart) = own_chart(spec, name.as_str(), own) {
            charts.push((name.to_string(), chart));
        }
    }
    charts
}

/// The charts that a spec needs, as they are to be fetched.
pub fn chart_refs(spec: &Spec) -> Vec<ChartRef> {
    charts(spec, None).into_iter().map(|(_, chart)| chart.from).collect()
}

fn cilium(spec: &Spec, settings: &Cilium, api_host: Option<&str>) -> ChartUse {
    let nodes = || spec.machines_enabled().filter(|(_, machine)| machine.role.is_some());
    // Hetzner's ARM types: TCX programs do not load on their kernel 6.12.
    let arm = nodes().any(|(_, machine)| machine.server_type.as_str().starts_with("cax"));
    let bpf = if arm {
        json!({ "masquerade": true, "enableTCX": false })
    } else {
        json!({ "masquerade": true })
    };
    let ours = json!({
        "kubeProxyReplacement": true,
        "routingMode": "tunnel",
        "tunnelProtocol": "geneve",
        "ipam": { "mode": "kubernetes" },
        "bpf": bpf,
        // Never a Service address: Cilium itself makes those work.
        "k8sServiceHost": spec.api_name().or(api_host).unwrap_or(UNKNOWN_HOST),
        "k8sServicePort": 6443,
        "rollOutCiliumPods": true,
        "operator": { "replicas": nodes().count().clamp(1, 2), "rollOutPods": true },
        "hubble": {
            "relay": { "enabled": true, "rollOutPods": true },
            "ui": { "enabled": true, "rollOutPods": true },
            // The chart's other way makes new certificates at each rendering.
            "tls": { "auto": { "method": "cronJob" } }
        }
    });
    chart(
        spec,
        &CILIUM,
        settings.version.as_deref(),
        "kube-system",
        "cilium",
        ours,
        &settings.values,
    )
}

fn cert_manager(spec: &Spec, settings: &CertManager) -> ChartUse {
    let version = settings.version.as_deref().unwrap_or(CERT_MANAGER.version);
    // 1.15 renamed the value; the older charts know only the older name, the newer ones refuse it in the end.
    let crds = if minor(version).is_none_or(|minor| minor >= 15) {
        json!({ "crds": { "enabled": true } })
    } else {
        json!({ "installCRDs": true })
    };
    let mut ours = json!({
        // hoist waits for the webhook itself.
        "startupapicheck": { "enabled": false }
    });
    merge(&mut ours, &crds);
    let namespace = "cert-manager";
    chart(
        spec,
        &CERT_MANAGER,
        Some(version),
        namespace,
        namespace,
        ours,
        &settings.values,
    )
}

fn external_dns(spec: &Spec, settings: &ExternalDns) -> ChartUse {
    let domains: Vec<&str> = match settings.domain_filters.as_slice() {
        [] => vec![spec.cluster.domain.as_str()],
        given => given.iter().map(|domain| domain.as_str()).collect(),
    };
    let ours = json!({
        "provider": { "name": "cloudflare" },
        "policy": settings.policy.as_str(),
        // Whose records are whose, where clusters share a zone.
        "txtOwnerId": spec.cluster.name,
        "txtPrefix": "external-dns-",
        "domainFilters": domains,
        "sources": ["service", "ingress"],
        // Cloudflare's default of 100 a page runs into its rate limit on larger zones.
        "extraArgs": { "cloudflare-dns-records-per-page": 5000 },
        "env": [{
            "name": "CF_API_TOKEN",
            "valueFrom": { "secretKeyRef": { "name": "cloudflare-api-token", "key": "CF_API_TOKEN" } }
        }]
    });
    let namespace = "external-dns";
    chart(
        spec,
        &EXTERNAL_DNS,
        settings.version.as_deref(),
        namespace,
        namespace,
        ours,
        &settings.values,
    )
}

fn own_chart(spec: &Spec, name: &str, own: &UserComponent) -> Option<ChartUse> {
    let source = own.chart.as_ref()?;
    Some(ChartUse {
        from: ChartRef {
            repo: source.repo.to_string(),
            name: source.name.clone(),
            version: source.version.clone(),
            mirror: mirror(spec, source.repo.as_str()),
        },
        namespace: own.namespace.to_string(),
        release: name.to_owned(),
        values: own.values.clone(),
        kube_version: kube_version(spec),
        api_versions: api_versions(spec),
    })
}

fn chart(
    spec: &Spec,
    pin: &ChartPin,
    version: Option<&str>,
    namespace: &str,
    release: &str,
    mut ours: Value,
    theirs: &Map<String, Value>,
) -> ChartUse {
    merge(&mut ours, &Value::Object(theirs.clone()));
    let values = match ours {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    ChartUse {
        from: ChartRef {
            repo: pin.repo.to_owned(),
            name: pin.name.to_owned(),
            version: version.unwrap_or(pin.version).to_owned(),
            mirror: mirror(spec, pin.repo),
        },
        namespace: namespace.to_owned(),
        release: release.to_owned(),
        values,
        kube_version: kube_version(spec),
        api_versions: Vec::new(),
    }
}

fn mirror(spec: &Spec, repo: &str) -> Option<String> {
    let served = spec.mirrored(repo);
    (served != repo).then_some(served)
}

/// Kubernetes' version: k3s's without its own ending.
fn kube_version(spec: &Spec) -> String {
    let version = spec.k3s.version.as_str();
    version.split('+').next().unwrap_or(version).to_owned()
}

/// APIs that the catalog's components bring, which a person's chart may ask for.
fn api_versions(spec: &Spec) -> Vec<String> {
    let known = [
        ("cert-manager", "cert-manager.io/v1"),
        ("cilium", "cilium.io/v2"),
        ("sops-secrets-operator", "isindir.github.com/v1alpha3"),
    ];
    known
        .iter()
        .filter(|(component, _)| spec.components.is_enabled(component))
        .map(|(_, version)| (*version).to_owned())
        .collect()
}

fn minor(version: &str) -> Option<u32> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let (major, rest) = version.split_once('.')?;
    let minor = rest.split('.').next()?.parse().ok()?;
    Some(if major == "1" { minor } else { u32::MAX })
}

/// Lays `over` over `base`, map by map, as Helm lays values over values: null takes a default out.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_laid_over_ours_map_by_map() {
        let mut base = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 1 });
        merge(&mut base, &json!({ "a": { "c": [3], "e": { "f": 1 } }, "d": null }));
        assert_eq!(base, json!({ "a": { "b": 1, "c": [3], "e": { "f": 1 } }, "d": null }));
    }

    #[test]
    fn the_minor_version_is_read_with_and_without_its_v() {
        for (version, expected) in [
            ("v1.11.5", Some(11)),
            ("1.21.1", Some(21)),
            ("v2.0.0", Some(u32::MAX)),
            ("x", None),
        ] {
            assert_eq!(minor(version), expected, "{version}");
        }
    }
}
