//! The values of the Secrets that the cluster starts with.

use std::collections::BTreeMap;

use futures::future::join_all;
use hoist_model::{Diagnostic, Diagnostics, Secret};
use hoist_spec::{SecretName, Spec};

use crate::{Resolver, SourceError};

/// The Secrets of Kubernetes that the cluster starts with, by name, each with its keys and values.
pub type BootstrapSecrets = BTreeMap<SecretName, BTreeMap<String, Secret>>;

/// Reads every value, several at a time, and reports every source that fails, with all that needs it.
pub async fn bootstrap(spec: &Spec, resolver: &Resolver) -> Result<BootstrapSecrets, Diagnostics> {
    let wanted = spec.bootstrap_secrets();
    let reads = wanted.iter().flat_map(|(secret, keys)| {
        keys.iter()
            .map(move |(key, source)| async move { (secret, key, resolver.resolve(source).await) })
    });
    let mut secrets = BootstrapSecrets::new();
    let mut failed: Vec<(SourceError, Vec<String>)> = Vec::new();
    for (secret, key, result) in join_all(reads).await {
        match result {
            Ok(value) => {
                secrets.entry(secret.clone()).or_default().insert(key.clone(), value);
            }
            Err(error) => {
                let user = format!("key {key} of Secret {secret}");
                match failed.iter_mut().find(|(other, _)| *other == error) {
                    Some((_, users)) => users.push(user),
                    None => failed.push((error, vec![user])),
                }
            }
        }
    }
    let problems = failed.into_iter().map(|(error, users)| {
        let message = format!("{error}; it is needed for {}", users.join(" and "));
        Diagnostic::new("secrets/source", message).hint(error.hint)
    });
    Diagnostics(problems.collect()).into_result()?;
    Ok(secrets)
}
