//! `hoist chart`: charts by themselves, without a spec, an account or helm.

use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use console::style;
use hoist_chart::{
    Chart, ChartError, Cluster, KubeVersion, NoCluster, Options, OutputOptions, Show, SystemHost, ValueFile,
    ValueSources, generated_name, templated_name,
};
use hoist_chartrepo::{ChartRef, Credentials, DockerConfig, FetchError, FileRef, Lock, Store};
use hoist_govalue::{Map, Value};
use hoist_model::{ExposeSecret, Secret};
use tokio::runtime::Runtime;

use super::{lookup, write_atomically};
use crate::args::chart::{self as args, DryRun, Shown};
use crate::environment;
use crate::failure::Failure;

/// How long the readings of all files and charts from elsewhere may take together.
const FETCHING: Duration = Duration::from_secs(600);

/// Runs one of its commands. What is on this machine needs no runtime.
pub(crate) fn chart(command: &args::Chart) -> Result<u8, Failure> {
    let text = match command {
        args::Chart::Template(args) => template(args)?,
        args::Chart::Show(args) => {
            let what = match args.what {
                Shown::Chart => Show::Chart,
                Shown::Values => Show::Values,
                Shown::Crds => Show::Crds,
                Shown::Readme => Show::Readme,
                Shown::All => Show::All,
            };
            Elsewhere::new(&args.from)
                .load(&args.chart)?
                .show(what)
                .map_err(failure)?
        }
    };
    print(&text)
}

fn template(args: &args::Template) -> Result<Vec<u8>, Failure> {
    let mut elsewhere = Elsewhere::new(&args.from);
    let (name, reference) = match args.name_and_chart.as_slice() {
        [name, chart] if args.generate_name || args.name_template.is_some() => {
            return Err(
                Failure::user(format!("the release cannot be called {name} and have its name made up"))
                    .hint(format!("leave out {name}, or the flag: hoist chart template {chart} …")),
            );
        }
        [name, chart] => (name.clone(), chart),
        [chart] if args.generate_name => (generated_name(chart, SystemTime::now()), chart),
        [chart] => match &args.name_template {
            Some(template) => (templated_name(template, &mut SystemHost).map_err(failure)?, chart),
            None => ("release-name".to_owned(), chart),
        },
        _ => return Err(Failure::internal("more than a name and a chart were parsed")),
    };
    let chart = elsewhere.load(reference)?;
    let values = values(args, &mut elsewhere)?;
    let mut options = Options {
        release: name,
        namespace: args.namespace.clone().unwrap_or_else(|| "default".to_owned()),
        is_upgrade: args.is_upgrade,
        api_versions: args.api_versions.clone(),
        skip_schema: args.skip_schema_validation,
        dns: args.enable_dns,
        ..Options::default()
    };
    if let Some(version) = &args.kube_version {
        options.kube_version = KubeVersion::parse(version).map_err(failure)?;
    }
    let mut live;
    let mut none = NoCluster;
    let cluster: &mut dyn Cluster = match args.dry_run {
        DryRun::Client => &mut none,
        DryRun::Server => {
            live = lookup::Live::connect(elsewhere.runtime()?, args)?;
            options.api_versions.extend(live.api_versions());
            if args.kube_version.is_none() {
                options.kube_version = KubeVersion::parse(live.version()).map_err(failure)?;
            }
            &mut live
        }
    };
    let rendered = match hoist_chart::template(&chart, &values, &options, &mut SystemHost, cluster) {
        Ok(rendered) => rendered,
        Err(ChartError::Manifest { rendered, .. }) if args.debug && !rendered.is_empty() => {
            print(rendered.as_bytes())?;
            return Err(Failure::user(
                "what was rendered is no valid YAML: it is printed as it is",
            ));
        }
        Err(error) => return Err(failure(error)),
    };
    for warning in &rendered.warnings {
        eprintln!("{} {warning}", style("warning:").yellow().bold());
    }
    let output = OutputOptions {
        include_crds: args.include_crds,
        no_hooks: args.no_hooks,
        skip_tests: args.skip_tests,
        show_only: args.show_only.clone(),
    };
    // The process ends soon: taking all of this apart value by value would be time for nothing.
    let (_chart, rendered) = (ManuallyDrop::new(chart), ManuallyDrop::new(rendered));
    match &args.output_dir {
        None => rendered.to_text(&output).map_err(failure),
        Some(folder) => {
            let mut said = String::new();
            for file in rendered.to_files(&output, args.release_name) {
                let path = within(folder, &file.path)?;
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)
                        .map_err(|error| Failure::user(format!("cannot make {}: {error}", parent.display())))?;
                }
                write_atomically(&path, &file.text)?;
                said.push_str(&format!("wrote {}\n", path.display()));
            }
            Ok(said.into_bytes())
        }
    }
}

