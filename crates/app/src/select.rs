//! Which steps of a plan are carried out in this round, and why the others are not.

use std::collections::{BTreeMap, BTreeSet};

use hoist_model::{Blocked, Key, PhaseName, Step, Verb};

use crate::Approvals;

/// Which parts of a plan the person wants. What is left out counts as met for what needs it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Phases; empty means all.
    pub phases: BTreeSet<PhaseName>,
    /// Groups (components, machines) to take; empty means all. Applies to the cluster phase.
    pub include: BTreeSet<String>,
    /// Groups to leave out; wins over `include`.
    pub exclude: BTreeSet<String>,
}

impl Filter {
    /// Whether anything of a phase is wanted.
    pub fn takes_phase(&self, phase: PhaseName) -> bool {
        self.phases.is_empty() || self.phases.contains(&phase)
    }

    /// Whether a step is wanted.
    pub fn takes(&self, phase: PhaseName, group: Option<&str>) -> bool {
        if !self.takes_phase(phase) {
            return false;
        }
        if phase != PhaseName::Cluster {
            return self.include.is_empty() || self.phases.contains(&phase);
        }
        let named = |set: &BTreeSet<String>| group.is_some_and(|group| set.contains(group));
        !named(&self.exclude) && (self.include.is_empty() || named(&self.include))
    }
}

/// Steps of a round.
pub(crate) struct Selected<Op> {
    pub(crate) run: Vec<(PhaseName, Step<Op>)>,
    /// Destructive steps without their word, and what waits for them.
    pub(crate) withheld: BTreeMap<Key, String>,
    /// Steps that are planned again before they are carried out.
    pub(crate) deferred: BTreeSet<Key>,
}

/// Parts ordered steps into those to run now and the rest. A step waits when one that it needs does.
pub(crate) fn select<Op: Clone>(
    steps: &[(PhaseName, Step<Op>)],
    blocked: &[Blocked],
    approvals: &Approvals,
) -> Selected<Op> {
    let blocked: BTreeSet<&Key> = blocked.iter().map(|blocked| &blocked.key).collect();
    let mut held: BTreeMap<Key, String> = BTreeMap::new();
    let mut later: BTreeSet<Key> = BTreeSet::new();
    let mut run = Vec::new();
    // A machine that is booting is one of which nobody knows yet what it will be: what runs in the cluster may count on it.
    let booting = steps
        .iter()
        .any(|(phase, step)| *phase == PhaseName::Nodes && step.verb == Verb::Await && step.key.kind() == "host");
    for (phase, step) in steps {
        let counts_on_it = booting && *phase == PhaseName::Cluster && step.verb != Verb::Delete;
        let held_by = step.needs.iter().find(|need| held.contains_key(need)).cloned();
        if !approvals.covers(step) {
            held.insert(
                step.key.clone(),
                format!("needs its own word: --allow {}:{}", step.verb, step.key),
            );
        } else if let Some(need) = step.needs.iter().find(|need| blocked.contains(need)) {
            held.insert(step.key.clone(), format!("waits for {need}, which is blocked"));
        } else if let Some(need) = held_by {
            held.insert(step.key.clone(), format!("waits for {need}"));
        } else if step.provisional || counts_on_it || step.needs.iter().any(|need| later.contains(need)) {
            later.insert(step.key.clone());
        } else {
            run.push((*phase, step.clone()));
        }
    }
    Selected {
        run,
        withheld: held,
        deferred: later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hoist_model::{Reason, Risk};

    fn step(name: &str, needs: &[&str]) -> Step<()> {
        Step::new(Key::server(name), Verb::Create, (), Reason::Missing)
            .needs(needs.iter().map(|name| Key::server(name)))
    }

    fn names(selected: &Selected<()>) -> Vec<&str> {
        selected.run.iter().map(|(_, step)| step.key.name()).collect()
    }

    #[test]
    fn what_is_provisional_and_what_waits_for_it_comes_later() {
        let steps = [
            step("a", &[]),
            step("b", &["a"]).provisional(true),
            step("c", &["b"]),
            step("d", &["a"]),
        ];
        let steps: Vec<_> = steps.into_iter().map(|step| (PhaseName::Infra, step)).collect();
        let selected = select(&steps, &[], &Approvals::default());
        assert_eq!(names(&selected), ["a", "d"]);
        assert_eq!(selected.deferred.len(), 2);
    }

    #[test]
    fn a_destructive_step_waits_for_its_word_and_holds_what_needs_it() {
        let mut gone = step("a", &[]).risk(Risk::Destructive("the server and its disk".into()));
        gone.verb = Verb::Delete;
        let steps = vec![(PhaseName::Infra, gone), (PhaseName::Infra, step("b", &["a"]))];
        let selected = select(&steps, &[], &Approvals::default());
        assert!(selected.run.is_empty());
        assert_eq!(
            selected.withheld[&Key::server("a")],
            "needs its own word: --allow delete:server/a"
        );
        let approvals = Approvals::parse(["delete:server/a"]).unwrap();
        assert_eq!(names(&select(&steps, &[], &approvals)), ["a", "b"]);
    }

    #[test]
    fn the_cluster_waits_until_it_is_known_what_a_booting_machine_is() {
        let mut host = step("x", &[]);
        (host.key, host.verb) = (Key::new("host", "worker"), Verb::Await);
        let mut object = step("x", &[]);
        object.key = Key::new("Deployment.apps", "a/b");
        let steps = vec![(PhaseName::Nodes, host), (PhaseName::Cluster, object)];
        let selected = select(&steps, &[], &Approvals::default());
        assert_eq!(selected.run.len(), 1);
        assert_eq!(selected.deferred, [Key::new("Deployment.apps", "a/b")].into());
    }

    #[test]
    fn what_waits_for_something_blocked_is_held() {
        let blocked = Blocked {
            key: Key::server("a"),
            why: "its name is taken".into(),
            hint: None,
        };
        let selected = select(
            &[(PhaseName::Infra, step("b", &["a"]))],
            &[blocked],
            &Approvals::default(),
        );
        assert!(selected.run.is_empty());
    }

    #[test]
    fn tags_choose_within_the_cluster_and_exclude_wins() {
        let filter = Filter {
            include: ["cilium".into(), "coredns".into()].into(),
            exclude: ["coredns".into()].into(),
            ..Filter::default()
        };
        assert!(filter.takes(PhaseName::Cluster, Some("cilium")));
        assert!(!filter.takes(PhaseName::Cluster, Some("coredns")));
        assert!(!filter.takes(PhaseName::Cluster, Some("cert-manager")));
        assert!(!filter.takes(PhaseName::Infra, None));
    }
}
