//! Puts the real phases together: clients, keys and sources from the spec and the environment.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist_app::{Approvals, Phases, Plan};
use hoist_chartrepo::{FetchEvent, LockFile, Store};
use hoist_cluster::Cluster;
use hoist_components::Charts;
use hoist_infra::{Dns, DnsToken, Import, Infra, LockError, ProjectLock};
use hoist_model::{Check, DeployKey, ErrorKind, Goal, Secret, StepError};
use hoist_nodes::{Installer, K3sTokens, Nodes, TokenSource};
use hoist_secrets::{Environment, Identities, Resolver, Token, TokenStore};
use hoist_spec::{Source, Spec};
use tokio_util::sync::CancellationToken;

use crate::command::chart::docker_config;
use crate::command::load;
use crate::environment;
use crate::failure::Failure;
use crate::run::{Request, allow_whole};

/// How long the project's lock lasts when its holder is gone.
const LOCK_TTL: Duration = Duration::from_secs(10 * 60);

/// Everything that a command which leaves this machine needs.
pub(crate) struct World {
    pub(crate) spec: Spec,
    pub(crate) folder: PathBuf,
    pub(crate) phases: Arc<Phases<Infra, Nodes, Cluster>>,
    client: hoist_hcloud::Client,
}

struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<Secret> {
        environment::secret(name)
    }
}

/// The k3s tokens beside the spec; read, and made, only when a machine is installed.
struct KeptTokens {
    spec: Spec,
    environment: Arc<dyn Environment>,
}

#[async_trait]
impl TokenSource for KeptTokens {
    async fn tokens(&self) -> Result<K3sTokens, StepError> {
        let identities = Identities::from_environment(self.environment.as_ref())
            .map_err(|error| StepError::spec(error.to_string()))?;
        let store = TokenStore::new(&self.spec, identities);
        let token = |token| {
            store
                .load_or_create(token)
                .map_err(|error| StepError::spec(error.to_string()).hint(error.hint()))
        };
        Ok(K3sTokens {
            server: token(Token::Server)?,
            agent: token(Token::Agent)?,
        })
    }
}

/// The token for DNS, read like every other secret of the spec.
struct FromSpec(Arc<Resolver>);

#[async_trait]
impl DnsToken for FromSpec {
    async fn read(&self, source: &Source) -> Result<Secret, StepError> {
        let read = self.0.resolve(source).await;
        read.map_err(|error| StepError::spec(error.to_string()).hint(error.hint))
    }
}

/// Reads the spec, with the mirrors of the environment.
pub(crate) fn spec(file: &Path) -> Result<Spec, Failure> {
    let mut spec = load(file)?.spec;
    for (from, to) in environment::mirrors("HOIST_MIRRORS") {
        let parsed = (from.parse(), to.parse());
        let (Ok(from), Ok(to)) = parsed else {
            return Err(Failure::user(format!("HOIST_MIRRORS: `{from}={to}` is not URL=URL")));
        };
        // What the spec says wins over the environment.
        spec.mirrors.entry(from).or_insert(to);
    }
    Ok(spec)
}

impl World {
    /// Reads the spec and makes the phases. Touches no network, but for a token whose source is a program.
    pub(crate) async fn open(file: &Path) -> Result<Self, Failure> {
        Self::build(file, BTreeSet::new(), Vec::new()).await
    }

    /// The same, with one machine to be destroyed and remade.
    pub(crate) async fn replacing(file: &Path, machine: &str) -> Result<Self, Failure> {
        let world = Self::build(file, [machine.to_owned()].into(), Vec::new()).await?;
        world.machine(machine)?;
        Ok(world)
    }

    /// The same, with servers to be taken over.
    pub(crate) async fn importing(file: &Path, imports: Vec<Import>) -> Result<Self, Failure> {
        let machines: Vec<String> = imports.iter().map(|import| import.machine.clone()).collect();
        let world = Self::build(file, BTreeSet::new(), imports).await?;
        for machine in machines {
            world.machine(&machine)?;
        }
        Ok(world)
    }

