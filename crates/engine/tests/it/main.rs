//! The engine against steps that fail, hang, depend and are stopped. Time is paused: nothing here waits for a clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist_engine::{Engine, Event, FaultHook, Lane, Performer, Report, Sink, Stamped, Stop, Tee};
use hoist_model::{Key, Outcome, Reason, Retry, Step, StepCx, StepError, Verb};

#[derive(Clone, Debug)]
enum Op {
    Work(Duration),
    Fail(Retry),
    FailTimes(u32),
    Hang,
    StopThen(Duration),
    StopTwice,
}

struct World {
    stop: Stop,
    attempts: Mutex<BTreeMap<Key, u32>>,
    inside: Mutex<(usize, usize)>,
    lane: Lane,
}

impl Performer<Op> for World {
    async fn perform(&self, op: &Op, cx: &StepCx) -> Result<Outcome, StepError> {
        let attempt = {
            let mut attempts = self.attempts.lock().unwrap();
            let attempt = attempts.entry(cx.key().clone()).or_default();
            *attempt += 1;
            *attempt
        };
        match op {
            Op::Work(time) => {
                {
                    let mut inside = self.inside.lock().unwrap();
                    inside.0 += 1;
                    inside.1 = inside.1.max(inside.0);
                }
                tokio::time::sleep(*time).await;
                self.inside.lock().unwrap().0 -= 1;
                Ok(Outcome::done())
            }
            Op::Fail(retry) => Err(StepError {
                retry: *retry,
                ..StepError::remote("the cloud said no")
            }),
            Op::FailTimes(times) if attempt <= *times => Err(StepError::passing("the cloud was busy")),
            Op::FailTimes(_) => Ok(Outcome::done()),
            Op::Hang => {
                cx.progress("waiting for SSH on 192.0.2.1:22");
                std::future::pending().await
            }
            Op::StopTwice => {
                self.stop.request();
                self.stop.request();
                std::future::pending().await
            }
            Op::StopThen(time) => {
                self.stop.request();
                tokio::time::sleep(*time).await;
                Ok(Outcome::done())
            }
        }
    }

    fn lane(&self, _step: &Step<Op>) -> Lane {
        self.lane.clone()
    }

