//! A plan for people: on a terminal, and as Markdown for a review.

use std::fmt::Write;

use console::{Style, style};
use hoist_app::{Plan, PlanStep};
use hoist_model::{Blocked, Cost, Reason, Risk, Verb};

use super::euro;

fn sign(verb: Verb) -> (&'static str, Style) {
    match verb {
        Verb::Create => ("+", Style::new().green()),
        Verb::Update => ("~", Style::new().yellow()),
        Verb::Replace => ("±", Style::new().red()),
        Verb::Delete => ("-", Style::new().red()),
        Verb::Await => ("…", Style::new().dim()),
    }
}

fn price(cost: Cost) -> String {
    match (cost.before_cents, cost.after_cents) {
        (before, after) if before == after => format!("€{}/month", euro(after)),
        (0, after) => format!("+€{}/month", euro(after)),
        (before, 0) => format!("-€{}/month", euro(before)),
        (before, after) => format!("€{} → €{}/month", euro(before), euro(after)),
    }
}

fn heading(step: &PlanStep) -> String {
    match &step.group {
        Some(group) if *group != step.phase.to_string() => format!("{} · {group}", step.phase),
        _ => step.phase.to_string(),
    }
}

/// One step: its line, and what it changes and risks below it.
fn line(out: &mut String, step: &PlanStep, width: usize, said: bool) {
    let (sign, colour) = sign(step.verb);
    let mut notes = Vec::new();
    match &step.reason {
        // The fields stand below, one a line; a plain "missing" says nothing that the plus sign has not said.
        Reason::Changed { .. } | Reason::Missing => {}
        _ => notes.push(step.why.clone()),
    }
    notes.extend(step.cost.map(price));
    if step.provisional && !said {
        notes.push(LATER.to_owned());
    }
    let key = format!("{:width$}", step.key.to_string());
    let text = format!("  {} {key}  {}", colour.apply_to(sign), style(notes.join(" · ")).dim());
    let _ = writeln!(out, "{}", text.trim_end());
    if let Reason::Changed { fields } = &step.reason {
        for field in fields {
            let _ = writeln!(out, "      {field}");
        }
    }
    match &step.risk {
        Risk::None => {}
        Risk::Downtime(what) => {
            let _ = writeln!(out, "      {} {what}", style("downtime:").yellow());
        }
        Risk::Destructive(what) => {
            let _ = writeln!(out, "      {} {what}", style("destroys:").red().bold());
            let _ = writeln!(out, "      needs its own word: --allow {}:{}", step.verb, step.key);
        }
    }
}

/// What is said of steps whose bodies hold what only earlier steps will tell.
const LATER: &str = "details known after earlier steps";

/// The plan as a person reads it.
pub(crate) fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for run in plan.steps.chunk_by(|a, b| heading(a) == heading(b)) {
        if !out.is_empty() {
            out.push('\n');
        }
        // Said once for all where it holds for all.
        let later = run.iter().all(|step| step.provisional);
        let note = if later {
            style(format!("  ({LATER})")).dim().to_string()
        } else {
            String::new()
        };
        let _ = writeln!(out, "{}{note}", style(heading(&run[0])).bold());
        let width = run
            .iter()
            .map(|step| step.key.to_string().chars().count())
            .max()
            .unwrap_or(0)
            .min(64);
        for step in run {
            line(&mut out, step, width, later);
        }
    }
    for (blocked, also) in causes(&plan.blocked) {
        let _ = writeln!(
            out,
            "\n{} {}: {}",
            style("blocked").red().bold(),
            blocked.key,
            blocked.why
        );
        if let Some(hint) = &blocked.hint {
            let _ = writeln!(out, "  hint: {hint}");
        }
        if !also.is_empty() {
            let _ = writeln!(out, "  it also stands in the way of {}", also.join(", "));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(plan));
    out
}

/// What stands in the way, each cause once, with the later things that name the same one.
pub(crate) fn causes(blocked: &[Blocked]) -> Vec<(&Blocked, Vec<String>)> {
    let mut causes: Vec<(&Blocked, Vec<String>)> = Vec::new();
    for one in blocked {
        match causes.iter_mut().find(|(cause, _)| one.why.ends_with(&cause.why)) {
            Some((_, also)) => also.push(one.key.to_string()),
            None => causes.push((one, Vec::new())),
        }
    }
    causes
}

