//! `hoist sandbox`: the embedded cloud.

use std::path::PathBuf;
use std::process::Command;

use hoist_sandbox::supervisor::{self, Options, SandboxError, Standing, Variables};

use crate::args::{Format, Sandbox, SandboxArgs};
use crate::environment;
use crate::failure::Failure;

/// Runs one of its commands.
pub(super) async fn sandbox(command: Sandbox) -> Result<u8, Failure> {
    match command {
        Sandbox::Up(args) => blocking(move || up(&args)).await,
        Sandbox::Down(args) => {
            blocking(move || {
                supervisor::down(&options(&args)).map_err(failed)?;
                eprintln!("sandbox {} is down", args.name);
                Ok(0)
            })
            .await
        }
        Sandbox::Status(args) => blocking(move || status(&args)).await,
        Sandbox::Env(args) => blocking(move || env(&args)).await,
        Sandbox::Serve(args) => supervisor::serve(&options(&args)).await.map(|()| 0).map_err(failed),
    }
}

async fn blocking(work: impl FnOnce() -> Result<u8, Failure> + Send + 'static) -> Result<u8, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Failure::internal(error.to_string()))?
}

fn options(args: &SandboxArgs) -> Options {
    let base = environment::path("XDG_RUNTIME_DIR")
        .filter(|folder| folder.is_dir())
        .map_or_else(
            || std::env::temp_dir().join(format!("hoist-sandbox-{}", nix::unistd::geteuid())),
            |folder| folder.join("hoist-sandbox"),
        );
    Options {
        base,
        name: args.name.clone(),
        scale: args.scale,
        with_foreign: args.with_foreign,
        tools: tools(),
    }
}

/// Where programs are looked for: `HOIST_TOOLS`, the tools of the checkout that this program was built in, PATH.
fn tools() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = environment::path("HOIST_TOOLS").into_iter().collect();
    let target = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.parent()?.join("tools")));
    folders.extend(target.filter(|folder| folder.is_dir()));
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    folders
}

fn failed(error: SandboxError) -> Failure {
    Failure::user(error.to_string())
}

fn up(args: &SandboxArgs) -> Result<u8, Failure> {
    let own =
        std::env::current_exe().map_err(|error| Failure::internal(format!("cannot find the own program: {error}")))?;
    let mut serve = Command::new(own);
    serve.args([
        "sandbox",
        "serve",
        "--name",
        &args.name,
        "--scale",
        &args.scale.to_string(),
    ]);
    if args.with_foreign {
        serve.arg("--with-foreign");
    }
    let variables = supervisor::up(&options(args), &mut serve).map_err(failed)?;
    match args.output {
        Format::Json => json(&variables),
        Format::Text => {
            eprintln!(
                "sandbox {} is up; point this shell at it with\n  eval \"$(hoist sandbox env --name {})\"",
                args.name, args.name
            );
            Ok(0)
        }
    }
}

fn status(args: &SandboxArgs) -> Result<u8, Failure> {
    let standing = supervisor::status(&options(args)).map_err(failed)?;
    match (&standing, args.output) {
        (Standing::Up(variables), Format::Json) => return json(variables),
        (Standing::Down, Format::Json) => println!("null"),
        (Standing::Up(variables), Format::Text) => {
            println!("sandbox {} is up", args.name);
            for (name, value) in variables.iter().filter(|(name, _)| !name.contains("TOKEN")) {
                println!("  {name}={value}");
            }
        }
        (Standing::Down, Format::Text) => println!("sandbox {} is down", args.name),
    }
    Ok(u8::from(standing == Standing::Down))
}

fn env(args: &SandboxArgs) -> Result<u8, Failure> {
    let Standing::Up(variables) = supervisor::status(&options(args)).map_err(failed)? else {
        return Err(failed(SandboxError::NotUp(args.name.clone())));
    };
    if args.output == Format::Json {
        return json(&variables);
    }
    for (name, value) in &variables {
        println!("export {name}='{}'", value.replace('\'', r"'\''"));
    }
    Ok(0)
}

fn json(variables: &Variables) -> Result<u8, Failure> {
    println!(
        "{}",
        serde_json::to_string_pretty(variables).map_err(|error| Failure::internal(error.to_string()))?
    );
    Ok(0)
}
