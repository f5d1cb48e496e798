//! Observes all phases in their order and plans them as one.

use std::collections::{BTreeMap, BTreeSet};

use hoist_engine::linearize;
use hoist_model::{At, Diagnostics, Draft, Facts, Goal, Key, Phase, PhaseName, Status};
use serde::Serialize;

use crate::op::StepOf;
use crate::plan::{self, Plan};
use crate::{AppError, Filter, Op, Phases, weave};

/// How one thing stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stand {
    /// Its phase.
    pub phase: PhaseName,
    /// The thing.
    pub key: Key,
    /// How it stands.
    pub status: Status,
}

/// One look at the world, the plan that follows, and what is needed to carry it out.
pub struct Survey<I: Phase, N: Phase, C: Phase> {
    /// The plan.
    pub plan: Plan,
    /// How each thing stands.
    pub stands: Vec<Stand>,
    /// What the phases told each other.
    pub facts: Facts,
    /// Which phase each blocked thing is of.
    blocked_in: BTreeMap<Key, PhaseName>,
    /// The steps of the plan with their operations, in the plan's order.
    pub(crate) steps: Vec<StepOf<I, N, C>>,
    pub(crate) infra: I::Desired,
    pub(crate) nodes: N::Desired,
    pub(crate) cluster: C::Desired,
}

impl<I: Phase, N: Phase, C: Phase> Survey<I, N, C> {
    /// The parts of the plan that are wanted.
    pub fn wanted(&self, filter: &Filter) -> Plan {
        let mut plan = self.plan.clone();
        plan.steps
            .retain(|step| filter.takes(step.phase, step.group.as_deref()));
        plan.blocked.retain(|blocked| {
            self.blocked_in
                .get(&blocked.key)
                .is_none_or(|phase| filter.takes_phase(*phase))
        });
        plan
    }
}

struct Surveyed<P: Phase> {
    desired: P::Desired,
    draft: Draft<P::Op>,
    stands: Vec<Stand>,
}

async fn survey_one<P: Phase>(
    phase: &P,
    spec: &P::Spec,
    goal: Goal,
    replace: &BTreeSet<String>,
    facts: &mut Facts,
) -> Result<Surveyed<P>, Diagnostics> {
    let (inputs, observed) = {
        let at = At {
            spec,
            goal,
            replace,
            facts,
        };
        (phase.gather(&at).await?, phase.observe(&at).await)
    };
    phase.publish(&observed, facts);
    let at = At {
        spec,
        goal,
        replace,
        facts,
    };
    let desired = phase.desired(&at, &inputs, &observed)?;
    let observed = phase.compare(&at, &desired, observed).await;
    let draft = phase.plan(&at, &desired, &observed);
    let stands = phase.status(&desired, &observed);
    let name = phase.name();
    let stands = stands
        .into_iter()
        .map(|(key, status)| Stand {
            phase: name,
            key,
            status,
        })
        .collect();
    Ok(Surveyed { desired, draft, stands })
}

impl<S, I, N, C> Phases<I, N, C>
where
    S: Send + Sync,
    I: Phase<Spec = S>,
    N: Phase<Spec = S>,
    C: Phase<Spec = S>,
{
    /// Looks at everything, changes nothing, and says what is to be done.
    pub async fn survey(&self, spec: &S, goal: Goal) -> Result<Survey<I, N, C>, AppError> {
        let mut facts = Facts::default();
        let infra = survey_one(&self.infra, spec, goal, &self.replace, &mut facts).await?;
        let nodes = survey_one(&self.nodes, spec, goal, &self.replace, &mut facts).await?;
        let cluster = survey_one(&self.cluster, spec, goal, &self.replace, &mut facts).await?;

        let infra_draft = infra.draft.map(Op::Infra);
        let nodes_draft = nodes.draft.map(Op::Nodes);
        let cluster_draft = cluster.draft.map(Op::Cluster);
        let mut blocked = Vec::new();
        let mut blocked_in = BTreeMap::new();
        let mut all: Vec<StepOf<I, N, C>> = Vec::new();
        let mut seen = BTreeSet::new();
        for (phase, draft) in [
            (PhaseName::Infra, infra_draft),
            (PhaseName::Nodes, nodes_draft),
            (PhaseName::Cluster, cluster_draft),
        ] {
            blocked_in.extend(draft.blocked.iter().map(|blocked| (blocked.key.clone(), phase)));
            blocked.extend(draft.blocked);
            for mut step in draft.steps {
                step.group.get_or_insert_with(|| phase.to_string());
                if !seen.insert(step.key.clone()) {
                    return Err(AppError::Twice { phase, key: step.key });
                }
                all.push((phase, step));
            }
        }
        weave::across(&mut all);
        let phase_of: std::collections::HashMap<Key, PhaseName> =
            all.iter().map(|(phase, step)| (step.key.clone(), *phase)).collect();
        let ordered = linearize(all.into_iter().map(|(_, step)| step).collect())?;
        let steps: Vec<_> = ordered.into_iter().map(|step| (phase_of[&step.key], step)).collect();
        let plan = Plan {
            version: plan::VERSION,
            cluster: self.name.clone(),
            steps: steps.iter().map(|(phase, step)| plan::step(*phase, step)).collect(),
            blocked,
        };
        let stands = [infra.stands, nodes.stands, cluster.stands].concat();
        Ok(Survey {
            plan,
            stands,
            facts,
            blocked_in,
            steps,
            infra: infra.desired,
            nodes: nodes.desired,
            cluster: cluster.desired,
        })
    }
}
