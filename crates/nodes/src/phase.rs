//! The phase: where its parts meet.

use hoist_model::{At, Diagnostics, Draft, Facts, Key, Outcome, Phase, PhaseName, Status, StepCx, StepError};
use hoist_spec::Spec;
use hoist_ssh::{Identity, KeyError, KeyPair};

use crate::apply;
use crate::desired::{self, Desired};
use crate::observe::{self, Observed};
use crate::op::Op;
use crate::options::Options;
use crate::render::Sources;
use crate::{plan, status};

/// NixOS with k3s on the cluster's servers.
pub struct Nodes {
    pub(crate) options: Options,
    deploy_key: KeyPair,
}

/// What the spec names: the person's NixOS modules.
pub struct Inputs {
    sources: Sources,
}

impl Nodes {
    /// The phase with what it is given. Fails when the deploy key is none.
    pub fn new(options: Options) -> Result<Self, KeyError> {
        let deploy_key = KeyPair::from_pem(&options.deploy_key.private)?;
        Ok(Self { options, deploy_key })
    }

    fn identities(&self, spec: &Spec) -> Vec<Identity> {
        desired::identities(
            spec,
            &self.deploy_key,
            self.options.agent_socket.as_deref(),
            self.options.home.as_deref(),
        )
    }
}

impl Phase for Nodes {
    type Spec = Spec;
    type Inputs = Inputs;
    type Desired = Desired;
    type Observed = Observed;
    type Op = Op;

    fn name(&self) -> PhaseName {
        PhaseName::Nodes
    }

    async fn gather(&self, at: &At<'_, Spec>) -> Result<Inputs, Diagnostics> {
        let spec = at.spec.clone();
        let sources = tokio::task::spawn_blocking(move || Sources::read(&spec))
            .await
            .expect("reading files does not panic")?;
        Ok(Inputs { sources })
    }

    async fn observe(&self, at: &At<'_, Spec>) -> Observed {
        observe::observe(at, &self.identities(at.spec), &self.options.deadlines).await
    }

    fn publish(&self, observed: &Observed, facts: &mut Facts) {
        observe::publish(observed, facts);
    }

    fn desired(&self, at: &At<'_, Spec>, inputs: &Inputs, _observed: &Observed) -> Result<Desired, Diagnostics> {
        desired::desired(at, &inputs.sources, self.identities(at.spec))
    }

    fn plan(&self, _at: &At<'_, Spec>, desired: &Desired, observed: &Observed) -> Draft<Op> {
        plan::plan(desired, observed)
    }

    async fn perform(&self, op: &Op, desired: &Desired, facts: &Facts, cx: &StepCx) -> Result<Outcome, StepError> {
        apply::perform(self, op, desired, facts, cx).await
    }

    fn status(&self, desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
        status::status(desired, observed)
    }
}
