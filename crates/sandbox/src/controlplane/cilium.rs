//! Stands for Cilium's operator: its kinds appear, and its gateways are accepted and programmed.
//!
//! The real operator registers its CRDs when it starts (the chart has none) and is the controller of the GatewayClass.
//! Nothing here carries traffic: a Gateway's address is that of the nodes, as with gateways on the host's network.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};

use super::egress::is_running;
use super::nodes::is_ready;

/// The operator's pods in Cilium's chart.
const OPERATOR: &str = "io.cilium/app=operator";
/// The name that Cilium's GatewayClass calls its controller by.
const CONTROLLER: &str = "io.cilium/gateway-controller";
const GATEWAYS: &str = "gateway.networking.k8s.io";
/// Gateway API's kinds come and go with their CRDs, so they are asked for rather than watched.
const PERIOD: Duration = Duration::from_millis(750);

/// Cilium's kinds: kind, plural, whether namespaced, versions.
const KINDS: [(&str, &str, bool, &[&str]); 20] = [
    (
        "CiliumBGPAdvertisement",
        "ciliumbgpadvertisements",
        false,
        &["v2", "v2alpha1"],
    ),
    (
        "CiliumBGPClusterConfig",
        "ciliumbgpclusterconfigs",
        false,
        &["v2", "v2alpha1"],
    ),
    (
        "CiliumBGPNodeConfig",
        "ciliumbgpnodeconfigs",
        false,
        &["v2", "v2alpha1"],
    ),
    (
        "CiliumBGPNodeConfigOverride",
        "ciliumbgpnodeconfigoverrides",
        false,
        &["v2", "v2alpha1"],
    ),
    (
        "CiliumBGPPeerConfig",
        "ciliumbgppeerconfigs",
        false,
        &["v2", "v2alpha1"],
    ),
    ("CiliumCIDRGroup", "ciliumcidrgroups", false, &["v2", "v2alpha1"]),
    (
        "CiliumClusterwideEnvoyConfig",
        "ciliumclusterwideenvoyconfigs",
        false,
        &["v2"],
    ),
    (
        "CiliumClusterwideNetworkPolicy",
        "ciliumclusterwidenetworkpolicies",
        false,
        &["v2"],
    ),
    (
        "CiliumEgressGatewayPolicy",
        "ciliumegressgatewaypolicies",
        false,
        &["v2"],
    ),
    ("CiliumEndpoint", "ciliumendpoints", true, &["v2"]),
    ("CiliumEnvoyConfig", "ciliumenvoyconfigs", true, &["v2"]),
    (
        "CiliumGatewayClassConfig",
        "ciliumgatewayclassconfigs",
        true,
        &["v2alpha1"],
    ),
    ("CiliumIdentity", "ciliumidentities", false, &["v2"]),
    (
        "CiliumL2AnnouncementPolicy",
        "ciliuml2announcementpolicies",
        false,
        &["v2alpha1"],
    ),
    (
        "CiliumLoadBalancerIPPool",
        "ciliumloadbalancerippools",
        false,
        &["v2", "v2alpha1"],
    ),
    (
        "CiliumLocalRedirectPolicy",
        "ciliumlocalredirectpolicies",
        true,
        &["v2"],
    ),
    ("CiliumNetworkPolicy", "ciliumnetworkpolicies", true, &["v2"]),
    ("CiliumNode", "ciliumnodes", false, &["v2"]),
    ("CiliumNodeConfig", "ciliumnodeconfigs", true, &["v2"]),
    ("CiliumPodIPPool", "ciliumpodippools", false, &["v2alpha1"]),
];

