//! The cluster's API, as this phase asks it: which Nodes are registered.

use std::collections::BTreeSet;
use std::time::Duration;

use hoist_model::{ExposeSecret, Secret};
use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};

/// How long the API may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// The names of the registered Nodes, or why they cannot be told.
pub(crate) async fn nodes(kubeconfig: &Secret) -> Result<BTreeSet<String>, String> {
    let asked = async {
        let client = client(kubeconfig).await?;
        let nodes = Api::<Node>::all(client)
            .list_metadata(&ListParams::default())
            .await
            .map_err(|error| chain(&error))?;
        Ok(nodes.items.into_iter().filter_map(|node| node.metadata.name).collect())
    };
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("no answer within {} s", ANSWER.as_secs())),
    }
}

/// A client of the cluster's API.
pub(crate) async fn client(kubeconfig: &Secret) -> Result<kube::Client, String> {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig.expose_secret()).map_err(|error| error.to_string())?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(|error| error.to_string())?;
    kube::Client::try_from(config).map_err(|error| error.to_string())
}

/// An error with its causes: the outermost one alone says little.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.trim_start_matches("ServiceError: ").to_owned()
}
