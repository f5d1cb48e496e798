//! Runs the steps of one round.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use hoist_model::{ErrorKind, Key, Outcome, Retry, Step, StepCx, StepError};
use tokio::task::JoinSet;

use crate::event::millis;
use crate::lane::Lanes;
use crate::observe::Observer;
use crate::order::edges;
use crate::{Event, FaultHook, Lane, NoFaults, Stop, Tee};

/// Knows how to carry out operations.
pub trait Performer<Op>: Send + Sync + 'static {
    /// Carries out one.
    fn perform(&self, op: &Op, cx: &StepCx) -> impl Future<Output = Result<Outcome, StepError>> + Send;
    /// Where it runs.
    fn lane(&self, step: &Step<Op>) -> Lane;
    /// How long it may take in all, retries included.
    fn deadline(&self, step: &Step<Op>) -> Duration;
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub key: Key,
    /// Why.
    pub error: StepError,
}

/// What came of a round.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Steps that are done.
    pub done: Vec<Key>,
    /// Steps that failed.
    pub failed: Vec<Failure>,
    /// Steps that were not begun, and why.
    pub skipped: BTreeMap<Key, String>,
}

/// Runs steps. Cheap to clone; lanes are shared between clones.
#[derive(Clone)]
pub struct Engine {
    events: Tee,
    stop: Stop,
    faults: Arc<dyn FaultHook>,
    lanes: Lanes,
    attempts: u32,
}

enum State {
    Waiting(usize),
    Started,
    Ended,
}

impl Engine {
    /// An engine that tells `events` and obeys `stop`. A step is tried at most six times within its deadline.
    pub fn new(events: Tee, stop: Stop) -> Self {
        Self {
            events,
            stop,
            faults: Arc::new(NoFaults),
            lanes: Lanes::default(),
            attempts: 6,
        }
    }

    /// The same engine with faults on request.
    #[must_use]
    pub fn with_faults(mut self, faults: Arc<dyn FaultHook>) -> Self {
        self.faults = faults;
        self
    }

    /// Runs steps until each has been done, has failed, or cannot be begun. `steps` hold no ring (see
    /// [`crate::linearize`]); needs without a step are met.
    pub async fn run<Op, P>(&self, steps: Vec<Step<Op>>, performer: Arc<P>) -> Report
    where
        Op: Clone + Send + Sync + 'static,
        P: Performer<Op>,
    {
        let needs = edges(&steps);
        let mut dependants = vec![Vec::new(); steps.len()];
        for (step, needed) in needs.iter().enumerate() {
            for &other in needed {
                dependants[other].push(step);
            }
        }
        let mut states: Vec<State> = needs.iter().map(|needed| State::Waiting(needed.len())).collect();
        for (index, needed) in needs.iter().enumerate().filter(|(_, needed)| !needed.is_empty()) {
            let step = &steps[index];
            let on = needed.iter().map(|&i| steps[i].key.clone()).collect();
            self.events.send(Event::StepWaiting {
                key: step.key.clone(),
                verb: step.verb,
                group: step.group.clone(),
                on,
            });
        }

        let observer = Arc::new(Observer::new(self.events.clone(), self.faults.clone()));
        let mut report = Report::default();
        let mut running = JoinSet::new();
        let mut told = false;
        loop {
            if !self.stop.requested() {
                for index in 0..steps.len() {
                    if matches!(states[index], State::Waiting(0)) {
                        states[index] = State::Started;
                        let work = self
                            .clone()
                            .attempt_all(steps[index].clone(), performer.clone(), observer.clone());
                        running.spawn(async move { (index, work.await) });
                    }
                }
            } else if !told {
                told = true;
                self.events.send(Event::Stopping);
            }
            let ended = if told {
                running.join_next().await
            } else {
                tokio::select! {
                    ended = running.join_next() => ended,
                    () = self.stop.wait() => continue,
                }
            };
            let Some(ended) = ended else { break };
            let (index, result) = match ended {
                Ok(ended) => ended,
                // A panic in a step is a defect; it must not look like success of the others' needs.
                Err(error) => {
                    let error = StepError::internal(format!("a step panicked: {error}"))
                        .hint("this is a defect of hoist; please report it with the journal");
                    report.failed.push(Failure {
                        key: Key::new("engine", "step"),
                        error,
                    });
                    continue;
                }
            };
            states[index] = State::Ended;
            match result {
                Ok(()) => {
                    report.done.push(steps[index].key.clone());
                    for &dependant in &dependants[index] {
                        if let State::Waiting(count) = &mut states[dependant] {
                            *count -= 1;
                        }
                    }
                }
                Err(error) => report.failed.push(Failure {
                    key: steps[index].key.clone(),
                    error,
                }),
            }
        }
        for (index, state) in states.iter().enumerate() {
            if !matches!(state, State::Waiting(_)) {
                continue;
            }
            let key = steps[index].key.clone();
            let because = if self.stop.requested() {
                "stopped on request".to_owned()
            } else {
                let on: Vec<String> = needs[index]
                    .iter()
                    .map(|&i| &steps[i].key)
                    .filter(|key| !report.done.contains(key))
                    .map(Key::to_string)
                    .collect();
                format!("{} was not done", on.join(", "))
            };
            self.events.send(Event::StepSkipped {
                key: key.clone(),
                because: because.clone(),
            });
            report.skipped.insert(key, because);
        }
        report
    }