/// Runs until it is aborted.
pub(crate) async fn run(client: kube::Client) {
    let mut registered = false;
    loop {
        tokio::time::sleep(PERIOD).await;
        match operator_runs(&client).await {
            Ok(true) => {}
            Ok(false) => {
                registered = false;
                continue;
            }
            Err(error) => {
                tracing::debug!(%error, "looking for Cilium's operator");
                continue;
            }
        }
        if !registered {
            match register(&client).await {
                Ok(()) => registered = true,
                Err(error) => tracing::debug!(%error, "registering Cilium's kinds"),
            }
        }
        if let Err(error) = gateways(&client).await {
            tracing::debug!(%error, "working for Cilium's gateways");
        }
    }
}

async fn operator_runs(client: &kube::Client) -> Result<bool, kube::Error> {
    let pods: Api<Pod> = Api::all(client.clone());
    Ok(pods
        .list(&ListParams::default().labels(OPERATOR))
        .await?
        .iter()
        .any(is_running))
}

async fn register(client: &kube::Client) -> Result<(), kube::Error> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for kind in KINDS {
        let definition: CustomResourceDefinition =
            serde_json::from_value(definition(kind)).map_err(kube::Error::SerdeError)?;
        match api.create(&PostParams::default(), &definition).await {
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            other => drop(other?),
        }
    }
    Ok(())
}

fn definition((kind, plural, namespaced, versions): (&str, &str, bool, &[&str])) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "name": name,
                "served": true,
                "storage": index == 0,
                "subresources": { "status": {} },
                "schema": {
                    "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
                },
            })
        })
        .collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.cilium.io") },
        "spec": {
            "group": "cilium.io",
            "scope": if namespaced { "Namespaced" } else { "Cluster" },
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": kind.to_lowercase(),
                "categories": ["cilium"],
            },
            "versions": versions,
        },
    })
}

/// Tells classes, gateways and routes what Cilium's operator would.
async fn gateways(client: &kube::Client) -> Result<(), kube::Error> {
    let classes = all(client, "GatewayClass", "gatewayclasses").await?;
    let ours: Vec<String> = classes
        .iter()
        .filter(|class| class.data["spec"]["controllerName"] == CONTROLLER)
        .map(ResourceExt::name_any)
        .collect();
    if ours.is_empty() {
        return Ok(());
    }
    for class in classes.iter().filter(|class| ours.contains(&class.name_any())) {
        let conditions = conditions(
            class,
            &[("Accepted", "Accepted"), ("SupportedVersion", "SupportedVersion")],
        );
        report(client, class, "gatewayclasses", json!({ "conditions": conditions })).await?;
    }
    let gateways = all(client, "Gateway", "gateways").await?;
    let gateways: Vec<&DynamicObject> = gateways
        .iter()
        .filter(|gateway| {
            gateway.data["spec"]["gatewayClassName"]
                .as_str()
                .is_some_and(|c| ours.iter().any(|o| o == c))
        })
        .collect();
    let routes = all(client, "HTTPRoute", "httproutes").await?;
    let addresses = addresses(client).await?;
    for gateway in &gateways {
        let status = gateway_status(gateway, &routes, &addresses);
        report(client, gateway, "gateways", status).await?;
    }
    for route in &routes {
        let parents: Vec<Value> = parents(route)
            .filter(|parent| gateways.iter().any(|gateway| leads_to(route, parent, gateway)))
            .map(|parent| {
                let conditions = conditions(route, &[("Accepted", "Accepted"), ("ResolvedRefs", "ResolvedRefs")]);
                json!({ "parentRef": parent, "controllerName": CONTROLLER, "conditions": conditions })
            })
            .collect();
        if !parents.is_empty() {
            report(client, route, "httproutes", json!({ "parents": parents })).await?;
        }
    }
    Ok(())
}

