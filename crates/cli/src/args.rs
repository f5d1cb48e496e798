//! The command line: what can be asked, with examples.

pub(crate) mod chart;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// One file becomes a production Kubernetes cluster on Hetzner Cloud.
#[derive(Debug, Parser)]
#[command(name = "hoist", version, about, long_about = None, disable_help_subcommand = true, after_help = "\
Start here:
  hoist init             write a commented hoist.yaml
  hoist check            see whether it is right, offline
  hoist sandbox up       a whole cloud on loopback, no account needed
  hoist plan             see what would be done
  hoist apply            do it, and again after any crash

Exit codes: 0 as desired; 1 error (usage errors too); 2 there are changes (plan), or a check failed (verify);
70 a defect of hoist; 130 stopped on request.")]
pub(crate) struct Cli {
    /// The spec.
    #[arg(
        short = 'f',
        long = "file",
        global = true,
        default_value = "hoist.yaml",
        value_name = "FILE"
    )]
    pub(crate) file: PathBuf,
    /// Say more: -v for what each step does, -vv for requests.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented hoist.yaml to start from.
    #[command(after_help = "Examples:\n  hoist init\n  hoist init clusters/production")]
    Init {
        /// The folder; made where it is missing.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Parse and cross-check the spec, offline.
    #[command(after_help = "Examples:\n  hoist check\n  hoist check -f clusters/production/hoist.yaml")]
    Check(Output),
    /// Print the JSON Schema of hoist.yaml, for editors.
    #[command(after_help = "Examples:\n  hoist schema > hoist.schema.json")]
    Schema,
    /// Show what apply would do. Touches nothing; a read-only token suffices.
    #[command(
        after_help = "Exit codes: 0 nothing to do, 2 there are changes, 1 error.\n\nExamples:\n  hoist plan\n  hoist plan --phase infra -o json\n  hoist plan --save plan.json && hoist apply plan.json"
    )]
    Plan(Plan),
    /// Make the world as the spec says; goes on after any crash.
    #[command(
        after_help = "Examples:\n  hoist apply\n  hoist apply -y\n  hoist apply --phase cluster --include-tag cilium\n  hoist apply --allow delete:server/kube-worker-01"
    )]
    Apply(Apply),
    /// Show how each thing stands against the spec.
    #[command(after_help = "Examples:\n  hoist status\n  hoist status -o json")]
    Status(Output),
    /// Check the running cluster end to end.
    #[command(
        after_help = "Exit codes: 0 all checks hold, 2 one does not, 1 error.\n\nExamples:\n  hoist verify\n  hoist verify -o json"
    )]
    Verify(Verify),
    /// Print addresses, endpoints and host keys.
    #[command(after_help = "Examples:\n  hoist output\n  hoist output -o json | jq -r '.machines[].publicIpv4'")]
    Output(Output),
    /// Take over existing servers by writing our labels onto them.
    #[command(
        after_help = "Examples:\n  hoist import kube-control=4711\n  hoist import kube-control=old-server-name -y"
    )]
    Import(Import),
    /// Destroy and remake one machine.
    #[command(
        after_help = "Examples:\n  hoist replace kube-worker-01\n  hoist replace kube-worker-01 --allow replace:server/kube-worker-01"
    )]
    Replace(Replace),
    /// Destroy everything that belongs to this cluster.
    #[command(
        after_help = "-y alone destroys nothing: type the cluster's name when asked, or allow each key.\n\nExamples:\n  hoist destroy\n  hoist destroy --allow delete:cluster/vanixiets\n  hoist destroy --abandon-cluster"
    )]
    Destroy(Destroy),
    /// Open a shell on a machine, or run a command, with its pinned host key.
    #[command(after_help = "Examples:\n  hoist ssh kube-control\n  hoist ssh kube-control -- systemctl status k3s")]
    Ssh {
        /// The machine.
        machine: String,
        /// A command; a shell without one.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Fetch the admin kubeconfig, rewritten and named after the cluster.
    #[command(
        after_help = "Examples:\n  hoist kubeconfig                    # writes ./kubeconfig, mode 0600\n  hoist kubeconfig --merge ~/.kube/config\n  hoist kubeconfig --stdout | kubectl --kubeconfig /dev/stdin get nodes"
    )]
    Kubeconfig(Kubeconfig),
    /// Write what hoist would use, for other tools.
    #[command(after_help = "Examples:\n  hoist render nix --out nix/")]
    Render {
        /// What to write.
        #[arg(value_enum)]
        what: Rendered,
        /// The folder; must be empty or hold an earlier rendering.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Helm charts by themselves, without helm.
    #[command(
        subcommand,
        after_help = "Examples:\n  hoist chart template web ./web\n  hoist chart show values cilium --repo https://helm.cilium.io"
    )]
    Chart(chart::Chart),
    /// Put every chart of the spec into a folder, for work without the network.
    #[command(after_help = "Examples:\n  hoist vendor\n  hoist vendor --update cilium")]
    Vendor(chart::Vendor),
    /// A whole cloud on loopback: no account, no root, nothing left behind.
    #[command(
        subcommand,
        after_help = "Examples:\n  hoist sandbox up\n  eval \"$(hoist sandbox env)\"\n  hoist apply -y\n  hoist sandbox down"
    )]
    Sandbox(Sandbox),
    /// Print the known_hosts line of a host whose key is pinned; ssh calls it by `KnownHostsCommand`.
    #[command(hide = true)]
    KnownHostsLine {
        /// Fingerprints that are trusted, separated by commas.
        pins: String,
        /// The name that ssh looks for.
        host: String,
        /// The key's type.
        kind: String,
        /// The key, in base64.
        key: String,
    },
    /// Print a completion script.
    #[command(after_help = "Examples:\n  hoist completion bash > /etc/bash_completion.d/hoist")]
    Completion {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// Documented and versioned.
    Json,
}

