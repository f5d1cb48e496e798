//! The calls, a file a resource, on the shapes that they share: paged lists, creates that settle lost answers,
//! deletes that do not mind if it is gone.

mod catalog;
mod firewalls;
mod networks;
mod servers;
mod small;

use std::future::Future;
use std::time::Instant;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::error::{Class, Code, Error};
use crate::model::{Action, Labels};
use crate::send::Request;

/// The largest page that the API gives.
const PER_PAGE: u32 = 50;
/// More pages than this is a defect of the API, not a big project.
const MOST_PAGES: u32 = 400;

/// What a list is narrowed to. Empty: everything.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// A label selector: `hoist.dev/cluster=vanixiets`.
    pub label_selector: Option<String>,
    /// An exact name.
    pub name: Option<String>,
}

impl ListOptions {
    /// By label selector.
    pub fn labelled(selector: impl Into<String>) -> Self {
        Self {
            label_selector: Some(selector.into()),
            name: None,
        }
    }

    /// By exact name.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            label_selector: None,
            name: Some(name.into()),
        }
    }
}

/// A resource after a change, with the actions that still run on it.
#[derive(Clone, Debug)]
pub struct Changed<T> {
    /// The resource as the API answered.
    pub resource: T,
    /// What to wait for, with [`Client::wait`].
    pub actions: Vec<Action>,
    /// The answer to the request was lost, and the resource was found by its name: its actions are not known, so
    /// look at the resource itself.
    pub settled: bool,
}

/// A resource that has a name and labels, as lists and creates need it.
pub(crate) trait Named: DeserializeOwned + Send {
    /// `servers`: the path and the key of a list.
    const PLURAL: &'static str;
    /// `server`: the key of one.
    const SINGULAR: &'static str;
    fn name(&self) -> &str;
    fn labels(&self) -> &Labels;
}

macro_rules! named {
    ($type:ty, $singular:literal, $plural:literal) => {
        impl crate::calls::Named for $type {
            const PLURAL: &'static str = $plural;
            const SINGULAR: &'static str = $singular;
            fn name(&self) -> &str {
                &self.name
            }
            fn labels(&self) -> &crate::model::Labels {
                &self.labels
            }
        }
    };
}
pub(crate) use named;

#[derive(Deserialize)]
struct ActionBody {
    action: Action,
}

#[derive(Deserialize)]
struct ActionsBody {
    #[serde(default)]
    actions: Vec<Action>,
}

impl Client {
    /// Every page of a list.
    pub(crate) async fn list_all<T: DeserializeOwned>(
        &self,
        plural: &str,
        options: &ListOptions,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        let mut page = 1;
        loop {
            let mut request = Request::new(Method::GET, format!("/{plural}"))
                .query("page", page.to_string())
                .query("per_page", PER_PAGE.to_string());
            if let Some(selector) = &options.label_selector {
                request = request.query("label_selector", selector);
            }
            if let Some(name) = &options.name {
                request = request.query("name", name);
            }
            let mut body: Value = self.inner.send(&request).await?;
            let unreadable = |why: String| Error::Body {
                request: format!("GET /{plural}"),
                why,
                correlation_id: None,
            };
            let items = body.get_mut(plural).map(Value::take).unwrap_or_default();
            let Value::Array(items) = items else {
                return Err(unreadable(format!("`{plural}` is not a list")));
            };
            for item in items {
                all.push(serde_json::from_value(item).map_err(|error| unreadable(error.to_string()))?);
            }
            match body.pointer("/meta/pagination/next_page").and_then(Value::as_u64) {
                // A next page that does not come after this one would never end.
                Some(next) if next > u64::from(page) && page < MOST_PAGES => page += 1,
                Some(next) => return Err(unreadable(format!("page {page} is followed by page {next}"))),
                None => return Ok(all),
            }
        }
    }

    /// The resource with exactly this name, if there is one.
    pub(crate) async fn find<T: Named>(&self, name: &str) -> Result<Option<T>, Error> {
        let found: Vec<T> = self.list_all(T::PLURAL, &ListOptions::named(name)).await?;
        Ok(found.into_iter().find(|resource| resource.name() == name))
    }

