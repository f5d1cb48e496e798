//! ClusterIssuers and Certificates of cert-manager, from the spec.

use hoist_spec::{Spec, Tls};
use serde_json::{Value, json};

/// The issuer that proves the way without using up the limits of the real one.
const ISSUER_STAGING: &str = "letsencrypt-staging";
/// The issuer whose certificates browsers trust.
const ISSUER_PROD: &str = "letsencrypt-prod";
/// The Certificate that is issued first.
const CANARY_STAGING: &str = "canary-staging";
/// The Certificate that is issued once staging has shown that it works.
const CANARY: &str = "canary";

const NAMESPACE: &str = "cert-manager";

/// Both ClusterIssuers. Empty where the spec has no `tls`, or cert-manager makes no issuers.
pub fn issuers(spec: &Spec) -> Vec<Value> {
    let Some(tls) = wanted(spec) else { return Vec::new() };
    [
        (ISSUER_STAGING, "https://acme-staging-v02.api.letsencrypt.org/directory"),
        (ISSUER_PROD, "https://acme-v02.api.letsencrypt.org/directory"),
    ]
    .map(|(name, server)| {
        json!({
            "apiVersion": "cert-manager.io/v1",
            "kind": "ClusterIssuer",
            "metadata": { "name": name },
            "spec": { "acme": {
                "server": server,
                "email": tls.email,
                "privateKeySecretRef": { "name": format!("{name}-account-key") },
                "solvers": [{ "dns01": { "cloudflare": {
                    "apiTokenSecretRef": { "name": "cloudflare-api-token", "key": "token" }
                } } }]
            } }
        })
    })
    .into()
}

/// The canary from staging, in a list of its own: production follows only when this one is Ready.
pub fn canary_staging(spec: &Spec) -> Vec<Value> {
    certificate(spec, CANARY_STAGING, ISSUER_STAGING)
}

/// The canary from production.
pub fn canary(spec: &Spec) -> Vec<Value> {
    certificate(spec, CANARY, ISSUER_PROD)
}

/// Lifetime and renewal are left to the issuer: it shortens them over the years.
fn certificate(spec: &Spec, name: &str, issuer: &str) -> Vec<Value> {
    let Some(canary) = wanted(spec).and_then(|tls| tls.canary.as_ref()) else {
        return Vec::new();
    };
    vec![json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "secretName": format!("{name}-tls"),
            "dnsNames": canary.dns_names,
            "privateKey": { "algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always" },
            "issuerRef": { "group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer }
        }
    })]
}

fn wanted(spec: &Spec) -> Option<&Tls> {
    let cert_manager = spec.components.cert_manager.as_ref()?;
    spec.tls
        .as_ref()
        .filter(|_| cert_manager.enabled && cert_manager.issuers)
}
