//! Applies: observe, plan, carry out, and again, until nothing is left to do or nothing moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hoist_engine::{Engine, Event, Failure, Lane, Performer, Stop, Tee};
use hoist_model::{Goal, Key, Outcome, Phase, PhaseName, Step, StepCx, StepError, Verb};
use serde::Serialize;

use crate::op::OpOf;
use crate::select::select;
use crate::{AppError, Approvals, Filter, Op, Phases, Plan, Survey};

/// More rounds than any spec needs: infra, nodes, cluster, and a last look each make one.
const MOST_ROUNDS: usize = 24;

/// How long a phase was at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseTime {
    /// The phase.
    pub phase: PhaseName,
    /// Milliseconds during which at least one of its steps ran.
    pub elapsed_ms: u64,
    /// Steps done.
    pub steps: usize,
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Everything that was asked for is as desired.
    pub converged: bool,
    /// Rounds taken.
    pub rounds: usize,
    /// Steps that failed in the last round that had any.
    pub failed: Vec<Failure>,
    /// Steps that wait for a word of approval or stand behind one that is blocked, with the reason.
    pub withheld: BTreeMap<Key, String>,
    /// Steps that came back in round after round although they succeeded.
    pub unsettled: Vec<Key>,
    /// The last plan.
    pub last: Option<Plan>,
    /// Time by phase.
    pub times: Vec<PhaseTime>,
    /// The person stopped it.
    pub stopped: bool,
}

struct Carry<I: Phase, N: Phase, C: Phase> {
    phases: Arc<Phases<I, N, C>>,
    survey: Survey<I, N, C>,
    clock: Arc<Clock>,
}

/// Which phases had steps running, and for how long.
#[derive(Default)]
struct Clock(Mutex<BTreeMap<PhaseName, Running>>);

#[derive(Default)]
struct Running {
    inside: usize,
    since: Option<Instant>,
    spent: Duration,
    steps: usize,
}

impl Clock {
    fn enter(self: &Arc<Self>, phase: PhaseName) -> Ticket {
        let mut running = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = running.entry(phase).or_default();
        entry.inside += 1;
        entry.steps += 1;
        entry.since.get_or_insert_with(Instant::now);
        Ticket {
            clock: self.clone(),
            phase,
        }
    }

    fn times(&self) -> Vec<PhaseTime> {
        let running = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let millis = |spent: Duration| u64::try_from(spent.as_millis()).unwrap_or(u64::MAX);
        running
            .iter()
            .map(|(phase, entry)| PhaseTime {
                phase: *phase,
                elapsed_ms: millis(entry.spent),
                steps: entry.steps,
            })
            .collect()
    }
}

/// Ends with the step, even when the step is dropped midway.
struct Ticket {
    clock: Arc<Clock>,
    phase: PhaseName,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut running = self.clock.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = running.entry(self.phase).or_default();
        entry.inside -= 1;
        if entry.inside == 0
            && let Some(since) = entry.since.take()
        {
            entry.spent += since.elapsed();
        }
    }
}

impl<I, N, C> Performer<OpOf<I, N, C>> for Carry<I, N, C>
where
    I: Phase + 'static,
    N: Phase + 'static,
    C: Phase + 'static,
{
    async fn perform(&self, op: &OpOf<I, N, C>, cx: &StepCx) -> Result<Outcome, StepError> {
        let facts = &self.survey.facts;
        match op {
            Op::Infra(op) => {
                let _ticket = self.clock.enter(PhaseName::Infra);
                self.phases.infra.perform(op, &self.survey.infra, facts, cx).await
            }
            Op::Nodes(op) => {
                let _ticket = self.clock.enter(PhaseName::Nodes);
                self.phases.nodes.perform(op, &self.survey.nodes, facts, cx).await
            }
            Op::Cluster(op) => {
                let _ticket = self.clock.enter(PhaseName::Cluster);
                self.phases.cluster.perform(op, &self.survey.cluster, facts, cx).await
            }
        }
    }

    fn lane(&self, step: &Step<OpOf<I, N, C>>) -> Lane {
        match &step.op {
            Op::Infra(_) => Lane::Hetzner,
            Op::Nodes(_) => Lane::Host(step.key.name().to_owned()),
            Op::Cluster(_) if step.verb == Verb::Await => Lane::Waiting,
            Op::Cluster(_) => Lane::Kubernetes,
        }
    }

    fn deadline(&self, step: &Step<OpOf<I, N, C>>) -> Duration {
        const MINUTE: u64 = 60;
        Duration::from_secs(match (&step.op, step.verb) {
            (Op::Infra(_), _) => 15 * MINUTE,
            // A first installation builds a whole system on a small server.
            (Op::Nodes(_), _) => 60 * MINUTE,
            (Op::Cluster(_), Verb::Await) => 15 * MINUTE,
            (Op::Cluster(_), _) => 5 * MINUTE,
        })
    }
}

