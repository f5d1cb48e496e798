//! The values of the Secrets that the cluster starts with.

use std::collections::BTreeMap;

use futures::future::join_all;
use hoist_model::{Diagnostic, Diagnostics, Secret};
use hoist_spec::{SecretName, Spec};

use crate::Resolver;

/// The Secrets of Kubernetes that the cluster starts with, by name, each with its keys and values.
pub type BootstrapSecrets = BTreeMap<SecretName, BTreeMap<String, Secret>>;

/// Reads every value, several at a time, and reports every source that fails.
pub async fn bootstrap(spec: &Spec, resolver: &Resolver) -> Result<BootstrapSecrets, Diagnostics> {
    let wanted = spec.bootstrap_secrets();
    let reads = wanted.iter().flat_map(|(secret, keys)| {
        keys.iter()
            .map(move |(key, source)| async move { (secret, key, resolver.resolve(source).await) })
    });
    let mut secrets = BootstrapSecrets::new();
    let mut problems = Diagnostics::default();
    for (secret, key, result) in join_all(reads).await {
        match result {
            Ok(value) => {
                secrets.entry(secret.clone()).or_default().insert(key.clone(), value);
            }
            Err(error) => {
                let message = format!("key {key} of Secret {secret} has no value: {error}");
                let diagnostic = Diagnostic::new("secrets/source", message).hint(error.hint);
                problems.push(diagnostic);
            }
        }
    }
    problems.into_result()?;
    Ok(secrets)
}
