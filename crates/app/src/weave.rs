//! Needs across phases, which no phase can state alone: making goes outward from the servers, unmaking comes back.

use hoist_model::{Key, PhaseName, Step, Verb};

/// Adds the needs between phases to steps that hold those within phases.
///
/// A step inside the cluster that needs no other step there needs the servers' nodes that are still to be made; a
/// machine that goes waits for everything inside the cluster that goes, since controllers do the removing.
pub(crate) fn across<Op>(steps: &mut [(PhaseName, Step<Op>)]) {
    let keys = |phase: PhaseName, wanted: fn(Verb) -> bool, steps: &[(PhaseName, Step<Op>)]| -> Vec<Key> {
        steps
            .iter()
            .filter(|(p, step)| *p == phase && wanted(step.verb))
            .map(|(_, step)| step.key.clone())
            .collect()
    };
    let made = |verb| matches!(verb, Verb::Create | Verb::Update | Verb::Replace);
    let gone = |verb| matches!(verb, Verb::Delete);
    let nodes_made = keys(PhaseName::Nodes, made, steps);
    let inside: Vec<Key> = keys(PhaseName::Cluster, |_| true, steps);
    let cluster_gone = keys(PhaseName::Cluster, gone, steps);
    let nodes_gone = keys(PhaseName::Nodes, gone, steps);
    for (phase, step) in steps.iter_mut() {
        match (*phase, step.verb) {
            (PhaseName::Cluster, Verb::Create | Verb::Update | Verb::Replace | Verb::Await)
                if !step.needs.iter().any(|need| inside.contains(need)) =>
            {
                step.needs.extend(nodes_made.iter().cloned());
            }
            (PhaseName::Nodes, Verb::Delete) => step.needs.extend(cluster_gone.iter().cloned()),
            (PhaseName::Infra, Verb::Delete | Verb::Replace) => {
                step.needs.extend(cluster_gone.iter().cloned());
                step.needs.extend(nodes_gone.iter().cloned());
            }
            _ => {}
        }
    }
}