    async fn attempt_all<Op, P: Performer<Op>>(
        self,
        step: Step<Op>,
        performer: Arc<P>,
        observer: Arc<Observer>,
    ) -> Result<(), StepError> {
        let permit = self.lanes.enter(performer.lane(&step)).await;
        let allowed = performer.deadline(&step);
        let began = Instant::now();
        let deadline = began + allowed;
        let mut delays = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(self.attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build();
        let mut attempt = 0;
        let result = loop {
            attempt += 1;
            // One that stood in line for its lane while the person asked to stop is not begun.
            if self.stop.requested() {
                break Err(StepError::interrupted());
            }
            self.events.send(Event::StepStarted {
                key: step.key.clone(),
                verb: step.verb,
                group: step.group.clone(),
                attempt,
            });
            let cx = StepCx::new(step.key.clone(), deadline, self.stop.now().clone(), observer.clone());
            let work = cx.effect("perform", performer.perform(&step.op, &cx));
            let result = tokio::select! {
                result = tokio::time::timeout_at(deadline.into(), work) => result.unwrap_or_else(|_| Err(missed(&step.key, allowed, &observer))),
                () = self.stop.now().cancelled() => Err(StepError::interrupted()),
            };
            let Err(error) = result else { break result };
            let least = match error.retry {
                Retry::No => break Err(error),
                Retry::Soon => Duration::ZERO,
                Retry::After(least) => least,
            };
            let Some(delay) = delays.next().map(|delay| delay.max(least)) else {
                break Err(error);
            };
            if Instant::now() + delay >= deadline {
                break Err(error);
            }
            self.events.send(Event::StepRetrying {
                key: step.key.clone(),
                error,
                after_ms: millis(delay),
            });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = self.stop.wait() => {}
            }
        };
        drop(permit);
        let elapsed_ms = millis(began.elapsed());
        match result {
            Ok(outcome) => {
                self.events.send(Event::StepFinished {
                    key: step.key,
                    verb: step.verb,
                    unchanged: outcome.unchanged,
                    note: outcome.note,
                    elapsed_ms,
                });
                Ok(())
            }
            Err(error) => {
                self.events.send(Event::StepFailed {
                    key: step.key,
                    verb: step.verb,
                    error: error.clone(),
                    elapsed_ms,
                });
                Err(error)
            }
        }
    }
}

fn missed(key: &Key, allowed: Duration, observer: &Observer) -> StepError {
    let doing = observer.last_word(key).unwrap_or_else(|| "working".to_owned());
    StepError {
        kind: ErrorKind::Remote,
        message: format!("{key} was not done within {} s; it was {doing}", allowed.as_secs()),
        hint: Some("`hoist apply` goes on from here".to_owned()),
        retry: Retry::No,
    }
}
