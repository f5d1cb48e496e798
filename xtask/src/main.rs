//! The project's own commands: prepare the tools, run the tests, the demonstration, the measurements and the checks.
//!
//! `cargo xtask help` lists them. Nothing here is part of hoist.

mod bench;
mod charts;
mod demo;
mod deny;
mod golang;
mod install;
mod lab;
mod person;
mod pins;
mod python;
mod run;
mod session;
mod system;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools::Selection;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "hoist's own commands", disable_version_flag = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the pinned programs, charts and manifests into target/tools; what is up to date is left alone
    Tools {
        /// Only these rows of tools/tools.toml; also `charts`, `manifests`, `venv`
        names: Vec<String>,
        /// Which group, when no names are given
        #[arg(long, value_enum, default_value = "core")]
        group: pins::Group,
        /// List what there is and whether it is up to date, and build nothing
        #[arg(long)]
        list: bool,
    },
    /// Prepare what the tests need, run them all, and print their sums as the last line
    Test {
        /// Passed to `cargo test`, for example `-p hoist-spec` or the name of a test
        #[arg(last = true)]
        cargo_args: Vec<String>,
        /// Take the tools as they are (for a quick second run)
        #[arg(long)]
        no_tools: bool,
    },
    /// Make a whole cluster from examples/vanixiets in the sandbox, and say what to try next
    Demo {
        /// Leave the sandbox up at the end
        #[arg(long)]
        keep: bool,
    },
    /// Measure hoist beside the programs of its field
    Bench {
        /// What; everything without one
        #[arg(value_enum)]
        subject: Option<bench::Subject>,
        /// Runs of each command
        #[arg(long, default_value_t = 20)]
        runs: usize,
        /// Only what needs no sandbox
        #[arg(long)]
        offline: bool,
    },
    /// Run one program and print its time and its peak of memory
    #[command(hide = true)]
    MeasureOne {
        /// The program and its arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Tell how much of the charts' templates the tests' values reach
    Coverage {
        /// List what is not reached
        #[arg(long)]
        missing: bool,
    },
    /// Render hostile templates with hostile values
    Fuzz {
        /// How long
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// Begin with this seed, which a finding tells
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Check what the compiler cannot: headers, lengths, layers, words that must not be there
    Tidy,
    /// Check licences, sources and duplicate versions of the dependencies with cargo-deny
    Deny,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let workspace = Workspace::here();
    let result = match args.command {
        Command::Tools {
            names,
            group,
            list: false,
        } => tools::prepare(&workspace, &Selection::new(names, group)),
        Command::Tools {
            names,
            group,
            list: true,
        } => tools::list(&workspace, &Selection::new(names, group)),
        // It has its own last line, which nothing may follow.
        Command::Test { cargo_args, no_tools } => return test::run(&workspace, &cargo_args, !no_tools),
        Command::Demo { keep } => demo::run(&workspace, keep),
        Command::Bench { subject, runs, offline } => bench::run(&workspace, subject, runs, offline),
        Command::MeasureOne { command } => bench::measure_one(&command),
        Command::Coverage { missing } => lab::coverage(&workspace, missing),
        Command::Fuzz { minutes, seed } => lab::fuzz(&workspace, minutes, seed),
        Command::Tidy => tidy::run(&workspace),
        Command::Deny => deny::run(&workspace),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_that_the_pages_name_is_one_that_runs() {
        let mut seen = 0;
        for page in [
            include_str!("../../README.md"),
            include_str!("../../CONTRIBUTING.md"),
            include_str!("../../tools/README.md"),
        ] {
            let lines = page.lines().filter_map(|line| line.trim().strip_prefix("cargo xtask "));
            for line in lines {
                let words = line.split(" #").next().unwrap_or_default().split_whitespace();
                // What stands in capitals or brackets is to be filled in.
                let words: Vec<_> = words.filter(|word| !word.contains(['[', ']'])).collect();
                seen += 1;
                if let Err(error) = Args::try_parse_from(["xtask"].iter().chain(&words)) {
                    panic!("`cargo xtask {line}` does not run: {error}");
                }
            }
        }
        assert!(seen >= 6, "only {seen} commands were found");
    }
}
