//! The planner, text in and text out: a scenario is the machines of a spec and the objects of a project.

mod dns;
mod errors;
mod property;
mod scenarios;
mod world;

pub(crate) use world::{Scenario, read};

use hoist_model::{Draft, Risk};

use crate::desired::{self, Ask, Desired};
use crate::op::Op;

/// A deploy key of tests.
pub(super) const DEPLOY: &str = "ssh-ed25519 AAAADEPLOY this run";

pub(super) fn desired_of(scenario: &Scenario) -> Result<Desired, String> {
    let ask = Ask {
        goal: scenario.goal,
        replace: &scenario.replace,
        deploy_key: DEPLOY,
        imports: &scenario.imports,
    };
    desired::desired(&ask, &scenario.inputs, &scenario.observed).map_err(|problems| problems.to_string())
}

/// What `hoist plan` would say of a scenario.
pub(super) fn told(text: &str) -> String {
    let scenario = read(text);
    match desired_of(&scenario) {
        Ok(desired) => show(&super::plan(&desired, &scenario.observed)),
        Err(problems) => format!("refused: {problems}\n"),
    }
}

pub(super) fn show(draft: &Draft<Op>) -> String {
    let mut out = String::new();
    for step in &draft.steps {
        out.push_str(&format!(
            "{} {}: {}{}\n",
            step.verb,
            step.key,
            step.reason,
            if step.provisional { " (later)" } else { "" }
        ));
        if !step.needs.is_empty() {
            let needs: Vec<_> = step.needs.iter().map(ToString::to_string).collect();
            out.push_str(&format!("  needs {}\n", needs.join(" ")));
        }
        match &step.risk {
            Risk::None => {}
            Risk::Downtime(what) => out.push_str(&format!("  downtime: {what}\n")),
            Risk::Destructive(what) => out.push_str(&format!("  lost: {what}\n")),
        }
        if let Some(cost) = step.cost {
            out.push_str(&format!(
                "  cents a month: {} -> {}\n",
                cost.before_cents, cost.after_cents
            ));
        }
    }
    for blocked in &draft.blocked {
        out.push_str(&format!("blocked {}: {}\n", blocked.key, blocked.why));
        if let Some(hint) = &blocked.hint {
            out.push_str(&format!("  hint: {hint}\n"));
        }
    }
    if out.is_empty() { "nothing to do\n".into() } else { out }
}
