//! The command line: the only crate of the product that prints, exits and reads the environment.
//!
//! A library so that the fault matrix can run the same program with faults on request; the program is `main.rs`.

mod args;
mod command;
mod environment;
mod failure;
mod run;
mod term;
mod world;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hoist_engine::{FaultHook, NoFaults};

use crate::args::{Cli, Color, Command};
use crate::failure::Failure;

/// What tests may put into the program.
pub struct Hooks {
    /// Called around each effect.
    pub faults: Arc<dyn FaultHook>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            faults: Arc::new(NoFaults),
        }
    }
}

/// Runs the program with its arguments, the first being its name.
pub fn main(args: impl IntoIterator<Item = OsString>, hooks: Hooks) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // clap's own code for a usage error is 2, which here means that there are changes.
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    colours(cli.color);
    logging(cli.verbose);
    match start(cli, hooks) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => ExitCode::from(term::report(&failure)),
    }
}

fn start(cli: Cli, hooks: Hooks) -> Result<u8, Failure> {
    // What needs no network needs no runtime either: these answer at once.
    match &cli.command {
        Command::Init { dir } => return command::init(dir),
        Command::Check(args) => return command::check(&cli.file, args.output),
        Command::Schema => return command::schema(),
        Command::Chart(args) => return command::chart::chart(args),
        Command::Completion { shell } => return command::completion(*shell),
        Command::KnownHostsLine { pins, host, kind, key } => return command::known_hosts_line(pins, host, kind, key),
        _ => {}
    }
    rustls::crypto::ring::default_provider().install_default().ok();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command::dispatch(cli, hooks));
    // A blocking read of a terminal or a name look-up must not hold up the end.
    runtime.shutdown_background();
    result
}

fn colours(choice: Color) {
    // `console` itself obeys NO_COLOR and CLICOLOR for what goes to a terminal.
    match choice {
        Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => set_colours(false),
        Color::Auto => {
            console::set_colors_enabled(std::io::stdout().is_terminal() && console::colors_enabled());
            console::set_colors_enabled_stderr(std::io::stderr().is_terminal() && console::colors_enabled_stderr());
        }
        Color::Always => set_colours(true),
        Color::Never => set_colours(false),
    }
}

fn set_colours(on: bool) {
    console::set_colors_enabled(on);
    console::set_colors_enabled_stderr(on);
}

fn logging(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "hoist=info",
        2 => "hoist=debug",
        _ => "hoist=trace",
    };
    let names = [
        "hcloud",
        "cloudflare",
        "ssh",
        "chart",
        "chartrepo",
        "deploy",
        "infra",
        "nodes",
        "cluster",
        "components",
        "secrets",
        "tls",
        "app",
        "engine",
        "cli",
    ];
    let level = level.trim_start_matches("hoist=");
    let filter = names.map(|name| format!("hoist_{name}={level}")).join(",");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(true)
        .init();
}
