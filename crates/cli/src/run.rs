//! What `apply`, `destroy`, `replace` and `import` share: asking, carrying out, and saying what came of it.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use console::style;
use hoist_app::{Applied, Approvals, Filter, Plan, SavedPlan};
use hoist_engine::{Engine, Event, Journal, Sink, Stop, Tee};
use hoist_model::{ErrorKind, Goal, Verb};

use crate::Hooks;
use crate::args::{Format, Run};
use crate::failure::Failure;
use crate::term::{self, Json, Plain, Tree};
use crate::world::World;

/// What is to be carried out.
pub(crate) struct Request<'a> {
    pub(crate) command: &'static str,
    pub(crate) goal: Goal,
    pub(crate) filter: Filter,
    pub(crate) run: &'a Run,
    pub(crate) saved: Option<SavedPlan>,
    pub(crate) verbose: bool,
}

/// Locks, plans, asks, carries out, unlocks. Returns the exit code.
pub(crate) async fn run(world: &World, request: Request<'_>, hooks: Hooks) -> Result<u8, Failure> {
    let stop = Stop::new();
    on_signals(stop.clone());
    let journal = Arc::new(open_journal(&world.folder)?);
    let mut lock = world.lock(request.command).await?;
    let result = tokio::select! {
        result = locked(world, &request, hooks, &stop, &journal) => result,
        // Somebody else has it now: whatever runs here must end.
        lost = lock.lost() => Err(lost),
    };
    lock.release().await;
    let code = result?;
    if let Some(failure) = journal.failure() {
        return Err(full(&failure.to_string()));
    }
    Ok(code)
}

async fn locked(
    world: &World,
    request: &Request<'_>,
    hooks: Hooks,
    stop: &Stop,
    journal: &Arc<Journal>,
) -> Result<u8, Failure> {
    let began = Instant::now();
    let survey = tokio::select! {
        survey = world.phases.survey(&world.spec, request.goal) => survey?,
        () = stop.wait() => return Err(interrupted()),
    };
    if let Some(saved) = &request.saved {
        saved.check(&survey.plan)?;
    }
    let plan = survey.wanted(&request.filter);
    let quiet = request.run.output == Format::Json;
    if !quiet {
        print!("{}", term::text(&plan));
    }
    let mut approvals = Approvals::parse(request.run.allow.iter().map(String::as_str)).map_err(Failure::user)?;
    world.approve(request, &plan, &mut approvals);
    if plan.changes() > 0 {
        ask(request, &plan, &mut approvals, stop)?;
    }

    let reporter: Arc<dyn Sink> = match request.run.output {
        Format::Json => Arc::new(Json),
        Format::Text if std::io::stderr().is_terminal() => Arc::new(Tree::new()),
        Format::Text => Arc::new(Plain {
            verbose: request.verbose,
        }),
    };
    let events = Tee(vec![journal.clone(), reporter]);
    events.send(Event::RunStarted {
        version: 1,
        cluster: world.spec.cluster.name.to_string(),
        command: request.command.to_owned(),
    });
    let engine = Engine::new(events.clone(), stop.clone()).with_faults(hooks.faults);
    let applied = world
        .phases
        .apply(
            &world.spec,
            request.goal,
            survey,
            &request.filter,
            &approvals,
            &engine,
            &events,
            stop,
        )
        .await?;
    conclude(&applied, began.elapsed(), quiet, journal.path())
}

/// Asks on a terminal: yes for what changes, the thing's own name for what destroys.
fn ask(request: &Request<'_>, plan: &Plan, approvals: &mut Approvals, stop: &Stop) -> Result<(), Failure> {
    let terminal =
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && request.run.output == Format::Text;
    if terminal {
        for step in &plan.steps {
            if matches!(step.risk, hoist_model::Risk::Destructive(_)) && !approvals.allows(step.verb, &step.key) {
                let name = step.key.name();
                let typed = inquire::Text::new(&format!(
                    "{} {}: type {name} to allow it, or nothing to leave it:",
                    step.verb, step.key
                ))
                .prompt_skippable();
                if typed.ok().flatten().as_deref() == Some(name) {
                    approvals.allow(step.verb, step.key.clone());
                }
            }
        }
    }
    let harmless = plan
        .steps
        .iter()
        .any(|step| step.verb.changes() && !matches!(step.risk, hoist_model::Risk::Destructive(_)));
    if request.run.yes || !harmless {
        return Ok(());
    }
    if !terminal {
        return Err(
            Failure::user("there are changes and nobody to ask: standard input is not a terminal")
                .hint("look at the plan above, then run it again with -y"),
        );
    }
    match inquire::Confirm::new("Carry this out?").with_default(false).prompt() {
        Ok(true) if !stop.requested() => Ok(()),
        _ => Err(interrupted()),
    }
}

