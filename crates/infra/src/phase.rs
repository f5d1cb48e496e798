//! The phase: joins its parts to the shape that all phases share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hoist_hcloud::Client;
use hoist_model::{
    At, DeployKey, Diagnostics, Draft, Facts, Key, Outcome, Phase, PhaseName, Pins, Status, StepCx, StepError,
};
use hoist_spec::Spec;

use crate::apply::Work;
use crate::caller::{ByConnection, Caller};
use crate::desired::{self, Ask, Desired};
use crate::dns::Dns;
use crate::gather::{self, Inputs, Memory};
use crate::import::Import;
use crate::labels::LabelWriter;
use crate::observe::{self, Catalog, Observed};
use crate::op::Op;
use crate::pins::LabelPins;
use crate::{from_spec, plan, publish, status};

/// Hetzner Cloud.
pub struct Infra {
    client: Client,
    deploy_key: String,
    labels: LabelWriter,
    caller: Arc<dyn Caller>,
    imports: Vec<Import>,
    memory: Mutex<Memory>,
    catalog: Mutex<Option<Catalog>>,
    dns: Option<Dns>,
}

impl Infra {
    /// The phase on one project. New servers let `deploy_key` in.
    pub fn new(client: Client, deploy_key: &DeployKey) -> Self {
        let echo = ByConnection::ECHO.parse().expect("a constant URL");
        let caller = ByConnection {
            endpoint: client.endpoint().to_owned(),
            echo,
        };
        Self {
            deploy_key: deploy_key.public.clone(),
            labels: LabelWriter::new(client.clone()),
            client,
            caller: Arc::new(caller),
            imports: Vec::new(),
            memory: Mutex::default(),
            catalog: Mutex::default(),
            dns: None,
        }
    }

    /// The same phase with another way to find out the caller's address for `adminCidrs: [self]`.
    #[must_use]
    pub fn with_caller(mut self, caller: Arc<dyn Caller>) -> Self {
        self.caller = caller;
        self
    }

    /// The same phase, which also keeps the DNS record of the API's name, where the spec has a token for it.
    #[must_use]
    pub fn with_dns(mut self, dns: Dns) -> Self {
        self.dns = Some(dns);
        self
    }

    /// The same phase, whose plan is only to take over these servers.
    #[must_use]
    pub fn importing(mut self, imports: Vec<Import>) -> Self {
        self.imports = imports;
        self
    }

    /// The host-key pins of a cluster's servers, kept in their labels.
    pub fn pins(&self, cluster: &str) -> Arc<dyn Pins> {
        Arc::new(LabelPins {
            labels: self.labels.clone(),
            cluster: cluster.to_owned(),
        })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_catalog(&self) -> MutexGuard<'_, Option<Catalog>> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Phase for Infra {
    type Spec = Spec;
    type Inputs = Inputs;
    type Desired = Desired;
    type Observed = Observed;
    type Op = Op;

    fn name(&self) -> PhaseName {
        PhaseName::Infra
    }

    async fn gather(&self, at: &At<'_, Spec>) -> Result<Inputs, Diagnostics> {
        let mut wanted = from_spec::wanted(at.spec);
        if matches!(at.goal, hoist_model::Goal::Destroy { .. }) {
            // Nobody needs to get in any more, so nobody's address needs to be known.
            wanted.admins.clear();
        }
        let known = self.memory().caller;
        let (admins, caller) = match gather::admins(&wanted, known, self.caller.as_ref()).await {
            Ok((admins, caller)) => (Ok(admins), caller),
            Err(unknown) => (Err(unknown), None),
        };
        let mut memory = self.memory();
        memory.caller = caller;
        let host_keys = memory.keys_for(&wanted);
        let remade = memory.remade.clone();
        Ok(Inputs {
            wanted,
            admins,
            host_keys,
            remade,
            api_name: at.spec.api_name().map(str::to_owned),
        })
    }

    async fn observe(&self, at: &At<'_, Spec>) -> Observed {
        let known = self.known_catalog().clone();
        let observed = observe::observe(&self.client, self.dns.as_ref(), at.spec, known).await;
        if let Ok(catalog) = &observed.catalog {
            self.known_catalog().get_or_insert_with(|| catalog.clone());
        }
        observed
    }

    fn publish(&self, observed: &Observed, facts: &mut Facts) {
        publish::publish(observed, facts);
    }

    fn desired(&self, at: &At<'_, Spec>, inputs: &Inputs, observed: &Observed) -> Result<Desired, Diagnostics> {
        let ask = Ask {
            goal: at.goal,
            replace: at.replace,
            deploy_key: &self.deploy_key,
            imports: &self.imports,
        };
        desired::desired(&ask, inputs, observed)
    }

    fn plan(&self, _at: &At<'_, Spec>, desired: &Desired, observed: &Observed) -> Draft<Op> {
        plan::plan(desired, observed)
    }

    async fn perform(&self, op: &Op, desired: &Desired, _facts: &Facts, cx: &StepCx) -> Result<Outcome, StepError> {
        let dns = self.dns.as_ref().and_then(Dns::client);
        let work = Work {
            client: &self.client,
            dns: dns.as_ref(),
            labels: &self.labels,
            desired,
            cx,
        };
        let outcome = work.perform(op).await?;
        if let Op::ReplaceServer { name, .. } = op {
            // Asked for once, done once: the next round of this run must not remake it again.
            self.memory().remade.insert(name.clone());
        }
        Ok(outcome)
    }

    fn status(&self, desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
        status::status(desired, observed)
    }
}