    fn deadline(&self, _step: &Step<Op>) -> Duration {
        Duration::from_secs(120)
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<Event>>);

impl Sink for Heard {
    fn event(&self, event: &Stamped) {
        self.0.lock().unwrap().push(event.event.clone());
    }
}

fn key(name: &str) -> Key {
    Key::new("t", name)
}

fn step(name: &str, op: Op, needs: &[&str]) -> Step<Op> {
    Step::new(key(name), Verb::Create, op, Reason::Missing).needs(needs.iter().map(|name| key(name)))
}

async fn run_with(
    steps: Vec<Step<Op>>,
    lane: Lane,
    faults: Option<Arc<dyn FaultHook>>,
) -> (Report, Arc<World>, Arc<Heard>) {
    let stop = Stop::new();
    let world = Arc::new(World {
        stop: stop.clone(),
        attempts: Mutex::default(),
        inside: Mutex::default(),
        lane,
    });
    let heard = Arc::new(Heard::default());
    let mut engine = Engine::new(Tee(vec![heard.clone()]), stop);
    if let Some(faults) = faults {
        engine = engine.with_faults(faults);
    }
    let report = engine.run(steps, world.clone()).await;
    (report, world, heard)
}

async fn run(steps: Vec<Step<Op>>) -> (Report, Arc<World>, Arc<Heard>) {
    run_with(steps, Lane::Hetzner, None).await
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_step_waits_for_what_it_needs_and_independent_ones_run_together() {
    let began = tokio::time::Instant::now();
    let steps = vec![
        step("last", Op::Work(SECOND), &["a", "b"]),
        step("a", Op::Work(SECOND), &[]),
        step("b", Op::Work(SECOND), &[]),
    ];
    let (report, ..) = run(steps).await;
    assert_eq!(report.done.last(), Some(&key("last")));
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn lanes_bound_what_is_under_way() {
    for (lane, most) in [(Lane::Hetzner, 8), (Lane::Host("a".into()), 1), (Lane::Kubernetes, 32)] {
        let steps = (0..100).map(|i| step(&i.to_string(), Op::Work(SECOND), &[])).collect();
        let (report, world, _) = run_with(steps, lane, None).await;
        assert_eq!(report.done.len(), 100);
        assert_eq!(world.inside.lock().unwrap().1, most);
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_tried_again_and_a_final_one_is_not() {
    let steps = vec![
        step("passing", Op::FailTimes(2), &[]),
        step("final", Op::Fail(Retry::No), &[]),
        step("endless", Op::Fail(Retry::Soon), &[]),
    ];
    let (report, world, _) = run(steps).await;
    assert_eq!(report.done, [key("passing")]);
    let attempts = world.attempts.lock().unwrap();
    assert_eq!(
        (
            attempts[&key("passing")],
            attempts[&key("final")],
            attempts[&key("endless")]
        ),
        (3, 1, 6)
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_failure_holds_up_is_named_and_the_rest_goes_on() {
    let steps = vec![
        step("broken", Op::Fail(Retry::No), &[]),
        step("child", Op::Work(SECOND), &["broken"]),
        step("grandchild", Op::Work(SECOND), &["child"]),
        step("other", Op::Work(SECOND), &[]),
    ];
    let (report, ..) = run(steps).await;
    assert_eq!(report.done, [key("other")]);
    assert_eq!(report.skipped[&key("child")], "t/broken was not done");
    assert_eq!(report.skipped[&key("grandchild")], "t/child was not done");
}

#[tokio::test(start_paused = true)]
async fn a_missed_deadline_names_what_was_waited_for() {
    let (report, ..) = run(vec![step("host", Op::Hang, &[])]).await;
    insta::assert_snapshot!(report.failed[0].error, @"t/host was not done within 120 s; it was waiting for SSH on 192.0.2.1:22");
}

#[tokio::test(start_paused = true)]
async fn the_first_stop_finishes_what_runs_and_begins_nothing_else() {
    let steps = vec![
        step("first", Op::StopThen(SECOND), &[]),
        step("second", Op::Work(SECOND), &["first"]),
    ];
    let (report, _, heard) = run(steps).await;
    assert_eq!(report.done, [key("first")]);
    assert_eq!(report.skipped[&key("second")], "stopped on request");
    assert!(heard.0.lock().unwrap().contains(&Event::Stopping));
}

#[tokio::test(start_paused = true)]
async fn the_second_stop_ends_what_runs() {
    let began = tokio::time::Instant::now();
    let steps = vec![step("hanging", Op::Hang, &[]), step("one", Op::StopTwice, &[])];
    let (report, ..) = run(steps).await;
    assert!(report.done.is_empty());
    assert!(
        report
            .failed
            .iter()
            .all(|failure| failure.error == StepError::interrupted())
    );
    assert_eq!(report.failed.len(), 2);
    assert!(began.elapsed() < SECOND);
}

struct Faulty {
    before: bool,
}

impl FaultHook for Faulty {
    fn before(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        if self.before {
            Err(StepError::remote("fault before"))
        } else {
            Ok(())
        }
    }

    fn after(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        if self.before {
            Ok(())
        } else {
            Err(StepError::remote("fault after"))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_before_keeps_the_effect_from_happening_and_one_after_does_not() {
    for before in [true, false] {
        let (report, world, _) = run_with(
            vec![step("x", Op::Work(SECOND), &[])],
            Lane::Hetzner,
            Some(Arc::new(Faulty { before })),
        )
        .await;
        assert_eq!(report.failed.len(), 1);
        assert_eq!(world.attempts.lock().unwrap().len(), usize::from(!before));
    }
}