    /// The resource with this id, if there is one.
    pub(crate) async fn get<T: Named>(&self, id: u64) -> Result<Option<T>, Error> {
        let request = Request::new(Method::GET, format!("/{}/{id}", T::PLURAL));
        match self.inner.send::<Value>(&request).await {
            Ok(body) => self.read_one(&request, body).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a resource. When the answer is lost, its name is looked up: there with our labels, it was made; not
    /// there, it is tried again; there with other labels, the name is taken.
    pub(crate) async fn create<T: Named>(
        &self,
        name: &str,
        labels: &Labels,
        body: &impl Serialize,
    ) -> Result<Changed<T>, Error> {
        let path = format!("/{}", T::PLURAL);
        let request = Request::new(Method::POST, &path).body(self.encode(&path, body)?);
        let mut attempt = 1;
        loop {
            let lost = match self.inner.send::<Value>(&request).await {
                Ok(body) => {
                    let actions = actions_in(&body);
                    return Ok(Changed {
                        resource: self.read_one(&request, body)?,
                        actions,
                        settled: false,
                    });
                }
                Err(error @ Error::Ambiguous { .. }) => error,
                Err(error) => return Err(error),
            };
            if let Some(resource) = self.find::<T>(name).await? {
                if resource.labels() == labels {
                    return Ok(Changed {
                        resource,
                        actions: Vec::new(),
                        settled: true,
                    });
                }
                return Err(Error::Api(Box::new(crate::error::ApiError {
                    code: Code::UniquenessError,
                    status: 409,
                    message: format!("the name {name} is taken by a {} with other labels", T::SINGULAR),
                    fields: Vec::new(),
                    request: format!("POST {path}"),
                    correlation_id: None,
                })));
            }
            if attempt >= self.inner.options.attempts {
                return Err(lost);
            }
            self.inner.pause(attempt).await;
            attempt += 1;
        }
    }

    /// Changes name or labels.
    pub(crate) async fn put<T: Named>(&self, id: u64, body: Value) -> Result<T, Error> {
        let request = Request::new(Method::PUT, format!("/{}/{id}", T::PLURAL)).body(body);
        let body = self.inner.send::<Value>(&request).await?;
        self.read_one(&request, body)
    }

    /// Deletes; says with what to wait for, and is content when it is gone already.
    pub(crate) async fn remove<T: Named>(&self, id: u64) -> Result<Vec<Action>, Error> {
        let request = Request::new(Method::DELETE, format!("/{}/{id}", T::PLURAL));
        match self.inner.send::<Value>(&request).await {
            Ok(body) => Ok(actions_in(&body)),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Starts an action. What is so already needs no action.
    pub(crate) async fn act<T: Named>(&self, id: u64, action: &str, body: Value) -> Result<Vec<Action>, Error> {
        let mut request = Request::new(Method::POST, format!("/{}/{id}/actions/{action}", T::PLURAL));
        if !body.is_null() {
            request = request.body(body);
        }
        match self.inner.send::<Value>(&request).await {
            Ok(body) => Ok(actions_in(&body)),
            Err(error) if error.class() == Class::Done => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Repeats a call while something else has to finish first ([`Class::RetryUnderDeadline`]), until the deadline.
    pub async fn until<T, F>(
        &self,
        what: &str,
        deadline: Instant,
        progress: &(dyn Fn(&str) + Send + Sync),
        mut call: impl FnMut() -> F + Send,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let begin = Instant::now();
        let mut attempt = 1;
        loop {
            let error = match call().await {
                Err(error) if error.class() == Class::RetryUnderDeadline => error,
                other => return other,
            };
            if Instant::now() >= deadline {
                return Err(Error::Deadline {
                    waiting_for: format!("{what}: {error}"),
                    after: begin.elapsed(),
                });
            }
            progress(&format!("{what}: waiting, because {error}"));
            self.inner.pause(attempt).await;
            attempt += 1;
        }
    }

    pub(crate) fn encode(&self, path: &str, body: &impl Serialize) -> Result<Value, Error> {
        serde_json::to_value(body).map_err(|error| Error::Body {
            request: format!("POST {path}"),
            why: format!("the request cannot be written: {error}"),
            correlation_id: None,
        })
    }

    fn read_one<T: Named>(&self, request: &Request, mut body: Value) -> Result<T, Error> {
        let value = body.get_mut(T::SINGULAR).map(Value::take).unwrap_or_default();
        serde_json::from_value(value).map_err(|error| Error::Body {
            request: format!("{} {}", request.method, request.path),
            why: format!("`{}`: {error}", T::SINGULAR),
            correlation_id: None,
        })
    }
}

/// `action`, `actions` and `next_actions`, wherever an answer has them.
fn actions_in(body: &Value) -> Vec<Action> {
    let mut actions = Vec::new();
    if let Ok(one) = ActionBody::deserialize(body) {
        actions.push(one.action);
    }
    if let Ok(many) = ActionsBody::deserialize(body) {
        actions.extend(many.actions);
    }
    if let Some(next) = body
        .get("next_actions")
        .and_then(|next| Vec::<Action>::deserialize(next).ok())
    {
        actions.extend(next);
    }
    actions
}
