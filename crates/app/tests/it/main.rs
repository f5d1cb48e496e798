//! Three small phases over a world in memory: rounds, facts between phases, approval, and what does not settle.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hoist_app::{Applied, Approvals, Filter, Phases, SavedPlan};
use hoist_engine::{Engine, Stop, Tee};
use hoist_model::{
    At, Blocked, Diagnostics, Draft, Facts, Goal, Key, Lookup, Outcome, Phase, PhaseName, Reason, Risk, ServerFacts,
    Status, Step, StepCx, StepError, Verb,
};
use serde::Serialize;

/// What is wanted: names of things a phase, in order.
type Spec = [Vec<&'static str>; 3];

#[derive(Default)]
struct World {
    things: Mutex<BTreeSet<String>>,
    writes: Mutex<Vec<String>>,
    forgetful: bool,
}

struct Fake {
    name: PhaseName,
    world: Arc<World>,
    blocked: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
enum Op {
    Make(String),
    Remove(String),
}

impl Fake {
    fn key(&self, name: &str) -> Key {
        Key::new(self.name.to_string(), name)
    }
}

impl Phase for Fake {
    type Spec = Spec;
    type Inputs = ();
    type Desired = Vec<String>;
    type Observed = BTreeSet<String>;
    type Op = Op;

    fn name(&self) -> PhaseName {
        self.name
    }

    async fn gather(&self, _at: &At<'_, Spec>) -> Result<(), Diagnostics> {
        Ok(())
    }

    async fn observe(&self, _at: &At<'_, Spec>) -> BTreeSet<String> {
        let prefix = format!("{}/", self.name);
        self.world
            .things
            .lock()
            .unwrap()
            .iter()
            .filter_map(|thing| thing.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect()
    }

    fn publish(&self, observed: &BTreeSet<String>, facts: &mut Facts) {
        if self.name == PhaseName::Infra {
            for name in observed {
                let facts_of = ServerFacts {
                    id: 1,
                    address: None,
                    private_ipv4: None,
                    private_mac: None,
                    host_keys: hoist_model::HostKeyPins::default(),
                    architecture: "x86".into(),
                    running: true,
                };
                facts.servers.insert(name.clone(), Lookup::Present(facts_of));
            }
        }
    }

    fn desired(
        &self,
        at: &At<'_, Spec>,
        _inputs: &(),
        _observed: &BTreeSet<String>,
    ) -> Result<Vec<String>, Diagnostics> {
        let index = match self.name {
            PhaseName::Infra => 0,
            PhaseName::Nodes => 1,
            PhaseName::Cluster => 2,
        };
        let wanted = if at.goal == Goal::Converge {
            at.spec[index].clone()
        } else {
            Vec::new()
        };
        Ok(wanted.into_iter().map(str::to_owned).collect())
    }

    fn plan(&self, at: &At<'_, Spec>, desired: &Vec<String>, observed: &BTreeSet<String>) -> Draft<Op> {
        let mut draft = Draft::default();
        for name in desired.iter().filter(|name| !observed.contains(*name)) {
            let step = Step::new(self.key(name), Verb::Create, Op::Make(name.clone()), Reason::Missing);
            // Later phases need to know a server before they can do anything.
            let unknown = self.name != PhaseName::Infra && at.facts.servers.is_empty();
            draft.steps.push(step.provisional(unknown));
        }
        for name in observed.iter().filter(|name| !desired.contains(*name)) {
            let reason = Reason::NotDesired {
                because: "not in the spec".into(),
            };
            draft.steps.push(
                Step::new(self.key(name), Verb::Delete, Op::Remove(name.clone()), reason)
                    .risk(Risk::Destructive("all of it".into())),
            );
        }
        if let Some(name) = self.blocked {
            draft.steps.retain(|step| step.key.name() != name);
            draft.blocked.push(Blocked {
                key: self.key(name),
                why: "its name is taken".into(),
                hint: None,
            });
        }
        draft
    }

    async fn perform(
        &self,
        op: &Op,
        _desired: &Vec<String>,
        _facts: &Facts,
        _cx: &StepCx,
    ) -> Result<Outcome, StepError> {
        let (word, name) = match op {
            Op::Make(name) => ("make", name),
            Op::Remove(name) => ("remove", name),
        };
        let thing = format!("{}/{name}", self.name);
        self.world.writes.lock().unwrap().push(format!("{word} {thing}"));
        let mut things = self.world.things.lock().unwrap();
        if word == "remove" {
            things.remove(&thing);
        } else if !self.world.forgetful {
            things.insert(thing);
        }
        Ok(Outcome::done())
    }

    fn status(&self, _desired: &Vec<String>, _observed: &BTreeSet<String>) -> Vec<(Key, Status)> {
        Vec::new()
    }
}

fn phases(world: &Arc<World>, blocked: Option<&'static str>) -> Arc<Phases<Fake, Fake, Fake>> {
    let fake = |name| Fake {
        name,
        world: world.clone(),
        blocked: blocked.filter(|_| name == PhaseName::Infra),
    };
    Arc::new(Phases {
        name: "test".into(),
        infra: fake(PhaseName::Infra),
        nodes: fake(PhaseName::Nodes),
        cluster: fake(PhaseName::Cluster),
        replace: BTreeSet::new(),
    })
}

async fn apply(phases: &Arc<Phases<Fake, Fake, Fake>>, spec: &Spec, goal: Goal, approvals: &Approvals) -> Applied {
    let (events, stop) = (Tee::default(), Stop::new());
    let first = phases.survey(spec, goal).await.unwrap();
    let engine = Engine::new(events.clone(), stop.clone());
    phases
        .apply(
            spec,
            goal,
            first,
            &Filter::default(),
            approvals,
            &engine,
            &events,
            &stop,
        )
        .await
        .unwrap()
}

fn spec() -> Spec {
    [vec!["server"], vec!["node"], vec!["object"]]
}

const DESTROY: Goal = Goal::Destroy { abandon_cluster: false };

#[tokio::test]
async fn a_plan_for_nothing_at_all_is_complete_and_is_carried_out_in_rounds() {
    let world = Arc::new(World::default());
    let phases = phases(&world, None);
    let survey = phases.survey(&spec(), Goal::Converge).await.unwrap();
    let keys: Vec<String> = survey.plan.steps.iter().map(|step| step.key.to_string()).collect();
    assert_eq!(keys, ["infra/server", "nodes/node", "cluster/object"]);
    assert!(world.writes.lock().unwrap().is_empty());

    let applied = apply(&phases, &spec(), Goal::Converge, &Approvals::default()).await;
    assert!(applied.converged);
    assert_eq!(applied.rounds, 2);
    assert_eq!(
        *world.writes.lock().unwrap(),
        ["make infra/server", "make nodes/node", "make cluster/object"]
    );
    assert!(phases.survey(&spec(), Goal::Converge).await.unwrap().plan.is_empty());
}

#[tokio::test]
async fn nothing_is_destroyed_without_its_word_and_then_it_goes_from_the_inside_out() {
    let world = Arc::new(World::default());
    let phases = phases(&world, None);
    apply(&phases, &spec(), Goal::Converge, &Approvals::default()).await;
    world.writes.lock().unwrap().clear();

    let applied = apply(&phases, &spec(), DESTROY, &Approvals::default()).await;
    assert!(!applied.converged);
    assert!(world.writes.lock().unwrap().is_empty());
    assert_eq!(
        applied.withheld[&Key::new("cluster", "object")],
        "needs its own word: --allow delete:cluster/object"
    );

    let words = ["delete:infra/server", "delete:nodes/node", "delete:cluster/object"];
    assert!(
        apply(&phases, &spec(), DESTROY, &Approvals::parse(words).unwrap())
            .await
            .converged
    );
    assert_eq!(
        *world.writes.lock().unwrap(),
        ["remove cluster/object", "remove nodes/node", "remove infra/server"]
    );
}

#[tokio::test]
async fn what_is_blocked_keeps_the_run_from_converging() {
    let world = Arc::new(World::default());
    let phases = phases(&world, Some("server"));
    let applied = apply(&phases, &spec(), Goal::Converge, &Approvals::default()).await;
    assert!(!applied.converged);
    assert_eq!(applied.last.unwrap().blocked.len(), 1);
}

#[tokio::test]
async fn steps_that_come_back_again_and_again_end_the_run() {
    let world = Arc::new(World {
        forgetful: true,
        ..World::default()
    });
    let phases = phases(&world, None);
    let applied = apply(&phases, &spec(), Goal::Converge, &Approvals::default()).await;
    assert_eq!(applied.unsettled, [Key::new("infra", "server")]);
    assert_eq!(applied.rounds, 3);
}

#[tokio::test]
async fn a_saved_plan_is_refused_when_a_fresh_one_has_more() {
    let world = Arc::new(World::default());
    let phases = phases(&world, None);
    let saved = SavedPlan::new(phases.survey(&spec(), Goal::Converge).await.unwrap().plan);
    let saved = SavedPlan::parse(&saved.to_text()).unwrap();

    let more: Spec = [vec!["server", "another"], vec!["node"], vec!["object"]];
    let error = saved
        .check(&phases.survey(&more, Goal::Converge).await.unwrap().plan)
        .unwrap_err();
    insta::assert_snapshot!(error, @"the saved plan does not hold any more: create infra/another (does not exist)");

    // What was done in between is not missed.
    world.things.lock().unwrap().insert("infra/server".into());
    saved
        .check(&phases.survey(&spec(), Goal::Converge).await.unwrap().plan)
        .unwrap();
}
