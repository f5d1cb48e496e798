//! The shape that the three phases share: observing is not planning is not doing.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::{Diagnostics, Draft, Facts, Key, Outcome, Status, StepCx, StepError};

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// The world as the spec says.
    Converge,
    /// Nothing of this cluster left.
    Destroy {
        /// Do not ask the cluster itself, which is out of reach or given up.
        abandon_cluster: bool,
    },
}

/// The three phases, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PhaseName {
    /// Hetzner Cloud.
    Infra,
    /// NixOS and k3s over SSH.
    Nodes,
    /// Everything inside Kubernetes.
    Cluster,
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Infra => "infra",
            Self::Nodes => "nodes",
            Self::Cluster => "cluster",
        })
    }
}

/// Where a phase stands: the spec, what is wanted of it, and what the phases before it published.
pub struct At<'a, Spec> {
    /// The spec.
    pub spec: &'a Spec,
    /// What the person wants.
    pub goal: Goal,
    /// Machines that the person asked to destroy and remake.
    pub replace: &'a BTreeSet<String>,
    /// What earlier phases, and this one in `publish`, have said.
    pub facts: &'a Facts,
}

/// One phase. `app` calls, for each phase in order and in each round: `gather`, `observe`, `publish`, `desired`,
/// `compare`, `plan`; then the engine calls `perform` for the steps, and the next round begins.
///
/// `publish`, `desired`, `plan` and `status` do no IO and are deterministic.
pub trait Phase: Send + Sync {
    /// The spec that the phase reads.
    type Spec: Send + Sync;
    /// What the spec names and only IO can fetch: secret values, rendered charts.
    type Inputs: Send + Sync;
    /// What must exist, with bodies.
    type Desired: Send + Sync;
    /// What exists.
    type Observed: Send + Sync;
    /// The closed set of operations. An op names keys, never a body.
    type Op: Clone + fmt::Debug + Serialize + Send + Sync;

    /// Which phase it is.
    fn name(&self) -> PhaseName;

    /// Reads what the spec names. Called in each round; expensive results are kept by the phase.
    fn gather(&self, at: &At<'_, Self::Spec>) -> impl Future<Output = Result<Self::Inputs, Diagnostics>> + Send;

    /// Looks at the world: one list call a kind. What cannot be seen is `Unknown`, never an error.
    fn observe(&self, at: &At<'_, Self::Spec>) -> impl Future<Output = Self::Observed> + Send;

    /// Tells later phases what was seen.
    fn publish(&self, observed: &Self::Observed, facts: &mut Facts);

    /// What must exist.
    fn desired(
        &self,
        at: &At<'_, Self::Spec>,
        inputs: &Self::Inputs,
        observed: &Self::Observed,
    ) -> Result<Self::Desired, Diagnostics>;

    /// Asks the world what only it can tell of the desired state (a server-side dry run), without changing it.
    fn compare(
        &self,
        _at: &At<'_, Self::Spec>,
        _desired: &Self::Desired,
        observed: Self::Observed,
    ) -> impl Future<Output = Self::Observed> + Send {
        async { observed }
    }

    /// What to do.
    fn plan(&self, at: &At<'_, Self::Spec>, desired: &Self::Desired, observed: &Self::Observed) -> Draft<Self::Op>;

    /// Carries out one operation. Safe to repeat; done when the thing is as later steps need it.
    fn perform(
        &self,
        op: &Self::Op,
        desired: &Self::Desired,
        facts: &Facts,
        cx: &StepCx,
    ) -> impl Future<Output = Result<Outcome, StepError>> + Send;

    /// How each thing stands.
    fn status(&self, desired: &Self::Desired, observed: &Self::Observed) -> Vec<(Key, Status)>;
}
