//! The phase: joins its parts to the shape that all phases share.

use std::sync::{Mutex, PoisonError};

use hoist_deploy::Api;
use hoist_model::{
    At, ClusterAccess, Diagnostics, Draft, ExposeSecret, Facts, Goal, Key, Lookup, Outcome, Phase, PhaseName, Secret,
    Status, StepCx, StepError,
};

use crate::component::{Catalog, Component};
use crate::desired::{self, Desired};
use crate::failure::step_error;
use crate::observe::{self, Observed};
use crate::op::Op;
use crate::{apply, plan, status};

/// What the spec names and only IO can fetch.
pub struct Inputs {
    pub(crate) components: Vec<Component>,
}

/// Everything inside Kubernetes, with the components of a catalog.
pub struct ClusterPhase<C> {
    pub(crate) catalog: C,
    /// The API of the last kubeconfig: connections and discovery outlive a round.
    api: Mutex<Option<(Secret, Api)>>,
}

impl<C: Catalog> ClusterPhase<C> {
    /// The phase on the components of a catalog.
    pub fn over(catalog: C) -> Self {
        Self {
            catalog,
            api: Mutex::new(None),
        }
    }

    /// The API behind a kubeconfig.
    pub(crate) async fn api(&self, access: &ClusterAccess) -> Result<Api, hoist_deploy::DeployError> {
        let kubeconfig = access.kubeconfig.expose_secret();
        {
            let known = self.api.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((of, api)) = &*known
                && of.expose_secret() == kubeconfig
            {
                return Ok(api.clone());
            }
        }
        let api = Api::connect(kubeconfig).await?;
        *self.api.lock().unwrap_or_else(PoisonError::into_inner) = Some((access.kubeconfig.clone(), api.clone()));
        Ok(api)
    }

    /// The calls that were made to the API server so far, by sort: `list Deployment.apps`, `dry-run`, `apply`.
    pub fn calls(&self) -> hoist_deploy::Calls {
        let known = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|(_, api)| api.calls()).unwrap_or_default()
    }
}

impl<C: Catalog> Phase for ClusterPhase<C> {
    type Spec = C::Spec;
    type Inputs = Inputs;
    type Desired = Desired;
    type Observed = Observed;
    type Op = Op;

    fn name(&self) -> PhaseName {
        PhaseName::Cluster
    }

    async fn gather(&self, at: &At<'_, C::Spec>) -> Result<Inputs, Diagnostics> {
        let components = match at.goal {
            Goal::Converge => self.catalog.gather(at).await?,
            Goal::Destroy { .. } => Vec::new(),
        };
        Ok(Inputs { components })
    }

    async fn observe(&self, at: &At<'_, C::Spec>) -> Observed {
        if let Goal::Destroy { abandon_cluster: true } = at.goal {
            return Observed::nothing();
        }
        let access = match &at.facts.cluster {
            Lookup::Present(access) => access,
            Lookup::Absent => return Observed::nothing(),
            Lookup::Unknown(why) => return Observed::unknown(why.to_string()),
        };
        let api = match self.api(access).await {
            Ok(api) => api,
            Err(error) => return Observed::unknown(format!("the API server at {}: {error}", access.server)),
        };
        match observe::observe(&api, &self.catalog.discriminator(at.spec), at.goal).await {
            Ok(seen) => Observed {
                seen: Lookup::Present(seen),
            },
            Err(why) => Observed::unknown(format!("the API server at {}: {why}", access.server)),
        }
    }

    fn publish(&self, _observed: &Observed, _facts: &mut Facts) {}

    fn desired(&self, at: &At<'_, C::Spec>, inputs: &Inputs, observed: &Observed) -> Result<Desired, Diagnostics> {
        let discriminator = self.catalog.discriminator(at.spec);
        match at.goal {
            Goal::Destroy { .. } => Ok(Desired::ending(&discriminator)),
            Goal::Converge => desired::desired(&discriminator, &inputs.components, observed.seen.present()),
        }
    }

    async fn compare(&self, at: &At<'_, C::Spec>, desired: &Desired, observed: Observed) -> Observed {
        let (Lookup::Present(access), false) = (&at.facts.cluster, desired.ending) else {
            return observed;
        };
        let Lookup::Present(seen) = observed.seen else {
            return observed;
        };
        match self.api(access).await {
            Ok(api) => Observed {
                seen: Lookup::Present(observe::compare(&api, desired, seen).await),
            },
            Err(error) => Observed::unknown(format!("the API server at {}: {error}", access.server)),
        }
    }

    fn plan(&self, _at: &At<'_, C::Spec>, desired: &Desired, observed: &Observed) -> Draft<Op> {
        plan::plan(desired, observed)
    }

    async fn perform(&self, op: &Op, desired: &Desired, facts: &Facts, cx: &StepCx) -> Result<Outcome, StepError> {
        let Lookup::Present(access) = &facts.cluster else {
            return Err(StepError::remote("the cluster's API is not there yet").hint("`hoist apply` goes on from here"));
        };
        let api = self.api(access).await.map_err(|error| step_error(&error))?;
        apply::perform(&api, op, desired, cx).await
    }

    fn status(&self, desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
        status::status(desired, observed)
    }
}