impl<S, I, N, C> Phases<I, N, C>
where
    S: Send + Sync,
    I: Phase<Spec = S> + 'static,
    N: Phase<Spec = S> + 'static,
    C: Phase<Spec = S> + 'static,
{
    /// Applies until nothing is left to do or nothing moves. `first` is a survey made just now, whose plan the
    /// person has seen; later rounds may add steps that follow from it, and never a destructive one without its word.
    #[allow(clippy::too_many_arguments)]
    pub async fn apply(
        self: &Arc<Self>,
        spec: &S,
        goal: Goal,
        first: Survey<I, N, C>,
        filter: &Filter,
        approvals: &Approvals,
        engine: &Engine,
        events: &Tee,
        stop: &Stop,
    ) -> Result<Applied, AppError> {
        let began = Instant::now();
        let clock = Arc::new(Clock::default());
        let mut applied = Applied::default();
        let mut previous: BTreeSet<(Key, Verb)> = BTreeSet::new();
        let mut failed_before: BTreeSet<Key> = BTreeSet::new();
        let mut repeats = 0;
        let mut next = Some(first);
        while applied.rounds < MOST_ROUNDS && !stop.requested() {
            let survey = match next.take() {
                Some(survey) => survey,
                None => self.survey(spec, goal).await?,
            };
            let plan = survey.wanted(filter);
            let wanted: Vec<_> = survey
                .steps
                .iter()
                .filter(|(phase, step)| filter.takes(*phase, step.group.as_deref()))
                .cloned()
                .collect();
            let blocked = plan.blocked.clone();
            applied.last = Some(plan);
            if wanted.is_empty() {
                applied.withheld.clear();
                applied.converged = blocked.is_empty();
                break;
            }
            applied.rounds += 1;
            let waits = wanted.iter().filter(|(_, step)| !step.verb.changes()).count();
            events.send(Event::RoundStarted {
                round: applied.rounds,
                changes: wanted.len() - waits,
                waits,
            });
            let selected = select(&wanted, &blocked, approvals);
            applied.withheld = selected.withheld;
            if selected.run.is_empty() {
                let unknown = "depends on what is known only after a step that is not in this plan".to_owned();
                applied
                    .withheld
                    .extend(selected.deferred.into_iter().map(|key| (key, unknown.clone())));
                break;
            }
            let signature: BTreeSet<(Key, Verb)> = selected
                .run
                .iter()
                .map(|(_, step)| (step.key.clone(), step.verb))
                .collect();
            let steps = selected.run.into_iter().map(|(_, step)| step).collect();
            let carry = Arc::new(Carry {
                phases: self.clone(),
                survey,
                clock: clock.clone(),
            });
            let report = engine.run(steps, carry).await;

            let failed: BTreeSet<Key> = report.failed.iter().map(|failure| failure.key.clone()).collect();
            applied.failed = report.failed;
            if report.done.is_empty() || failed.intersection(&failed_before).next().is_some() {
                break;
            }
            failed_before = failed;
            // Each step succeeded and the same ones are back: something else undoes them, and trying on fights it.
            repeats = if signature == previous { repeats + 1 } else { 0 };
            if repeats >= 2 {
                applied.unsettled = signature.into_iter().map(|(key, _)| key).collect();
                break;
            }
            previous = signature;
        }
        applied.stopped = stop.requested();
        applied.times = clock.times();
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        events.send(Event::RunFinished {
            converged: applied.converged,
            rounds: applied.rounds,
            elapsed_ms,
        });
        Ok(applied)
    }
}