/// A file of the output, which a chart's own paths must not lead out of its folder.
fn within(folder: &Path, path: &str) -> Result<PathBuf, Failure> {
    let inside = Path::new(path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if inside {
        return Ok(folder.join(path));
    }
    Err(Failure::user(format!(
        "the chart has a template whose path leads out of {}: {path}",
        folder.display()
    )))
}

fn values(args: &args::Template, elsewhere: &mut Elsewhere<'_>) -> Result<Map, Failure> {
    let mut files = Vec::new();
    for name in &args.values {
        let text = elsewhere.read(name)?;
        files.push(ValueFile {
            name: name.clone(),
            text,
        });
    }
    let sources = ValueSources {
        files,
        json: args.set_json.clone(),
        set: args.set.clone(),
        string: args.set_string.clone(),
        file: args.set_file.clone(),
        literal: args.set_literal.clone(),
    };
    sources
        .merge(|name| elsewhere.read(name).map_err(|failure| failure.message))
        .map_err(failure)
}

/// What is not on this machine: charts and files behind URLs.
struct Elsewhere<'a> {
    from: &'a args::From,
    /// The server that the chart comes from: the person's credentials are for it alone.
    host: Option<String>,
    runtime: Option<Runtime>,
    store: Option<Store>,
}

impl<'a> Elsewhere<'a> {
    fn new(from: &'a args::From) -> Self {
        Self {
            from,
            host: None,
            runtime: None,
            store: None,
        }
    }