/// The form of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people.
    #[default]
    Text,
    /// Documented and versioned.
    Json,
    /// For a review.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Output {
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
}

/// A phase, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PhaseArg {
    /// Hetzner Cloud.
    Infra,
    /// NixOS and k3s.
    Nodes,
    /// Inside Kubernetes.
    Cluster,
}

#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Only these phases.
    #[arg(long = "phase", value_enum, value_name = "PHASE")]
    pub(crate) phases: Vec<PhaseArg>,
    /// Only components with one of these tags (a component's name is a tag).
    #[arg(long = "include-tag", value_name = "TAG")]
    pub(crate) include: Vec<String>,
    /// No component with one of these tags; wins over --include-tag.
    #[arg(long = "exclude-tag", value_name = "TAG")]
    pub(crate) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: PlanFormat,
    /// Keep the plan in a file for `hoist apply FILE`.
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Do not ask. Never covers what destroys.
    #[arg(short = 'y', long = "yes")]
    pub(crate) yes: bool,
    /// Allow one destructive step, such as delete:server/NAME.
    #[arg(long = "allow", value_name = "VERB:KEY")]
    pub(crate) allow: Vec<String>,
    /// The form of the progress: json is one event a line.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A plan kept by `hoist plan --save`; refused when it does not hold any more.
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
    /// How long to wait for what is still coming up, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// MACHINE=SERVER: a machine of the spec and the name or id of an existing server. MACHINE alone means the same name.
    #[arg(required = true, value_name = "MACHINE[=SERVER]")]
    pub(crate) machines: Vec<String>,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Replace {
    /// The machine.
    pub(crate) machine: String,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Destroy {
    /// Do not ask the cluster itself, which is out of reach or given up.
    #[arg(long)]
    pub(crate) abandon_cluster: bool,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Debug, Args)]
pub(crate) struct Kubeconfig {
    /// Where to write it, mode 0600.
    #[arg(long, value_name = "FILE", default_value = "kubeconfig", conflicts_with_all = ["merge", "stdout"])]
    pub(crate) out: PathBuf,
    /// Add it to an existing kubeconfig instead.
    #[arg(long, value_name = "FILE", conflicts_with = "stdout")]
    pub(crate) merge: Option<PathBuf>,
    /// Print it instead.
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// What `hoist render` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rendered {
    /// The flake and NixOS modules of every machine.
    Nix,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sandbox {
    /// Bring it up; returns when everything answers.
    Up(SandboxArgs),
    /// Take it down; nothing is left.
    Down(SandboxArgs),
    /// Say what runs.
    Status(SandboxArgs),
    /// Print the variables that point every client at it.
    Env(SandboxArgs),
    /// Run it in the foreground.
    #[command(hide = true)]
    Serve(SandboxArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Its name: several stand side by side.
    #[arg(long, default_value = "default")]
    pub(crate) name: String,
    /// How long cloud actions take, against the real cloud's time.
    #[arg(long, value_name = "FACTOR", default_value_t = 0.05)]
    pub(crate) scale: f64,
    /// Also put servers, keys and records there that belong to nobody we know.
    #[arg(long)]
    pub(crate) with_foreign: bool,
    /// The form of the output.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output: Format,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    const PAGES: [&str; 7] = [
        include_str!("../../../README.md"),
        include_str!("../../../docs/src/charts.md"),
        include_str!("../../../docs/src/first-cluster.md"),
        include_str!("../../../docs/src/output.md"),
        include_str!("../../../docs/src/phases.md"),
        include_str!("../../../docs/src/sandbox.md"),
        include_str!("../../../docs/src/spec.md"),
    ];

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// The words of a `hoist …` command within a line of shell: up to a comment, a pipe or the next command.
    fn words(line: &str) -> Option<Vec<String>> {
        let line = line.trim().trim_start_matches("$ ");
        let start = line
            .find("hoist ")
            .filter(|&at| at == 0 || line[..at].ends_with("&& ") || line[..at].ends_with("$("))?;
        let line = line[start..]
            .split(" #")
            .next()?
            .split(" && ")
            .next()?
            .split(" | ")
            .next()?
            .split(" > ")
            .next()?;
        Some(
            line.split_whitespace()
                .map(|word| word.trim_matches(['"', ')', '`']).to_owned())
                .collect(),
        )
    }

    #[test]
    fn each_command_in_the_pages_and_in_help_is_one_that_runs() {
        let mut lines = Vec::new();
        for page in PAGES {
            let mut inside = false;
            for line in page.lines() {
                if line.starts_with("```") {
                    inside = line.starts_with("```sh");
                } else if inside {
                    lines.push(line.to_owned());
                }
            }
        }
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            lines.extend(
                help.lines()
                    .skip_while(|line| !line.starts_with("Examples:"))
                    .skip(1)
                    .map(str::to_owned),
            );
        }
        let mut seen = 0;
        for line in &lines {
            let Some(words) = words(line) else { continue };
            seen += 1;
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("`{line}` does not run: {error}");
            }
        }
        assert!(seen > 25, "only {seen} commands were found");
    }
}
