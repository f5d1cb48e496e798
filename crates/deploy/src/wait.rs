//! Waits until objects are ready or gone: one list and one watch a kind, all kinds at once, under one deadline.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::call::query;
use crate::{Api, DeployError, Kind, ObjectId, Passing, Readiness, StillWaiting, explain, immediate, readiness};

/// Between two tries when the API server does not answer or does not serve a kind yet.
const PAUSE: Duration = Duration::from_millis(300);
/// For finding out why, once the deadline has passed: for all objects together.
const EXPLAINING: Duration = Duration::from_secs(5);
/// Objects that are asked about at once.
const ASKED: usize = 8;

/// What to wait for.
#[derive(Clone, Debug)]
pub struct Wait<'a> {
    /// The objects.
    pub ids: &'a [ObjectId],
    /// A label selector that they all match, to keep lists short; may be empty.
    pub selector: &'a str,
    /// Until when.
    pub deadline: Instant,
}

struct News {
    id: ObjectId,
    live: Option<Value>,
    trouble: Option<String>,
}

/// Waits until each object is ready. `says` hears what is still waited for, from the first second and at each change.
/// An object that fails for good ends the wait at once.
pub async fn wait_ready(api: &Api, wait: Wait<'_>, mut says: impl FnMut(&[StillWaiting])) -> Result<(), DeployError> {
    let began = Instant::now();
    let mut groups: BTreeMap<Kind, BTreeSet<ObjectId>> = BTreeMap::new();
    for id in wait.ids.iter().filter(|id| !immediate(&id.of())) {
        groups.entry(id.of()).or_default().insert(id.clone());
    }
    let mut states: BTreeMap<ObjectId, (String, Option<Value>)> = BTreeMap::new();
    for id in groups.values().flatten() {
        states.insert(id.clone(), ("was not looked at yet".into(), None));
    }
    let (tell, mut news) = unbounded_channel();
    let mut followers: FuturesUnordered<_> = groups
        .iter()
        .map(|(kind, ids)| follow(api, kind, ids, wait.selector, wait.deadline, tell.clone()))
        .collect();
    let deadline = tokio::time::sleep_until(wait.deadline.into());
    tokio::pin!(deadline);
    let mut told: Vec<StillWaiting> = Vec::new();
    while !states.is_empty() {
        tokio::select! {
            Some(one) = news.recv() => {
                if let Some(failure) = take(&mut states, one) {
                    let (id, reason, live) = failure;
                    let until = tokio::time::Instant::now() + EXPLAINING;
                    let reason = why(api, reason, Some(&live), until).await;
                    return Err(DeployError::Failed { id, reason });
                }
            }
            _ = followers.next(), if !followers.is_empty() => {}
            () = &mut deadline => {
                let waited = began.elapsed();
                let waiting = explained(api, states).await;
                return Err(DeployError::Deadline { state: "ready", waited, waiting });
            }
        }
        if news.is_empty() {
            let now: Vec<StillWaiting> = states
                .iter()
                .map(|(id, (reason, _))| StillWaiting {
                    id: id.clone(),
                    reason: reason.clone(),
                })
                .collect();
            if now != told && !now.is_empty() {
                says(&now);
                told = now;
            }
        }
    }
    Ok(())
}

/// Takes in one piece of news. Something that failed for good is given back.
fn take(states: &mut BTreeMap<ObjectId, (String, Option<Value>)>, news: News) -> Option<(ObjectId, String, Value)> {
    let state = match (&news.live, news.trouble) {
        (Some(live), _) => readiness(live),
        (None, Some(trouble)) => Readiness::InProgress(trouble),
        (None, None) => Readiness::InProgress("does not exist".into()),
    };
    match state {
        Readiness::Ready => {
            states.remove(&news.id);
        }
        Readiness::InProgress(reason) => {
            states.insert(news.id, (reason, news.live));
        }
        Readiness::Failed(reason) => return Some((news.id, reason, news.live.unwrap_or_default())),
    }
    None
}

