//! The operations of this phase. They name objects and components; bodies stay in `Desired`.

use hoist_deploy::ObjectId;
use serde::Serialize;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Op {
    /// Applies a desired object; a Namespace or CRD also until it is of use.
    Apply(ObjectId),
    /// Deletes a desired object and makes it anew.
    Replace(ObjectId),
    /// Deletes an object of ours that nobody desires any more.
    Prune(ObjectId),
    /// Deletes an object of anybody, because it holds something outside the cluster and the cluster ends.
    Release(ObjectId),
    /// Tries what a component relies on outside the cluster.
    Preflight(String),
    /// Waits until all objects of a component are ready.
    Await(String),
}
