//! The API server as this engine uses it: discovery, whole lists, server-side apply, delete, watch, and a count of calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::call::{Call, query};
use crate::{DeployError, Kind, Kinds, MANAGER, Object, ObjectId, Passing, Resource};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
/// Objects in one page of a list: large lists must not be one answer.
const PAGE: usize = 1000;
/// A read waits no longer than this between two tries, whatever the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Calls made, by what they were: `list Deployment.apps`, `dry-run`, `apply`, `delete`, `get`, `watch`, `discover`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls(pub BTreeMap<String, usize>);

impl Calls {
    /// How many calls of this sort there were.
    pub fn of(&self, sort: &str) -> usize {
        self.0.get(sort).copied().unwrap_or_default()
    }
}

/// All objects of a kind.
#[derive(Clone, Default)]
pub struct Listing {
    /// The objects, with apiVersion and kind.
    pub items: Vec<Value>,
    /// From where a watch goes on.
    pub resource_version: String,
}

/// An API server. Cheap to clone; clones share connections, discovery and the count.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
    kinds: Arc<RwLock<Arc<Kinds>>>,
    calls: Arc<Mutex<Calls>>,
    server: String,
}

impl Api {
    /// Reads a kubeconfig and discovers what the API server serves. A rustls crypto provider must be installed.
    pub async fn connect(kubeconfig: &str) -> Result<Self, DeployError> {
        Self::connect_to(kubeconfig, None).await
    }

    /// The same, for a context of the kubeconfig other than its current one.
    pub async fn connect_to(kubeconfig: &str, context: Option<&str>) -> Result<Self, DeployError> {
        let bad = |error: &dyn std::fmt::Display| DeployError::Kubeconfig(error.to_string());
        // The parser's own words may quote what it could not read, and with it a key.
        let kubeconfig = Kubeconfig::from_yaml(kubeconfig)
            .map_err(|_| DeployError::Kubeconfig("it is not the YAML of a kubeconfig".to_owned()))?;
        let options = KubeConfigOptions {
            context: context.map(str::to_owned),
            ..KubeConfigOptions::default()
        };
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await;
        let mut config = config.map_err(|error| bad(&error))?;
        // Retries are this crate's own: they know which refusals pass.
        config.default_retry = false;
        config.connect_timeout = Some(std::time::Duration::from_secs(5));
        let server = config.cluster_url.to_string();
        let client = kube::Client::try_from(config).map_err(|error| bad(&error))?;
        let api = Self::over(client, server);
        api.discover().await?;
        Ok(api)
    }

    fn over(client: kube::Client, server: String) -> Self {
        Self {
            client,
            kinds: Arc::new(RwLock::new(Arc::new(Kinds::builtin()))),
            calls: Arc::default(),
            server,
        }
    }

