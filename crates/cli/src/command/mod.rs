//! One function a command.

pub(crate) mod chart;
mod inspect;
mod local;
mod lookup;
mod machine;
mod render;
mod sandbox;
mod vendor;

pub(crate) use local::{check, completion, init, load, schema};
pub(crate) use machine::known_hosts_line;

use std::path::Path;

use hoist_app::{Filter, SavedPlan};
use hoist_model::{Goal, PhaseName};

use crate::Hooks;
use crate::args::{Apply, Cli, Command, Destroy, PhaseArg, Plan, PlanFormat, Replace, Selection};
use crate::failure::Failure;
use crate::run::{Request, run};
use crate::term;
use crate::world::World;

/// Runs a command that needs the network.
pub(crate) async fn dispatch(cli: Cli, hooks: Hooks) -> Result<u8, Failure> {
    let Cli {
        file, verbose, command, ..
    } = cli;
    let verbose = verbose > 0;
    match command {
        Command::Plan(args) => plan(&file, &args).await,
        Command::Apply(args) => apply(&file, &args, verbose, hooks).await,
        Command::Destroy(args) => destroy(&file, &args, verbose, hooks).await,
        Command::Replace(args) => replace(&file, &args, verbose, hooks).await,
        Command::Import(args) => machine::import(&file, &args, verbose, hooks).await,
        Command::Status(args) => inspect::status(&file, args.output).await,
        Command::Verify(args) => inspect::verify(&file, &args).await,
        Command::Output(args) => inspect::output(&file, args.output).await,
        Command::Ssh { machine, command } => machine::ssh(&file, &machine, &command).await,
        Command::Kubeconfig(args) => machine::kubeconfig(&file, &args).await,
        Command::Render { what, out } => render::render(&file, what, &out).await,
        Command::Vendor(args) => vendor::vendor(&file, &args).await,
        Command::Sandbox(args) => sandbox::sandbox(args).await,
        Command::Init { .. }
        | Command::Check(_)
        | Command::Schema
        | Command::Chart(_)
        | Command::Completion { .. }
        | Command::KnownHostsLine { .. } => Err(Failure::internal("a local command was sent to the network")),
    }
}

async fn plan(file: &Path, args: &Plan) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let filter = filter(&world, &args.selection);
    let survey = world.phases.survey(&world.spec, Goal::Converge).await?;
    let plan = survey.wanted(&filter);
    if let Some(save) = &args.save {
        write_atomically(save, SavedPlan::new(plan.clone()).to_text())?;
    }
    match args.output {
        PlanFormat::Text => print!("{}", term::text(&plan)),
        PlanFormat::Markdown => print!("{}", term::markdown(&plan)),
        PlanFormat::Json => println!(
            "{}",
            serde_json::to_string_pretty(&plan).map_err(|error| Failure::internal(error.to_string()))?
        ),
    }
    if !plan.blocked.is_empty() {
        return Err(Failure::user("part of the plan is blocked: see above"));
    }
    Ok(if plan.changes() > 0 { 2 } else { 0 })
}

async fn apply(file: &Path, args: &Apply, verbose: bool, hooks: Hooks) -> Result<u8, Failure> {
    let saved = args
        .plan
        .as_deref()
        .map(|path| {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::user(format!("cannot read {}: {error}", path.display())))?;
            SavedPlan::parse(&text).map_err(Failure::from)
        })
        .transpose()?;
    let world = World::open(file).await?;
    let filter = filter(&world, &args.selection);
    let request = Request {
        command: "apply",
        goal: Goal::Converge,
        filter,
        run: &args.run,
        saved,
        verbose,
    };
    run(&world, request, hooks).await
}

async fn destroy(file: &Path, args: &Destroy, verbose: bool, hooks: Hooks) -> Result<u8, Failure> {
    let world = World::open(file).await?;
    let goal = Goal::Destroy {
        abandon_cluster: args.abandon_cluster,
    };
    let request = Request {
        command: "destroy",
        goal,
        filter: Filter::default(),
        run: &args.run,
        saved: None,
        verbose,
    };
    run(&world, request, hooks).await
}

async fn replace(file: &Path, args: &Replace, verbose: bool, hooks: Hooks) -> Result<u8, Failure> {
    let world = World::replacing(file, &args.machine).await?;
    let facts = world.phases.survey(&world.spec, Goal::Converge).await?.facts;
    // Its etcd member would have to be removed, or etcd be saved, first: hoist does neither yet.
    if world.spec.servers().any(|(name, _)| name == args.machine) && facts.installed.contains(&args.machine) {
        let message = format!(
            "{} is a control plane of a running cluster: replacing it would lose what etcd keeps there",
            args.machine
        );
        return Err(Failure::user(message)
            .hint("`hoist destroy` and then `hoist apply` make the cluster anew, without its data"));
    }
    let request = Request {
        command: "replace",
        goal: Goal::Converge,
        filter: Filter::default(),
        run: &args.run,
        saved: None,
        verbose,
    };
    run(&world, request, hooks).await
}

fn filter(world: &World, selection: &Selection) -> Filter {
    let phases = selection.phases.iter().map(|phase| match phase {
        PhaseArg::Infra => PhaseName::Infra,
        PhaseArg::Nodes => PhaseName::Nodes,
        PhaseArg::Cluster => PhaseName::Cluster,
    });
    Filter {
        phases: phases.collect(),
        include: world.tagged(&selection.include),
        exclude: world.tagged(&selection.exclude),
    }
}

/// Writes a whole file or nothing.
pub(crate) fn write_atomically(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_ref())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| Failure::user(format!("cannot write {}: {error}", path.display())))
}