/// What is still waited for, with causes as far as they are found in time.
async fn explained(api: &Api, states: BTreeMap<ObjectId, (String, Option<Value>)>) -> Vec<StillWaiting> {
    let until = tokio::time::Instant::now() + EXPLAINING;
    let mut asking = Vec::with_capacity(states.len());
    for (id, (reason, live)) in states {
        asking.push(async move {
            let reason = why(api, reason, live.as_ref(), until).await;
            StillWaiting { id, reason }
        });
    }
    stream::iter(asking).buffered(ASKED).collect().await
}

async fn why(api: &Api, reason: String, live: Option<&Value>, until: tokio::time::Instant) -> String {
    let Some(live) = live else { return reason };
    match tokio::time::timeout_at(until, explain(api, live)).await {
        Ok(Some(cause)) => format!("{reason} ({cause})"),
        _ => reason,
    }
}

/// Tells the state of a kind's objects, now and as it changes, until the deadline.
async fn follow(
    api: &Api,
    kind: &Kind,
    ids: &BTreeSet<ObjectId>,
    selector: &str,
    deadline: Instant,
    tell: UnboundedSender<News>,
) {
    let label = if selector.is_empty() {
        String::new()
    } else {
        format!("labelSelector={}", query(selector))
    };
    let one = ids.first().filter(|_| ids.len() == 1);
    let (namespace, selector) = match one {
        Some(id) => (
            id.namespace.clone(),
            format!("fieldSelector={}", query(&format!("metadata.name={}", id.name))),
        ),
        None => (None, label),
    };
    let all = |trouble: &str| {
        for id in ids {
            let _ = tell.send(News {
                id: id.clone(),
                live: None,
                trouble: Some(trouble.to_owned()),
            });
        }
    };
    while Instant::now() < deadline && !tell.is_closed() {
        let resource = match api.resource("wait", kind, None).await {
            Ok(resource) => resource,
            Err(error) => {
                all(&match error {
                    DeployError::NotServed { .. } => "its kind is not served yet".to_owned(),
                    error => error.to_string(),
                });
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let listing = match api.list(&resource, namespace.as_deref(), &selector).await {
            Ok(listing) => listing,
            Err(error) => {
                all(&error.to_string());
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let mut seen = BTreeSet::new();
        for item in listing.items {
            if let Some(id) = id_of(kind, &item).filter(|id| ids.contains(id)) {
                seen.insert(id.clone());
                let _ = tell.send(News {
                    id,
                    live: Some(item),
                    trouble: None,
                });
            }
        }
        for id in ids.difference(&seen) {
            let _ = tell.send(News {
                id: id.clone(),
                live: None,
                trouble: None,
            });
        }
        let seconds = deadline
            .saturating_duration_since(Instant::now())
            .as_secs()
            .clamp(1, 300);
        let stream = api
            .watch(
                &resource,
                namespace.as_deref(),
                &selector,
                &listing.resource_version,
                seconds,
            )
            .await;
        match stream {
            Ok(body) => {
                let opened = Instant::now();
                let mut events = Events::new(body);
                while let Some(event) = events.next().await {
                    let object = &event["object"];
                    let Some(id) = id_of(kind, object).filter(|id| ids.contains(id)) else {
                        continue;
                    };
                    let live = match event["type"].as_str() {
                        Some("ADDED" | "MODIFIED") => Some(object.clone()),
                        Some("DELETED") => None,
                        _ => continue,
                    };
                    let _ = tell.send(News {
                        id,
                        live,
                        trouble: None,
                    });
                }
                // A watch that ends at once must not be asked for as fast as the network goes.
                tokio::time::sleep(PAUSE.saturating_sub(opened.elapsed())).await;
            }
            Err(error) => {
                all(&error.to_string());
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn id_of(kind: &Kind, object: &Value) -> Option<ObjectId> {
    let metadata = &object["metadata"];
    Some(ObjectId::new(
        &kind.group,
        &kind.kind,
        metadata["namespace"].as_str(),
        metadata["name"].as_str()?,
    ))
}

/// The lines of a watch. Ends when the connection does, or with an error event: the follower lists again then.
struct Events {
    body: kube::client::Body,
    buffer: Vec<u8>,
}

impl Events {
    fn new(body: kube::client::Body) -> Self {
        Self {
            body,
            buffer: Vec::new(),
        }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).ok()?;
                match event["type"].as_str() {
                    Some("BOOKMARK") => continue,
                    Some("ERROR") => return None,
                    _ => return Some(event),
                }
            }
            let frame = self.body.frame().await?.ok()?;
            if let Some(data) = frame.data_ref() {
                self.buffer.extend_from_slice(data);
            }
        }
    }
}

/// What keeps an object that is being deleted: a namespace says it by its conditions, others by their finalizers.
fn holds(live: &Value) -> Option<String> {
    let conditions = live["status"]["conditions"].as_array().map_or(&[][..], Vec::as_slice);
    let told = conditions.iter().find(|condition| {
        let name = condition["type"].as_str().unwrap_or_default();
        name.starts_with("Namespace") && condition["status"] == "True"
    });
    if let Some(message) = told.and_then(|condition| condition["message"].as_str()) {
        return Some(message.to_owned());
    }
    let finalizers = live["metadata"]["finalizers"].as_array()?;
    let names: Vec<&str> = finalizers.iter().filter_map(Value::as_str).collect();
    (!names.is_empty()).then(|| format!("waits for its finalizers: {}", names.join(", ")))
}

/// Waits until an object is gone. An object of the same name with another uid counts as gone.
pub(crate) async fn wait_gone(
    api: &Api,
    id: &ObjectId,
    uid: Option<&str>,
    deadline: Instant,
    mut says: impl FnMut(&str),
) -> Result<(), DeployError> {
    let began = Instant::now();
    let field = format!("fieldSelector={}", query(&format!("metadata.name={}", id.name)));
    let namespace = id.namespace.as_deref();
    let mut reason = "is still there".to_owned();
    let work = async {
        loop {
            // Its kind may go with it: a CRD takes its objects along.
            let resource = match api.resource("wait", &id.of(), None).await {
                Ok(resource) => resource,
                Err(DeployError::NotServed { .. }) => return Ok(()),
                Err(error) => return Err(error),
            };
            let listing = match api.list(&resource, namespace, &field).await {
                Ok(listing) => listing,
                Err(DeployError::NotFound { .. }) => {
                    // Discovery may name it for a moment longer.
                    tokio::time::sleep(PAUSE).await;
                    api.discover().await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let same = |live: &Value| uid.is_none_or(|uid| live["metadata"]["uid"] == uid);
            let Some(live) = listing.items.iter().find(|live| same(live)) else {
                return Ok(());
            };
            if let Some(why) = holds(live) {
                reason = why;
            }
            says(&reason);
            let seconds = deadline
                .saturating_duration_since(Instant::now())
                .as_secs()
                .clamp(1, 300);
            let opened = Instant::now();
            let body = match api
                .watch(&resource, namespace, &field, &listing.resource_version, seconds)
                .await
            {
                Ok(body) => body,
                // What passes, and a state that was compacted away meanwhile: looked at anew.
                Err(error)
                    if error.passing() != Passing::No || matches!(error, DeployError::Refused { code: 410, .. }) =>
                {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut events = Events::new(body);
            while let Some(event) = events.next().await {
                if !same(&event["object"]) {
                    continue;
                }
                if event["type"] == "DELETED" {
                    return Ok(());
                }
                if let Some(why) = holds(&event["object"]).filter(|why| *why != reason) {
                    reason = why;
                    says(&reason);
                }
            }
            tokio::time::sleep(PAUSE.saturating_sub(opened.elapsed())).await;
        }
    };
    let result = tokio::time::timeout_at(deadline.into(), work).await;
    result.unwrap_or_else(|_| {
        let waiting = vec![StillWaiting { id: id.clone(), reason }];
        Err(DeployError::Deadline {
            state: "gone",
            waited: began.elapsed(),
            waiting,
        })
    })
}
