//! `hoist chart`: the flags of `helm template` and `helm show`, under the names that helm gives them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Chart {
    /// Render a chart: what `helm template` prints, without helm.
    #[command(after_help = "\
Examples:
  hoist chart template web ./web
  hoist chart template cilium cilium --repo https://helm.cilium.io --version 1.20.0 -n kube-system --set operator.replicas=1
  hoist chart template web oci://registry.example.com/charts/web --version ^1.2 -f values.yaml
  hoist chart template web ./web --show-only templates/deployment.yaml")]
    Template(Box<Template>),
    /// Print what a chart holds, as `helm show` does.
    #[command(after_help = "\
Examples:
  hoist chart show values ./web
  hoist chart show chart cert-manager --repo https://charts.jetstack.io
  hoist chart show crds ./web")]
    Show(Show),
}

/// Which chart, and where it comes from.
#[derive(Debug, Args)]
pub(crate) struct From {
    /// The chart repository's URL; CHART is then the name of a chart in it.
    #[arg(long, value_name = "URL")]
    pub(crate) repo: Option<String>,
    /// A version, or a constraint such as ^1.2; the newest without one.
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// Take pre-releases too.
    #[arg(long)]
    pub(crate) devel: bool,
    /// Reach an OCI registry by HTTP.
    #[arg(long)]
    pub(crate) plain_http: bool,
    /// Trust the certificates of this file, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The name for the repository or registry.
    #[arg(long, value_name = "NAME", requires = "password")]
    pub(crate) username: Option<String>,
    /// The password for it. Everybody on this machine can read a command line: for a registry, `docker login` is better.
    #[arg(long, value_name = "PASSWORD", requires = "username")]
    pub(crate) password: Option<String>,
}

/// Flags of `helm template` that change nothing of what is printed: scripts pass them all the same.
#[derive(Debug, Args)]
pub(crate) struct Unneeded {
    #[arg(long, hide = true)]
    create_namespace: bool,
    #[arg(long, hide = true)]
    disable_openapi_validation: bool,
    #[arg(long, hide = true)]
    force_conflicts: bool,
    #[arg(long, hide = true)]
    force_replace: bool,
    #[arg(long, hide = true)]
    replace: bool,
    #[arg(long, hide = true)]
    rollback_on_failure: bool,
    #[arg(long, hide = true)]
    skip_crds: bool,
    #[arg(long, hide = true)]
    take_ownership: bool,
    #[arg(long, hide = true)]
    wait_for_jobs: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true)]
    wait: Option<Option<String>>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true)]
    server_side: Option<Option<String>>,
    #[arg(long, hide = true)]
    timeout: Option<String>,
    #[arg(long, hide = true)]
    description: Option<String>,
    #[arg(short, long, hide = true)]
    labels: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Template {
    /// Name of the release, then the chart: a folder, a .tgz, oci://…, an URL, or a name within --repo. A chart alone
    /// is rendered for a release called release-name.
    #[arg(required = true, num_args = 1..=2, value_names = ["NAME", "CHART"])]
    pub(crate) name_and_chart: Vec<String>,
    #[command(flatten)]
    pub(crate) from: From,
    /// The namespace of the release.
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Values: a YAML file, an URL, or - for standard input; later ones win.
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    pub(crate) values: Vec<String>,
    // helm's -f is taken here; the spec is not read, and this keeps the global -f away.
    #[arg(long = "file", hide = true, default_value = "hoist.yaml")]
    pub(crate) file: PathBuf,
    /// Set values: a.b=c,d[0]=1
    #[arg(long, value_name = "K=V")]
    pub(crate) set: Vec<String>,
    /// Set values that stay strings.
    #[arg(long, value_name = "K=V")]
    pub(crate) set_string: Vec<String>,
    /// Set values given as JSON.
    #[arg(long, value_name = "K=JSON")]
    pub(crate) set_json: Vec<String>,
    /// Set values read from files.
    #[arg(long, value_name = "K=FILE")]
    pub(crate) set_file: Vec<String>,
    /// Set one string, taken as it stands.
    #[arg(long, value_name = "K=V")]
    pub(crate) set_literal: Vec<String>,
    /// Print the CRDs of the chart's crds folder too.
    #[arg(long)]
    pub(crate) include_crds: bool,
    /// Leave the tests out.
    #[arg(long)]
    pub(crate) skip_tests: bool,
    /// Leave the hooks out.
    #[arg(long)]
    pub(crate) no_hooks: bool,
    /// Only what these templates render to.
    #[arg(short, long, value_name = "TEMPLATE")]
    pub(crate) show_only: Vec<String>,
    /// Write files into a folder instead of printing.
    #[arg(long, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Put the release's name into the path under --output-dir.
    #[arg(long)]
    pub(crate) release_name: bool,
    /// Render for an upgrade (.Release.IsUpgrade).
    #[arg(long)]
    pub(crate) is_upgrade: bool,
    /// Make up the release's name.
    #[arg(short, long, conflicts_with = "name_template")]
    pub(crate) generate_name: bool,
    /// A template for the release's name.
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) name_template: Option<String>,
    /// API versions that the cluster has, beside Kubernetes' own: group/version or group/version/Kind.
    #[arg(short, long, value_name = "VERSION", value_delimiter = ',')]
    pub(crate) api_versions: Vec<String>,
    /// The version of Kubernetes that the chart is told.
    #[arg(long, value_name = "VERSION")]
    pub(crate) kube_version: Option<String>,
    /// Do not hold the values against the chart's schema.
    #[arg(long)]
    pub(crate) skip_schema_validation: bool,
    /// Let getHostByName ask the DNS.
    #[arg(long)]
    pub(crate) enable_dns: bool,
    /// Whether `lookup` finds nothing (client) or asks the cluster, whose versions the chart is then told too (server).
    #[arg(long, value_enum, default_value_t, value_name = "WHERE")]
    pub(crate) dry_run: DryRun,
    /// The kubeconfig for --dry-run=server.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context in it.
    #[arg(long, value_name = "NAME")]
    pub(crate) kube_context: Option<String>,
    /// Print what was rendered even where it is no valid YAML.
    #[arg(long)]
    pub(crate) debug: bool,
    #[command(flatten)]
    pub(crate) unneeded: Unneeded,
}

/// Whether a cluster is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRun {
    /// No cluster is asked.
    #[default]
    Client,
    /// The cluster of the kubeconfig is asked.
    Server,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// What to print.
    #[arg(value_enum)]
    pub(crate) what: Shown,
    /// A folder, a .tgz, oci://…, an URL, or a name within --repo.
    pub(crate) chart: String,
    #[command(flatten)]
    pub(crate) from: From,
}

/// What `hoist chart show` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// The chart's metadata.
    Chart,
    /// Its default values.
    Values,
    /// Its CRDs.
    Crds,
    /// Its README.
    Readme,
    /// All of these.
    All,
}

#[derive(Debug, Args)]
pub(crate) struct Vendor {
    /// The folder; hoist reads what is in it instead of the network.
    #[arg(default_value = "vendor", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Take what a repository has now for these charts, whatever hoist.lock says.
    #[arg(long, value_name = "CHART")]
    pub(crate) update: Vec<String>,
}
