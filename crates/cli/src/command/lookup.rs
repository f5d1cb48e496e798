//! `lookup` against a live cluster, for `hoist chart template --dry-run=server`.

use std::time::Duration;

use hoist_chart::Cluster;
use hoist_deploy::{Api, DeployError, Kind, ObjectId};
use hoist_govalue::{Map, Value};
use serde_json::json;
use tokio::runtime::Runtime;

use super::chart::go_value;
use crate::args::chart::Template;
use crate::environment;
use crate::failure::Failure;

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The cluster of a kubeconfig.
pub(super) struct Live<'r> {
    runtime: &'r Runtime,
    api: Api,
    version: String,
}

impl<'r> Live<'r> {
    pub(super) fn connect(runtime: &'r Runtime, args: &Template) -> Result<Self, Failure> {
        let file = args
            .kubeconfig
            .clone()
            .or_else(|| environment::path("KUBECONFIG"))
            .or_else(|| Some(environment::path("HOME")?.join(".kube").join("config")))
            .ok_or_else(|| {
                Failure::user("--dry-run=server needs a kubeconfig").hint("name it with --kubeconfig FILE")
            })?;
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::user(format!("cannot read the kubeconfig {}: {error}", file.display())))?;
        let connected = runtime.block_on(async {
            let connect = async {
                let api = Api::connect_to(&text, args.kube_context.as_deref()).await?;
                let version = api.version().await?;
                Ok::<_, DeployError>((api, version))
            };
            tokio::time::timeout(PATIENCE, connect).await
        });
        match connected {
            Ok(Ok((api, version))) => Ok(Self { runtime, api, version }),
            Ok(Err(error)) => Err(Failure::remote(format!("the cluster does not answer: {error}"))),
            Err(_) => Err(Failure::remote(format!(
                "the cluster did not answer within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// Kubernetes' own version.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// All that it serves.
    pub(super) fn api_versions(&self) -> Vec<String> {
        self.api.kinds().api_versions()
    }

    async fn ask(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Map, String> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let of = Kind::new(group, kind);
        let kinds = self.api.kinds();
        let resource = kinds.resource(&of, Some(version)).ok_or_else(|| {
            format!(
                "{api_version}, Kind={kind}: the server could not find the requested resource: it does not serve it"
            )
        })?;
        let namespace = (!namespace.is_empty()).then_some(namespace);
        if name.is_empty() {
            let listing = self.api.list(resource, namespace, "").await.map_err(told)?;
            let list = json!({
                "apiVersion": api_version,
                "kind": format!("{kind}List"),
                "metadata": { "resourceVersion": listing.resource_version },
                "items": listing.items,
            });
            return Ok(map(&list));
        }
        let id = ObjectId::new(group, kind, namespace, name);
        let found = self.api.get_as(&id, Some(version)).await.map_err(told)?;
        Ok(found.as_ref().map(map).unwrap_or_default())
    }
}

fn told(error: DeployError) -> String {
    error.to_string()
}

fn map(value: &serde_json::Value) -> Map {
    match go_value(value) {
        Value::Map(map) => map,
        _ => Map::new(),
    }
}

impl Cluster for Live<'_> {
    fn lookup(&mut self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Map, String> {
        let asked = self.ask(api_version, kind, namespace, name);
        let answer = self
            .runtime
            .block_on(async { tokio::time::timeout(PATIENCE, asked).await });
        match answer {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(format!("the cluster did not answer within {} s", PATIENCE.as_secs())),
        }
    }
}