    /// Reads something. What passes is tried again, a few times and not for long: a plan that lacks a kind because
    /// of one 503 is no plan.
    async fn read(&self, call: &Call<'_>) -> Result<Value, DeployError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match call.send(&self.client).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let most = if matches!(error, DeployError::NoAnswer { .. }) {
                2
            } else {
                5
            };
            let delay = match error.passing() {
                Passing::No => return Err(error),
                _ if tries >= most => return Err(error),
                Passing::Soon => Duration::from_millis(100 << tries),
                Passing::After(delay) => delay.min(LONGEST_PAUSE),
            };
            tokio::time::sleep(delay).await;
        }
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The kinds as last discovered.
    pub fn kinds(&self) -> Arc<Kinds> {
        self.kinds
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// The calls made so far.
    pub fn calls(&self) -> Calls {
        self.calls
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    fn count(&self, sort: impl Into<String>) {
        let mut calls = self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *calls.0.entry(sort.into()).or_default() += 1;
    }

    /// The version of Kubernetes, as the API server tells it: `v1.36.3`.
    pub async fn version(&self) -> Result<String, DeployError> {
        self.count("version");
        let told = self
            .read(&Call::get("/version".to_owned(), "version".to_owned()))
            .await?;
        Ok(told["gitVersion"].as_str().unwrap_or_default().to_owned())
    }

    /// Asks again what is served: two calls where discovery is aggregated.
    pub async fn discover(&self) -> Result<Arc<Kinds>, DeployError> {
        let mut kinds = Kinds::builtin();
        let (core, groups) = futures::try_join!(self.discovery("/api"), self.discovery("/apis"))?;
        for (root, document) in [("/api", core), ("/apis", groups)] {
            if document["kind"] == "APIGroupDiscoveryList" {
                kinds.read_aggregated(&document);
            } else {
                self.discover_one_by_one(root, &document, &mut kinds).await?;
            }
        }
        let kinds = Arc::new(kinds);
        *self.kinds.write().unwrap_or_else(std::sync::PoisonError::into_inner) = kinds.clone();
        Ok(kinds)
    }

    async fn discovery(&self, path: &str) -> Result<Value, DeployError> {
        self.count("discover");
        let mut call = Call::get(path.to_owned(), "discover what is served".to_owned());
        call.accept = Some(AGGREGATED);
        self.read(&call).await
    }

    /// For servers without aggregated discovery: one call a group and version.
    async fn discover_one_by_one(&self, root: &str, document: &Value, kinds: &mut Kinds) -> Result<(), DeployError> {
        let texts = |value: &Value, field: &str| -> Vec<String> {
            let items = value.as_array().map_or(&[][..], Vec::as_slice);
            let text = |item: &Value| {
                if field.is_empty() {
                    item.as_str()
                } else {
                    item[field].as_str()
                }
                .map(str::to_owned)
            };
            items.iter().filter_map(text).collect()
        };
        let mut found: Vec<String> = texts(&document["versions"], "");
        for group in document["groups"].as_array().map_or(&[][..], Vec::as_slice) {
            found.extend(texts(&group["versions"], "groupVersion"));
        }
        for group_version in found {
            let (group, version) = group_version.split_once('/').unwrap_or(("", &group_version));
            self.count("discover");
            let path = format!("{root}/{group_version}");
            let list = self.read(&Call::get(path, format!("discover {group_version}"))).await;
            // One aggregated API without its backend must not hide all others.
            if let Ok(list) = list {
                kinds.read_resource_list(group, version, &list);
            }
        }
        Ok(())
    }

    /// How to reach a kind; asks discovery again once where it is not known.
    pub(crate) async fn resource(
        &self,
        what: &str,
        kind: &Kind,
        version: Option<&str>,
    ) -> Result<Resource, DeployError> {
        if let Some(resource) = self.kinds().resource(kind, version) {
            return Ok(resource.clone());
        }
        let kinds = self.discover().await?;
        let version_wanted = version.filter(|_| kinds.serves(kind)).map(str::to_owned);
        kinds
            .resource(kind, version)
            .cloned()
            .ok_or_else(|| DeployError::NotServed {
                what: what.to_owned(),
                kind: kind.clone(),
                version: version_wanted,
            })
    }

    /// All objects of a kind in all namespaces, or those that a selector or namespace leaves.
    pub async fn list(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        selector: &str,
    ) -> Result<Listing, DeployError> {
        let what = format!("list {}", resource.kind);
        self.count(&*what);
        let mut listing = Listing::default();
        let mut token = String::new();
        let mut anew = false;
        loop {
            let mut path = format!("{}?limit={PAGE}", resource.path(namespace, None));
            if !selector.is_empty() {
                path.push_str(&format!("&{selector}"));
            }
            if !token.is_empty() {
                path.push_str(&format!("&continue={}", query(&token)));
            }
            let page = self.read(&Call::get(path, what.clone())).await;
            // The state that the pages come from was compacted away: from the start, once.
            if matches!(&page, Err(DeployError::Refused { code: 410, .. })) && !token.is_empty() && !anew {
                anew = true;
                token.clear();
                listing = Listing::default();
                continue;
            }
            let mut page = page?;
            let metadata = &page["metadata"];
            listing.resource_version = metadata["resourceVersion"].as_str().unwrap_or_default().to_owned();
            token = metadata["continue"].as_str().unwrap_or_default().to_owned();
            if let Value::Array(items) = page["items"].take() {
                let named = items.into_iter().map(|mut item| {
                    item["apiVersion"] = resource.api_version().into();
                    item["kind"] = resource.kind.kind.clone().into();
                    item
                });
                listing.items.extend(named);
            }
            if token.is_empty() {
                return Ok(listing);
            }
        }
    }

    /// One object; none where it, its namespace or its kind is not there.
    pub async fn get(&self, id: &ObjectId) -> Result<Option<Value>, DeployError> {
        self.get_as(id, None).await
    }

    /// The same, in a version of its kind, or in the preferred one.
    pub async fn get_as(&self, id: &ObjectId, version: Option<&str>) -> Result<Option<Value>, DeployError> {
        let what = format!("get {id}");
        let resource = match self.resource(&what, &id.of(), version).await {
            Ok(resource) => resource,
            Err(DeployError::NotServed { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        self.count("get");
        let mut call = Call::get(resource.path(id.namespace.as_deref(), Some(&id.name)), what);
        call.id = Some(id);
        match self.read(&call).await {
            Ok(body) => Ok(Some(body)),
            Err(DeployError::NotFound { .. } | DeployError::NoNamespace { .. } | DeployError::NotServed { .. }) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Server-side apply with our field manager and strict field validation. Answers with the object as it is, or
    /// as it would be after a dry run.
    pub(crate) async fn apply(&self, object: &Object, dry_run: bool, force: bool) -> Result<Value, DeployError> {
        let id = object.id();
        let what = if dry_run {
            format!("dry run of {id}")
        } else {
            format!("apply {id}")
        };
        let resource = self.resource(&what, &id.of(), Some(object.version())).await?;
        self.count(if dry_run { "dry-run" } else { "apply" });
        let path = resource.path(id.namespace.as_deref(), Some(&id.name));
        let dry = if dry_run { "&dryRun=All" } else { "" };
        let call = Call {
            method: Method::PATCH,
            path: format!("{path}?fieldManager={MANAGER}&fieldValidation=Strict&force={force}{dry}"),
            content_type: Some("application/apply-patch+yaml"),
            accept: None,
            body: Some(object.body()),
            id: Some(id),
            what,
        };
        call.send(&self.client).await
    }

    /// Deletes one object; `uid` keeps a new object of the same name alive.
    pub(crate) async fn delete(&self, id: &ObjectId, uid: Option<&str>, policy: &str) -> Result<(), DeployError> {
        let what = format!("delete {id}");
        let resource = self.resource(&what, &id.of(), None).await?;
        self.count("delete");
        let mut body = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy});
        if let Some(uid) = uid {
            body["preconditions"] = json!({"uid": uid});
        }
        let call = Call {
            method: Method::DELETE,
            path: resource.path(id.namespace.as_deref(), Some(&id.name)),
            content_type: Some("application/json"),
            accept: None,
            body: Some(&body),
            id: Some(id),
            what,
        };
        call.send(&self.client).await.map(drop)
    }

    /// Opens a watch. The server ends it by itself after `seconds`.
    pub(crate) async fn watch(
        &self,
        resource: &Resource,
        namespace: Option<&str>,
        selector: &str,
        from: &str,
        seconds: u64,
    ) -> Result<kube::client::Body, DeployError> {
        self.count("watch");
        let mut path = format!(
            "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={}",
            resource.path(namespace, None),
            query(from)
        );
        if !selector.is_empty() {
            path.push_str(&format!("&{selector}"));
        }
        Call::get(path, format!("watch {}", resource.kind))
            .stream(&self.client)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Request, Response};
    use kube::client::Body;

    /// An API server that gives these answers, one a request, and remembers what was asked.
    fn api(answers: Vec<(u16, Value)>) -> (Api, Arc<Mutex<Vec<String>>>) {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        let log = asked.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            log.lock().unwrap().push(request.uri().to_string());
            let (code, body) = answers.lock().unwrap().next().expect("one request too many");
            let answer = Response::builder().status(code).header("retry-after", "0");
            let answer = answer.body(Body::from(serde_json::to_vec(&body).unwrap()));
            async move { Ok::<_, std::convert::Infallible>(answer.unwrap()) }
        });
        (
            Api::over(kube::Client::new(service, "default"), "https://test".into()),
            asked,
        )
    }

    fn maps() -> Resource {
        let (version, plural) = ("v1".to_owned(), "configmaps".to_owned());
        Resource {
            kind: Kind::new("", "ConfigMap"),
            version,
            plural,
            namespaced: true,
        }
    }

    fn page(names: &[&str], token: &str) -> Value {
        let items: Vec<Value> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
        json!({"metadata": {"resourceVersion": "7", "continue": token}, "items": items})
    }

    #[tokio::test]
    async fn a_list_survives_what_passes() {
        let busy = json!({"message": "busy", "reason": "TooManyRequests"});
        let (api, asked) = api(vec![(429, busy.clone()), (503, busy), (200, page(&["a"], ""))]);
        let listing = api.list(&maps(), None, "").await.unwrap();
        assert_eq!(listing.items[0]["kind"], "ConfigMap");
        assert_eq!(asked.lock().unwrap().len(), 3);
        assert_eq!(api.calls().of("list ConfigMap"), 1);
    }

    #[tokio::test]
    async fn a_list_stops_at_what_does_not_pass() {
        let (api, asked) = api(vec![(403, json!({"message": "no", "reason": "Forbidden"}))]);
        let error = api.list(&maps(), None, "").await.err().unwrap();
        assert_eq!(error.to_string(), "list ConfigMap: 403 Forbidden: no");
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn pages_are_read_to_the_end_and_anew_when_they_are_gone() {
        let gone = (410, json!({"message": "expired", "reason": "Expired"}));
        let first = || (200, page(&["a"], "t/1"));
        let (api, asked) = api(vec![first(), gone, first(), (200, page(&["b"], ""))]);
        let listing = api.list(&maps(), Some("ns"), "labelSelector=x").await.unwrap();
        assert_eq!(listing.items.len(), 2);
        let last = asked.lock().unwrap().last().cloned().unwrap();
        assert_eq!(
            last,
            "/api/v1/namespaces/ns/configmaps?limit=1000&labelSelector=x&continue=t%2F1"
        );
    }

    #[tokio::test]
    async fn waiting_for_an_end_survives_a_watch_that_is_refused() {
        let served = json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": ""}, "versions": [{
            "version": "v1", "resources": [{"resource": "configmaps", "responseKind": {"kind": "ConfigMap"},
            "scope": "Namespaced", "verbs": ["list"]}]}]}]});
        let none = json!({"kind": "APIGroupDiscoveryList", "items": []});
        let there = json!({"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a", "uid": "u"}}]});
        let gone = json!({"message": "too old resource version", "reason": "Expired"});
        let (api, asked) = api(vec![
            (200, served),
            (200, none),
            (200, there),
            (410, gone),
            (200, page(&[], "")),
        ]);
        let id = ObjectId::new("", "ConfigMap", Some("ns"), "a");
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        let mut said = Vec::new();
        crate::wait_gone(&api, &id, Some("u"), deadline, |why| said.push(why.to_owned()))
            .await
            .unwrap();
        assert_eq!(said, ["is still there"]);
        assert_eq!(asked.lock().unwrap().len(), 5);
    }

    #[tokio::test]
    async fn a_kubeconfig_that_cannot_be_read_is_not_quoted() {
        let error = Api::connect("users: hunter2").await.err().unwrap();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(error.hint().is_some());
    }
}
