//! What a component is to this phase, and where components come from.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hoist_chart::Settle;
use hoist_model::{At, Diagnostics, StepError};
use serde_json::Value;

/// One component: a set of objects that are ready together. `Debug` leaves the objects out: Secrets are among them.
#[derive(Clone)]
pub struct Component {
    /// Its name, unique in the cluster.
    pub name: String,
    /// The namespace of its objects that name none.
    pub namespace: String,
    /// Tags to choose it by, beside its name.
    pub tags: Vec<String>,
    /// Components that must be ready before its objects are applied.
    pub needs: Vec<String>,
    /// Its objects. Namespaces that they name and nobody makes are made.
    pub objects: Vec<Value>,
    /// What keeps the random parts of a chart's objects as they are in the cluster.
    pub settle: Option<Arc<Settle>>,
    /// What must hold outside the cluster before its objects are applied.
    pub preflight: Option<Arc<dyn Preflight>>,
}

/// Something outside the cluster that a component relies on, tried before anything waits for it.
pub trait Preflight: Send + Sync {
    /// What is tried, in a few words: `Cloudflare's token can edit the zone`.
    fn what(&self) -> &str;

    /// Tries it. Answers with a line for the person.
    fn check(&self) -> Pin<Box<dyn Future<Output = Result<String, StepError>> + Send + '_>>;
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("name", &self.name)
            .field("namespace", &self.namespace)
            .field("needs", &self.needs)
            .field("objects", &self.objects.len())
            .finish_non_exhaustive()
    }
}

/// Where components come from.
pub trait Catalog: Send + Sync {
    /// The spec that it reads.
    type Spec: Send + Sync;

    /// The cluster's name, which marks each object as ours.
    fn discriminator(&self, spec: &Self::Spec) -> String;

    /// The components with all their objects: charts rendered, secret values read. Called in each round; expensive
    /// results are kept by the catalog.
    fn gather(&self, at: &At<'_, Self::Spec>) -> impl Future<Output = Result<Vec<Component>, Diagnostics>> + Send;
}