/// One line: how much of what, and what it costs.
fn summary(plan: &Plan) -> String {
    let count = |verb| plan.steps.iter().filter(|step| step.verb == verb).count();
    let parts: Vec<String> = [
        (Verb::Create, "to create"),
        (Verb::Update, "to update"),
        (Verb::Replace, "to replace"),
        (Verb::Delete, "to delete"),
        (Verb::Await, "to wait for"),
    ]
    .into_iter()
    .filter_map(|(verb, words)| {
        Some(count(verb))
            .filter(|&count| count > 0)
            .map(|count| format!("{count} {words}"))
    })
    .collect();
    let mut line = match (parts.is_empty(), plan.blocked.is_empty()) {
        (true, true) => return format!("Nothing to do: cluster {} is as hoist.yaml says.", plan.cluster),
        (true, false) => format!("Cluster {}", plan.cluster),
        (false, _) => format!("Cluster {}: {}", plan.cluster, parts.join(", ")),
    };
    if !plan.blocked.is_empty() {
        let _ = write!(line, "; {} blocked", plan.blocked.len());
    }
    let cost = plan.cost();
    if cost != Cost::default() {
        let _ = write!(
            line,
            ". List price of the servers it touches: {} (net; running servers keep their rate, a rescale or replace loses it)",
            price(cost)
        );
    }
    line.push('.');
    line
}

/// The plan for a review.
pub(crate) fn markdown(plan: &Plan) -> String {
    let mut out = format!("## hoist plan: {}\n\n{}\n", plan.cluster, summary(plan));
    if !plan.steps.is_empty() {
        out.push_str("\n| | what | why | risk |\n|---|---|---|---|\n");
    }
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for step in &plan.steps {
        let risk = match &step.risk {
            Risk::None => String::new(),
            Risk::Downtime(what) => format!("downtime: {what}"),
            Risk::Destructive(what) => format!("**destroys** {what}"),
        };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {} |",
            step.verb,
            step.key,
            cell(&step.why),
            cell(&risk)
        );
    }
    for blocked in &plan.blocked {
        let _ = writeln!(out, "\n**blocked** `{}`: {}", blocked.key, blocked.why);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use hoist_model::{FieldChange, Key, PhaseName};

    fn step(phase: PhaseName, key: &str, verb: Verb, reason: Reason) -> PlanStep {
        PlanStep {
            phase,
            key: key.parse().unwrap(),
            verb,
            why: reason.to_string(),
            reason,
            risk: Risk::None,
            needs: Vec::new(),
            cost: None,
            group: Some(phase.to_string()),
            provisional: false,
        }
    }

    fn sample() -> Plan {
        let mut server = step(
            PhaseName::Infra,
            "server/kube-control",
            Verb::Update,
            Reason::Changed {
                fields: vec![FieldChange::new("server_type", Some("cpx32"), Some("cpx42"))],
            },
        );
        server.risk = Risk::Downtime("the server is off for about two minutes".into());
        server.cost = Some(Cost {
            before_cents: 1049,
            after_cents: 1999,
        });
        let mut gone = step(
            PhaseName::Infra,
            "server/old",
            Verb::Delete,
            Reason::NotDesired {
                because: "disabled in hoist.yaml".into(),
            },
        );
        gone.risk = Risk::Destructive("the server and its disk".into());
        let mut object = step(
            PhaseName::Cluster,
            "Deployment.apps/kube-system/coredns",
            Verb::Create,
            Reason::Missing,
        );
        object.group = Some("coredns".into());
        object.provisional = true;
        let secret = step(
            PhaseName::Cluster,
            "Secret/cert-manager/token",
            Verb::Update,
            Reason::Changed {
                fields: vec![FieldChange::hidden("data.token")],
            },
        );
        Plan {
            version: 1,
            cluster: "vanixiets".into(),
            steps: vec![server, gone, object, secret],
            blocked: vec![Blocked {
                key: Key::server("taken"),
                why: "a server of this name exists and is not ours".into(),
                hint: Some("`hoist import taken` takes it over".into()),
            }],
        }
    }

    #[test]
    fn a_plan_says_what_why_and_at_which_risk() {
        console::set_colors_enabled(false);
        insta::assert_snapshot!(text(&sample()));
        insta::assert_snapshot!(markdown(&sample()));
    }

    #[test]
    fn an_empty_plan_is_one_line() {
        let plan = Plan {
            version: 1,
            cluster: "vanixiets".into(),
            steps: vec![],
            blocked: vec![],
        };
        insta::assert_snapshot!(text(&plan), @"Nothing to do: cluster vanixiets is as hoist.yaml says.");
    }
}