    /// Refuses a name that no enabled machine of the spec has.
    pub(crate) fn machine(&self, name: &str) -> Result<(), Failure> {
        let names: Vec<&str> = self.spec.machines_enabled().map(|(name, _)| name).collect();
        if names.contains(&name) {
            return Ok(());
        }
        Err(Failure::user(format!("hoist.yaml has no enabled machine {name}"))
            .hint(format!("it has {}", names.join(", "))))
    }

    async fn build(file: &Path, replace: BTreeSet<String>, imports: Vec<Import>) -> Result<Self, Failure> {
        let spec = spec(file)?;
        let folder = spec.dir.clone();
        let environment: Arc<dyn Environment> = Arc::new(ProcessEnvironment);
        let resolver = Arc::new(Resolver::new(folder.clone(), environment.clone()));

        let token = resolver.resolve(&spec.hetzner.token).await.map_err(|error| {
            Failure::new(
                ErrorKind::Spec,
                format!("the Hetzner Cloud token cannot be read: {error}"),
            )
            .hint("`hetzner.token` in hoist.yaml says where it comes from")
        })?;
        let endpoint = environment::var("HCLOUD_ENDPOINT").unwrap_or_else(|| "https://api.hetzner.cloud/v1".to_owned());
        let client = hoist_hcloud::Client::new(&endpoint, token).map_err(|error| Failure::user(error.to_string()))?;

        let pair = hoist_ssh::KeyPair::generate(&format!("hoist-{}-deploy", spec.cluster.name));
        let deploy_key = DeployKey {
            public: pair.public(),
            private: pair.private_pem(),
        };
        let cloudflare_base = environment::var("CLOUDFLARE_API_BASE");
        let dns = Dns::new(cloudflare_base.clone(), Arc::new(FromSpec(resolver.clone())));
        let infra = Infra::new(client.clone(), &deploy_key).importing(imports).with_dns(dns);
        let mut installer = Installer::default();
        if let Some(base) = environment::var("HOIST_KEXEC_INSTALLER") {
            installer.url = format!("{base}/nixos-kexec-installer-noninteractive-{{arch}}-linux.tar.gz");
        }
        let nodes = Nodes::new(hoist_nodes::Options {
            deploy_key,
            agent_socket: environment::path("SSH_AUTH_SOCK"),
            home: environment::path("HOME"),
            pins: infra.pins(spec.cluster.name.as_str()),
            tokens: Arc::new(KeptTokens {
                spec: spec.clone(),
                environment,
            }),
            installer,
            deadlines: hoist_nodes::Deadlines::default(),
        })
        .map_err(|error| Failure::internal(error.to_string()))?;
        let cluster = Cluster::new(hoist_cluster::Options {
            resolver,
            charts: charts(&spec)?,
            cloudflare_base,
        });
        let phases = Phases {
            name: spec.cluster.name.to_string(),
            infra,
            nodes,
            cluster,
            replace,
        };
        Ok(Self {
            spec,
            folder,
            phases: Arc::new(phases),
            client,
        })
    }

    /// Takes the project's lock and keeps it until it is released.
    pub(crate) async fn lock(&self, command: &str) -> Result<Lock, Failure> {
        let holder = format!("{}{}.{command}", here(), std::process::id());
        let lock = ProjectLock::new(self.client.clone(), self.spec.cluster.name.as_str(), &holder, LOCK_TTL)
            .unless_gone(is_gone);
        let held = lock.acquire().await.map_err(|error| lock_failure(&error))?;
        let stop = CancellationToken::new();
        let keeper = tokio::spawn({
            let (held, stop) = (held.clone(), stop.clone());
            async move { held.keep(stop).await }
        });
        Ok(Lock { held, stop, keeper })
    }

    /// Adds the approvals that a command brings with it.
    pub(crate) fn approve(&self, request: &Request<'_>, plan: &Plan, approvals: &mut Approvals) {
        if matches!(request.goal, Goal::Destroy { .. }) {
            allow_whole(self.spec.cluster.name.as_str(), plan, approvals);
        }
    }