fn gateway_status(gateway: &DynamicObject, routes: &[DynamicObject], addresses: &[String]) -> Value {
    let attached = routes
        .iter()
        .filter(|route| parents(route).any(|parent| leads_to(route, parent, gateway)))
        .count();
    let listeners: Vec<Value> = gateway.data["spec"]["listeners"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|listener| {
            let all = [
                ("Accepted", "Accepted"),
                ("Programmed", "Programmed"),
                ("ResolvedRefs", "ResolvedRefs"),
            ];
            json!({
                "name": listener["name"],
                "attachedRoutes": attached,
                "supportedKinds": [{ "group": GATEWAYS, "kind": "HTTPRoute" }],
                "conditions": conditions(gateway, &all),
            })
        })
        .collect();
    json!({
        "addresses": addresses.iter().map(|address| json!({ "type": "IPAddress", "value": address })).collect::<Vec<_>>(),
        "conditions": conditions(gateway, &[("Accepted", "Accepted"), ("Programmed", "Programmed")]),
        "listeners": listeners,
    })
}

fn parents(route: &DynamicObject) -> impl Iterator<Item = &Value> {
    route.data["spec"]["parentRefs"].as_array().into_iter().flatten()
}

fn leads_to(route: &DynamicObject, parent: &Value, gateway: &DynamicObject) -> bool {
    let namespace = parent["namespace"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| route.namespace());
    parent["name"].as_str() == gateway.metadata.name.as_deref() && namespace == gateway.namespace()
}

/// True conditions; those that the object has already keep their time.
fn conditions(object: &DynamicObject, wanted: &[(&str, &str)]) -> Vec<Value> {
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let old = object.data["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    wanted
        .iter()
        .map(|(kind, reason)| {
            let before = old.iter().find(|c| c["type"] == *kind && c["status"] == "True");
            let since = before.map_or_else(|| Value::from(now.clone()), |c| c["lastTransitionTime"].clone());
            json!({
                "type": kind,
                "status": "True",
                "reason": reason,
                "message": "the sandbox stands for Cilium's operator",
                "observedGeneration": object.metadata.generation,
                "lastTransitionTime": since,
            })
        })
        .collect()
}

/// The ready nodes' addresses.
async fn addresses(client: &kube::Client) -> Result<Vec<String>, kube::Error> {
    let nodes = Api::<Node>::all(client.clone()).list(&ListParams::default()).await?;
    let internal = |node: &Node| {
        let all = node.status.as_ref()?.addresses.as_ref()?;
        all.iter()
            .find(|address| address.type_ == "InternalIP")
            .map(|address| address.address.clone())
    };
    Ok(nodes
        .iter()
        .filter(|node| is_ready(node))
        .filter_map(internal)
        .collect())
}

fn resource(kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GATEWAYS, "v1", kind), plural)
}

/// All objects of a kind; none where the kind is unknown.
async fn all(client: &kube::Client, kind: &str, plural: &str) -> Result<Vec<DynamicObject>, kube::Error> {
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource(kind, plural));
    match api.list(&ListParams::default()).await {
        Ok(found) => {
            let typed = |mut object: DynamicObject| {
                object.types = Some(kube::api::TypeMeta {
                    api_version: format!("{GATEWAYS}/v1"),
                    kind: kind.to_owned(),
                });
                object
            };
            Ok(found.items.into_iter().map(typed).collect())
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Writes a status, where it says something new.
async fn report(client: &kube::Client, object: &DynamicObject, plural: &str, status: Value) -> Result<(), kube::Error> {
    if contains(&object.data["status"], &status) {
        return Ok(());
    }
    let kind = object.types.as_ref().map_or("", |types| &types.kind);
    let resource = resource(kind, plural);
    let api: Api<DynamicObject> = match object.namespace() {
        Some(namespace) => Api::namespaced_with(client.clone(), &namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    let patch = Patch::Merge(json!({ "status": status }));
    api.patch_status(&object.name_any(), &PatchParams::default(), &patch)
        .await
        .map(drop)
}

/// True when all that is wanted is there, whatever else is.
fn contains(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| contains(found.get(key).unwrap_or(&Value::Null), wanted)),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| contains(found, wanted))
        }
        // The server writes a time in its own way.
        (Value::String(found), Value::String(wanted)) if found.ends_with('Z') && wanted.ends_with('Z') => true,
        _ => found == wanted,
    }
}
