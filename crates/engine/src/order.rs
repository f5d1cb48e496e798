//! The one rule of order: a step comes after the steps that it needs. Ties keep the order in which steps were given.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hoist_model::{Key, Step};

/// Steps that need each other in a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("steps wait for each other in a ring: {}", path(.0))]
pub struct Cycle(pub Vec<Key>);

fn path(keys: &[Key]) -> String {
    keys.iter()
        .chain(keys.first())
        .map(Key::to_string)
        .collect::<Vec<_>>()
        .join(" → ")
}

/// For each step the indices of the steps in the set that it needs. Needs without a step are met.
pub(crate) fn edges<Op>(steps: &[Step<Op>]) -> Vec<Vec<usize>> {
    let index: HashMap<&Key, usize> = steps.iter().enumerate().map(|(i, step)| (&step.key, i)).collect();
    steps
        .iter()
        .enumerate()
        .map(|(own, step)| {
            let needed: BTreeSet<usize> = step.needs.iter().filter_map(|key| index.get(key).copied()).collect();
            needed.into_iter().filter(|&i| i != own).collect()
        })
        .collect()
}

/// Sorts steps so that each comes after those that it needs, or names a ring. Steps of one group stay together as far
/// as their needs let them: a plan is read by people.
pub fn linearize<Op>(steps: Vec<Step<Op>>) -> Result<Vec<Step<Op>>, Cycle> {
    let needs = edges(&steps);
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependants = vec![Vec::new(); steps.len()];
    for (step, needed) in needs.iter().enumerate() {
        for &other in needed {
            dependants[other].push(step);
        }
    }
    let mut ready: BTreeMap<Option<&str>, BTreeSet<usize>> = BTreeMap::new();
    for step in (0..steps.len()).filter(|&i| missing[i] == 0) {
        ready.entry(steps[step].group.as_deref()).or_default().insert(step);
    }
    let mut order = Vec::with_capacity(steps.len());
    let mut group = None;
    loop {
        if ready.get(&group).is_none_or(BTreeSet::is_empty) {
            let first = ready
                .iter()
                .filter_map(|(group, steps)| Some((steps.first()?, *group)))
                .min();
            let Some((_, next)) = first else { break };
            group = next;
        }
        let Some(next) = ready.get_mut(&group).and_then(BTreeSet::pop_first) else {
            break;
        };
        order.push(next);
        for &dependant in &dependants[next] {
            missing[dependant] -= 1;
            if missing[dependant] == 0 {
                ready
                    .entry(steps[dependant].group.as_deref())
                    .or_default()
                    .insert(dependant);
            }
        }
    }
    if order.len() < steps.len() {
        return Err(ring(&steps, &needs, &missing));
    }
    let mut steps: Vec<Option<Step<Op>>> = steps.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|i| steps[i].take()).collect())
}

fn ring<Op>(steps: &[Step<Op>], needs: &[Vec<usize>], missing: &[usize]) -> Cycle {
    let mut seen = Vec::new();
    // Each step that is left has a need that is left: following these must come back to one that was seen.
    let mut at = missing.iter().position(|&count| count > 0).unwrap_or_default();
    loop {
        if let Some(start) = seen.iter().position(|&i| i == at) {
            return Cycle(seen[start..].iter().map(|&i: &usize| steps[i].key.clone()).collect());
        }
        seen.push(at);
        match needs[at].iter().find(|&&i| missing[i] > 0) {
            Some(&next) => at = next,
            None => return Cycle(seen.iter().map(|&i| steps[i].key.clone()).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hoist_model::{Reason, Verb};
    use proptest::prelude::*;

    fn step(name: usize, needs: &[usize]) -> Step<()> {
        let key = |i: usize| Key::new("t", i.to_string());
        Step::new(key(name), Verb::Create, (), Reason::Missing).needs(needs.iter().map(|&i| key(i)))
    }

    proptest! {
        #[test]
        fn each_step_comes_after_its_needs(edges in proptest::collection::vec(proptest::collection::vec(0usize..40, 0..5), 1..40), shuffle in any::<u64>()) {
            // Needs point to smaller numbers only, so that there is no ring; the order of giving is mixed.
            let mut steps: Vec<_> = edges.iter().enumerate().map(|(i, needs)| {
                let needs: Vec<usize> = needs.iter().copied().filter(|&n| n < i).collect();
                step(i, &needs)
            }).collect();
            let len = steps.len();
            steps.rotate_left(usize::try_from(shuffle % len as u64).unwrap());
            let order = linearize(steps).unwrap();
            prop_assert_eq!(order.len(), len);
            for (place, step) in order.iter().enumerate() {
                for need in &step.needs {
                    prop_assert!(order[..place].iter().any(|earlier| &earlier.key == need));
                }
            }
        }
    }

    #[test]
    fn a_ring_is_named_whole() {
        let error = linearize(vec![step(0, &[2]), step(1, &[0]), step(2, &[1]), step(3, &[])]).unwrap_err();
        insta::assert_snapshot!(error, @"steps wait for each other in a ring: t/0 → t/2 → t/1 → t/0");
    }

    #[test]
    fn a_group_stays_together_as_far_as_its_needs_let_it() {
        let steps = vec![
            step(0, &[]).group("a"),
            step(1, &[]).group("b"),
            step(2, &[0]).group("a"),
            step(3, &[1]).group("a"),
            step(4, &[]).group("b"),
        ];
        let order: Vec<_> = linearize(steps)
            .unwrap()
            .into_iter()
            .map(|step| step.key.name().to_owned())
            .collect();
        assert_eq!(order, ["0", "2", "1", "4", "3"]);
    }

    #[test]
    fn a_need_without_a_step_is_met() {
        assert_eq!(linearize(vec![step(1, &[9])]).unwrap().len(), 1);
    }
}