    fn runtime(&mut self) -> Result<&Runtime, Failure> {
        if self.runtime.is_none() {
            rustls::crypto::ring::default_provider().install_default().ok();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::internal(format!("cannot start the runtime: {error}")))?;
            self.runtime = Some(runtime);
        }
        self.runtime
            .as_ref()
            .ok_or_else(|| Failure::internal("the runtime is gone"))
    }

    fn fetch<T>(&mut self, get: impl AsyncFnOnce(&Store) -> Result<T, FetchError>) -> Result<T, Failure> {
        if self.store.is_none() {
            self.store = Some(store(self.from, self.host.clone())?);
        }
        self.runtime()?;
        let (Some(runtime), Some(store)) = (&self.runtime, &self.store) else {
            return Err(Failure::internal("the store is gone"));
        };
        let got = runtime.block_on(async { tokio::time::timeout(FETCHING, get(store)).await });
        match got {
            Ok(Ok(got)) => Ok(got),
            Ok(Err(error)) => Err(fetch_failure(&error)),
            Err(_) => Err(Failure::remote(format!(
                "what was asked for did not come within {} s",
                FETCHING.as_secs()
            ))),
        }
    }

    /// The chart that a person names: a folder or archive here, an URL, or one of a repository.
    fn load(&mut self, reference: &str) -> Result<Chart, Failure> {
        self.host = host(self.from.repo.as_deref().unwrap_or(reference));
        let version = match &self.from.version {
            Some(version) => version.clone(),
            None if self.from.devel => ">0.0.0-0".to_owned(),
            None => String::new(),
        };
        let wanted = |repo: &str, name: &str| ChartRef {
            repo: repo.to_owned(),
            name: name.to_owned(),
            version: version.clone(),
            mirror: None,
        };
        if let Some(repo) = &self.from.repo {
            return self.fetch_chart(wanted(repo, reference));
        }
        if reference.starts_with("oci://") {
            let reference = reference.trim_end_matches('/');
            return match reference.rsplit_once('/') {
                Some((repo, name)) if repo.len() > "oci://".len() => self.fetch_chart(wanted(repo, name)),
                _ => Err(Failure::user(format!("{reference} names no chart in a registry"))
                    .hint("write oci://REGISTRY/PATH/NAME, and the version with --version")),
            };
        }
        if is_url(reference) {
            let file = FileRef {
                url: reference.to_owned(),
                mirror: None,
            };
            let fetched = self.fetch(async |store| store.file(&file, &Lock::default()).await)?;
            return Chart::from_archive(&fetched.bytes).map_err(failure);
        }
        if Path::new(reference).exists() {
            return Chart::load(reference).map_err(failure);
        }
        Err(Failure::user(format!("there is no chart {reference} here")).hint(
            "name a folder or a .tgz that exists, an oci:// or https:// address, or a repository with --repo URL",
        ))
    }

    fn fetch_chart(&mut self, wanted: ChartRef) -> Result<Chart, Failure> {
        let fetched = self.fetch(async |store| store.chart(&wanted, &Lock::default()).await)?;
        Chart::from_archive(&fetched.bytes).map_err(failure)
    }

    /// The bytes of a file, of what an URL leads to, or of standard input.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        let cannot = |error: std::io::Error| {
            Failure::user(format!("cannot read {name}: {error}"))
                .hint("name a file that is there, an URL, or - for standard input")
        };
        if name.trim() == "-" {
            let mut text = Vec::new();
            std::io::stdin().read_to_end(&mut text).map_err(cannot)?;
            return Ok(text);
        }
        if is_url(name) {
            let file = FileRef {
                url: name.to_owned(),
                mirror: None,
            };
            return Ok(self
                .fetch(async |store| store.file(&file, &Lock::default()).await)?
                .bytes
                .to_vec());
        }
        std::fs::read(name).map_err(cannot)
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The store of what is rendered without a spec: its cache is the person's.
fn store(from: &args::From, host: Option<String>) -> Result<Store, Failure> {
    let folder = environment::path("XDG_CACHE_HOME")
        .or_else(|| Some(environment::path("HOME")?.join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    let mut options = hoist_chartrepo::Options {
        docker_config: docker_config()?,
        ..hoist_chartrepo::Options::default()
    };
    if let Some(file) = &from.ca_file {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Failure::user(format!("cannot read the certificates {}: {error}", file.display())))?;
        options.authorities.push(text);
    }
    if let (Some(name), Some(password)) = (&from.username, &from.password) {
        let (name, password, host) = (name.clone(), Secret::from(password.as_str()), host.clone());
        options.credentials = Some(Arc::new(move |asked| {
            (host.as_deref() == Some(asked)).then(|| Credentials::new(name.clone(), password.expose_secret()))
        }));
    }
    if from.plain_http {
        options.plain_http.extend(host);
    }
    Ok(Store::new(folder.join("hoist").join("charts"), options))
}

fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    Some(rest.split('/').next()?.rsplit('@').next()?.to_owned())
}

/// The credentials for registries that `docker login` has kept, if there are any.
pub(crate) fn docker_config() -> Result<Option<DockerConfig>, Failure> {
    let folder = environment::path("DOCKER_CONFIG").or_else(|| Some(environment::path("HOME")?.join(".docker")));
    let Some(file) = folder.map(|folder| folder.join("config.json")) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&file) {
        Ok(text) => DockerConfig::parse(&text).map(Some).map_err(|error| {
            let mut failed = fetch_failure(&error);
            failed.message = format!("{}: {}", file.display(), failed.message);
            failed
        }),
        // Not there, or not ours to read: registries are asked without.
        Err(_) => Ok(None),
    }
}

pub(crate) fn fetch_failure(error: &FetchError) -> Failure {
    Failure::remote(error.to_string()).hint(error.hint())
}

fn failure(error: ChartError) -> Failure {
    Failure::user(error.to_string()).hint(error.hint())
}

fn print(text: &[u8]) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Ok(()) => Ok(0),
        // Whoever reads has enough, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(Failure::user(format!("cannot print: {error}"))),
    }
}

/// A live object as templates see it: whole numbers are int64 there, as Kubernetes' own reader has them.
pub(super) fn go_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::int64(whole),
            None => Value::float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(go_value).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().into(), go_value(value)))
                .collect(),
        ),
    }
}
