//! Runs the `helm` program: values over stdin, folders of its own, a deadline.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::objects::{fill_namespace, is_installed};
use crate::{ChartError, fetch, manifests};

/// A chart and everything that its rendering depends on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HelmChart {
    /// The repository's URL: `https://…` or `oci://…`.
    pub repo: String,
    /// The chart's name.
    pub name: String,
    /// The chart's version.
    pub version: String,
    /// The namespace that it is rendered for.
    pub namespace: String,
    /// The name of the release.
    pub release: String,
    /// The values, over the chart's own. They are no place for secrets.
    pub values: Map<String, Value>,
    /// Whether the CRDs in its `crds` folder come along.
    pub include_crds: bool,
    /// The version of Kubernetes that the chart is told.
    pub kube_version: Option<String>,
    /// API versions that the chart is told the cluster has, beside Kubernetes' own.
    pub api_versions: Vec<String>,
    /// The URL to fetch from instead: a repository, or a folder with archives (`file:///…`).
    pub mirror: Option<String>,
}

impl HelmChart {
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    pub(crate) fn from(&self) -> &str {
        self.mirror.as_deref().unwrap_or(&self.repo)
    }
}

/// What a person's shell may tell helm, and what must not change a rendering.
const LEFT_OUT: &[&str] = &[
    "HELM_DEBUG",
    "HELM_NAMESPACE",
    "HELM_KUBECONTEXT",
    "HELM_KUBEAPISERVER",
    "HELM_KUBETOKEN",
    "HELM_REPOSITORY_CACHE",
    "HELM_REPOSITORY_CONFIG",
];

type Rendered = Arc<OnceCell<Result<Vec<Value>, ChartError>>>;

/// The `helm` program. Renders each chart once in its life.
pub struct Helm {
    program: Option<PathBuf>,
    looked: String,
    pub(crate) cache: PathBuf,
    deadline: Duration,
    known: Mutex<HashMap<String, Rendered>>,
}

impl Helm {
    /// The program at a path, keeping archives in `cache`.
    pub fn new(program: impl Into<PathBuf>, cache: impl Into<PathBuf>) -> Self {
        let program = program.into();
        Self {
            looked: format!("looked for {}", program.display()),
            program: Some(program),
            cache: cache.into(),
            deadline: Duration::from_secs(120),
            known: Mutex::default(),
        }
    }

    /// No program: rendering fails and says where it was looked for. A spec without charts needs none.
    pub fn missing(looked: impl Into<String>) -> Self {
        Self {
            program: None,
            looked: looked.into(),
            cache: PathBuf::new(),
            deadline: Duration::ZERO,
            known: Mutex::default(),
        }
    }

    /// How long one run of helm may take.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The objects that a chart renders to, in helm's order: those of tests, deletion and rollback left out, and each
    /// with its namespace.
    pub async fn template(&self, chart: &HelmChart) -> Result<Vec<Value>, ChartError> {
        let key = serde_json::to_string(chart).map_err(|error| ChartError::Render {
            chart: chart.title(),
            why: error.to_string(),
        })?;
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(key).or_default())
        };
        cell.get_or_init(|| self.render(chart)).await.clone()
    }

    async fn render(&self, chart: &HelmChart) -> Result<Vec<Value>, ChartError> {
        let program = self.program.as_deref().filter(|path| path.is_file());
        let program = program.ok_or_else(|| ChartError::NoHelm {
            chart: chart.title(),
            looked: self.looked.clone(),
        })?;
        let archive = fetch::archive(self, program, chart).await?;
        let mut args: Vec<String> = ["template", &chart.release].map(str::to_owned).into();
        args.push(archive.display().to_string());
        args.extend(["--namespace", &chart.namespace, "--skip-tests", "--values", "-"].map(str::to_owned));
        if chart.include_crds {
            args.push("--include-crds".into());
        }
        if let Some(version) = &chart.kube_version {
            args.extend(["--kube-version".into(), version.clone()]);
        }
        for version in &chart.api_versions {
            args.extend(["--api-versions".into(), version.clone()]);
        }
        let values = serde_json::to_vec(&chart.values).map_err(|error| ChartError::Render {
            chart: chart.title(),
            why: error.to_string(),
        })?;
        let text = self
            .run(program, chart, "rendering", &args, Some(values))
            .await?
            .map_err(|why| ChartError::Render {
                chart: chart.title(),
                why,
            })?;
        let mut objects = manifests(&text).map_err(|error| ChartError::Output {
            chart: chart.title(),
            why: error.to_string(),
        })?;
        objects.retain(is_installed);
        fill_namespace(&mut objects, &chart.namespace);
        Ok(objects)
    }

    /// Runs helm; the inner error is its own last words.
    pub(crate) async fn run(
        &self,
        program: &Path,
        chart: &HelmChart,
        doing: &'static str,
        args: &[String],
        stdin: Option<Vec<u8>>,
    ) -> Result<Result<String, String>, ChartError> {
        let home = self.cache.join("helm");
        let started = |error: std::io::Error| ChartError::NoHelm {
            chart: chart.title(),
            looked: format!("{} does not start: {error}", program.display()),
        };
        let mut command = Command::new(program);
        for name in LEFT_OUT {
            command.env_remove(name);
        }
        let mut child = command
            .args(args)
            .env("HELM_CACHE_HOME", home.join("cache"))
            .env("HELM_CONFIG_HOME", home.join("config"))
            .env("HELM_DATA_HOME", home.join("data"))
            .env("HELM_PLUGINS", home.join("plugins"))
            // A chart that looks things up must find nothing: rendering does not depend on a cluster.
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(started)?;
        let pipe = child.stdin.take();
        let feed = async move {
            // helm may end without reading: its own words say why.
            if let (Some(mut pipe), Some(bytes)) = (pipe, stdin) {
                let _ = pipe.write_all(&bytes).await;
            }
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        let done = tokio::time::timeout(self.deadline, both)
            .await
            .map_err(|_| ChartError::TimedOut {
                chart: chart.title(),
                doing,
                after: self.deadline,
            })?
            .map_err(|error| ChartError::Output {
                chart: chart.title(),
                why: format!("helm's output cannot be read: {error}"),
            })?;
        if done.status.success() {
            return Ok(Ok(String::from_utf8_lossy(&done.stdout).into_owned()));
        }
        Ok(Err(last_words(&String::from_utf8_lossy(&done.stderr))))
    }
}

fn last_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("Use --debug") && !line.starts_with("level="))
        .collect();
    let tail = &lines[lines.len().saturating_sub(6)..];
    let text = tail.join("; ");
    text.strip_prefix("Error: ").unwrap_or(&text).to_owned()
}