fn conclude(applied: &Applied, elapsed: Duration, quiet: bool, journal: &Path) -> Result<u8, Failure> {
    if !quiet {
        for time in &applied.times {
            eprintln!(
                "{:8} {:>4} steps  {}",
                time.phase.to_string(),
                time.steps,
                term::duration(Duration::from_millis(time.elapsed_ms))
            );
        }
    }
    if applied.converged {
        if !quiet {
            eprintln!(
                "{} as hoist.yaml says, after {} ({} rounds).",
                style("Done:").green().bold(),
                term::duration(elapsed),
                applied.rounds
            );
        }
        return Ok(0);
    }
    let mut text = String::new();
    let mut hint = None;
    for failure in &applied.failed {
        text.push_str(&format!("\n{}: {}", failure.key, failure.error));
        if hint.is_none() {
            hint.clone_from(&failure.error.hint);
        }
    }
    for (key, why) in &applied.withheld {
        text.push_str(&format!("\n{key}: {why}"));
    }
    for key in &applied.unsettled {
        text.push_str(&format!(
            "\n{key}: done three times and still not as desired; something else changes it back"
        ));
    }
    let blocked = applied
        .last
        .as_ref()
        .map(|plan| plan.blocked.as_slice())
        .unwrap_or_default();
    for (blocked, _) in term::causes(blocked) {
        text.push_str(&format!("\n{}: {}", blocked.key, blocked.why));
        if hint.is_none() {
            hint.clone_from(&blocked.hint);
        }
    }
    if applied.stopped {
        let mut failure = interrupted();
        failure.message.push_str(&text);
        return Err(failure);
    }
    let kind = applied
        .failed
        .first()
        .map_or(ErrorKind::User, |failure| failure.error.kind);
    let waits_for_word = applied.failed.is_empty() && !applied.withheld.is_empty();
    let what = if waits_for_word {
        "not everything was done"
    } else {
        "it did not get there"
    };
    let hint = hint.unwrap_or_else(|| {
        format!(
            "run it again when that is mended: it goes on from here. The journal is {}",
            journal.display()
        )
    });
    Err(Failure::new(kind, format!("{what}:{text}")).hint(hint))
}

fn interrupted() -> Failure {
    Failure::new(
        ErrorKind::Interrupted,
        "stopped on request; the same command goes on from here",
    )
}

fn open_journal(folder: &Path) -> Result<Journal, Failure> {
    let name = format!(
        "{}-{}",
        chrono::Utc::now().format("%Y%m%dT%H%M%S%.3fZ"),
        std::process::id()
    );
    Journal::create(&folder.join(".hoist").join("journal"), &name).map_err(|error| full(&error.to_string()))
}

fn full(message: &str) -> Failure {
    Failure::user(message)
        .hint("make room on that disk, or run hoist where it may write; nothing in .hoist/ is needed to go on")
}

/// The first Ctrl-C finishes running steps; the second ends them now.
fn on_signals(stop: Stop) {
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stop.request();
        }
    });
}

/// The destructive word that `destroy` takes for the whole: `delete:cluster/NAME`.
pub(crate) fn allow_whole(cluster: &str, plan: &Plan, approvals: &mut Approvals) {
    let whole = hoist_model::Key::new("cluster", cluster);
    if approvals.allows(Verb::Delete, &whole) {
        for step in &plan.steps {
            approvals.allow(step.verb, step.key.clone());
        }
    }
}