    /// The components that any of these tags means. A component's own name is one of its tags.
    pub(crate) fn tagged(&self, tags: &[String]) -> BTreeSet<String> {
        hoist_cluster::tagged(&self.spec, tags)
    }

    /// Runs the checks on the running cluster.
    pub(crate) async fn verify(&self) -> Result<Vec<Check>, Failure> {
        let survey = self.phases.survey(&self.spec, Goal::Converge).await?;
        Ok(self.phases.cluster.verify(&self.spec, &survey.facts).await?)
    }
}

/// The project's lock while it is held.
pub(crate) struct Lock {
    held: hoist_infra::Held,
    stop: CancellationToken,
    keeper: tokio::task::JoinHandle<Result<(), LockError>>,
}

impl Lock {
    /// Ends when the lock is lost: nothing may be changed from then on.
    pub(crate) async fn lost(&mut self) -> Failure {
        match (&mut self.keeper).await {
            Ok(Err(error)) => lock_failure(&error),
            Ok(Ok(())) | Err(_) => Failure::internal("the keeper of the project's lock ended"),
        }
    }

    /// Gives it back. A failure to do so is not the run's: the lock ends by itself.
    pub(crate) async fn release(self) {
        self.stop.cancel();
        if let Err(error) = self.held.release().await {
            tracing::warn!(%error, "the project's lock was not released; it ends by itself");
        }
    }
}

fn lock_failure(error: &LockError) -> Failure {
    let mut failure = Failure::remote(error.to_string());
    failure.hint = error.hint();
    failure
}

/// The person and the machine, as the beginning of a holder's name: `cameron.laptop.`.
fn here() -> String {
    let user = environment::var("USER")
        .or_else(|| environment::var("LOGNAME"))
        .unwrap_or_else(|| "somebody".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{user}.{}.", host.trim())
}

/// Whether a holder was a process of this person on this machine, and does not run any more.
fn is_gone(holder: &str) -> bool {
    let process = holder.strip_prefix(&here()).and_then(|rest| rest.split('.').next());
    process.is_some_and(|process| process.parse::<u32>().is_ok() && !Path::new("/proc").join(process).exists())
}

/// The file that pins what the spec's charts are.
pub(crate) fn lock_file(folder: &Path) -> LockFile {
    LockFile::new(folder.join("hoist.lock"))
}

/// Where charts come from; what was fetched is kept under `.hoist/`. A vendored folder is asked first.
pub(crate) fn store(spec: &Spec, vendor: Option<PathBuf>) -> Result<Store, Failure> {
    let folder = spec.dir.clone();
    // An index, and a mirror's too, may lead to archives elsewhere.
    let mirror = {
        let spec = spec.clone();
        move |url: &str| Some(spec.mirrored(url)).filter(|served| served != url)
    };
    let options = hoist_chartrepo::Options {
        docker_config: docker_config()?,
        mirror: Some(Arc::new(mirror)),
        vendor,
        listener: Some(Arc::new(told)),
        ..hoist_chartrepo::Options::default()
    };
    Ok(Store::new(folder.join(".hoist").join("charts"), options))
}

/// Says on a terminal what is fetched: a chart over a slow line must not look like a program that hangs.
fn told(event: &FetchEvent) {
    if !std::io::stderr().is_terminal() {
        return;
    }
    match event {
        FetchEvent::Started { what, from } => eprintln!("fetching {what} from {from}"),
        FetchEvent::Retrying { what, wait, why, .. } => {
            eprintln!("fetching {what} again in {:.0} s: {why}", wait.as_secs_f32());
        }
        _ => {}
    }
}

/// The charts of a spec, pinned by its lock.
fn charts(spec: &Spec) -> Result<Charts, Failure> {
    let vendor = spec.dir.join("vendor");
    let store = store(spec, vendor.is_dir().then_some(vendor))?;
    Ok(Charts::new(store, lock_file(&spec.dir)))
}
