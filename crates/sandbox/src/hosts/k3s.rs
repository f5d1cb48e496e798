//! k3s on an installed machine: its unit, and what its settings and files say to the control plane.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::files;
use super::machine::Machine;
use super::nixos::Settings;
use super::units::{self, UnitState};
use crate::seams::K3sNode;

const UNIT: &str = "k3s";
const KUBECONFIG: &str = "/etc/rancher/k3s/k3s.yaml";

/// How often it is tried again before it counts as failed.
const TRIES: u32 = 3;

/// How long stopping it is waited for.
const STOP: Duration = Duration::from_secs(15);

/// One boot's k3s.
pub(super) struct Service {
    machine: Arc<Machine>,
    root: PathBuf,
    control: PathBuf,
    running: Mutex<Option<Running>>,
}

struct Running {
    settings: Settings,
    end: CancellationToken,
}

impl Service {
    pub(super) fn new(machine: Arc<Machine>, root: PathBuf, control: PathBuf) -> Self {
        Self {
            machine,
            root,
            control,
            running: Mutex::default(),
        }
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it run as these settings say: starts, restarts or stops it, or leaves it alone.
    pub(super) async fn apply(&self, settings: &Settings) {
        let same = |running: &Running| {
            running.settings.k3s == settings.k3s && running.settings.host_name == settings.host_name
        };
        if self.running().as_ref().is_some_and(same) {
            return;
        }
        self.stop().await;
        if settings.k3s.is_some() {
            self.start(settings.clone());
        } else {
            units::remove(&self.control, UNIT);
        }
    }

    /// Starts it anew as it was started last, or as these settings say.
    pub(super) async fn restart(&self, settings: &Settings) {
        self.stop().await;
        self.start(settings.clone());
    }

    pub(super) fn start(&self, settings: Settings) {
        if settings.k3s.is_none() || self.running().is_some() {
            return;
        }
        units::set(&self.control, UNIT, UnitState::Activating);
        let end = CancellationToken::new();
        let work = Work {
            machine: self.machine.clone(),
            root: self.root.clone(),
            control: self.control.clone(),
            settings: settings.clone(),
            end: end.clone(),
        };
        *self.running() = Some(Running { settings, end });
        tokio::spawn(work.run());
    }

    /// Stops it. What is being started meanwhile is stopped as soon as it is.
    pub(super) async fn stop(&self) {
        let Some(running) = self.running().take() else { return };
        running.end.cancel();
        units::set(&self.control, UNIT, UnitState::Inactive);
        let (machine, name) = (self.machine.clone(), running.settings.host_name);
        let stopping = tokio::spawn(async move {
            let _turn = machine.k3s.lock().await;
            if let Err(error) = machine.shared.kubernetes.stop(&name).await {
                tracing::warn!(node = name, %error, "k3s could not be stopped");
            }
        });
        let _ = tokio::time::timeout(STOP, stopping).await;
    }
}

/// One start, to its end.
struct Work {
    machine: Arc<Machine>,
    root: PathBuf,
    control: PathBuf,
    settings: Settings,
    end: CancellationToken,
}

impl Work {
    async fn run(self) {
        for attempt in 1..=TRIES {
            let turn = self.machine.k3s.clone().lock_owned().await;
            if self.end.is_cancelled() {
                return;
            }
            let started = match node(&self.root, &self.machine, &self.settings) {
                Ok(node) => {
                    self.machine.is_node(&node.name);
                    self.machine
                        .shared
                        .kubernetes
                        .start(node)
                        .await
                        .map_err(|error| error.0)
                }
                Err(why) => Err(why),
            };
            let finished = started.and_then(|kubeconfig| self.kubeconfig(kubeconfig));
            drop(turn);
            if self.end.is_cancelled() {
                return;
            }
            match finished {
                Ok(()) => {
                    units::say(&self.control, UNIT, "k3s is up and running");
                    units::set(&self.control, UNIT, UnitState::Active);
                    return;
                }
                Err(why) => {
                    units::say(&self.control, UNIT, &format!("level=fatal msg=\"{why}\""));
                    if attempt == TRIES {
                        break;
                    }
                    units::say(
                        &self.control,
                        UNIT,
                        &format!("k3s.service: Scheduled restart job, restart counter is at {attempt}."),
                    );
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.machine.shared.scaled(5.0)) => {}
                () = self.end.cancelled() => return,
            }
        }
        units::set(&self.control, UNIT, UnitState::Failed);
    }

    fn kubeconfig(&self, kubeconfig: Option<String>) -> Result<(), String> {
        let (Some(text), Some(k3s)) = (kubeconfig, &self.settings.k3s) else {
            return Ok(());
        };
        let mode = k3s
            .flag("write-kubeconfig-mode")
            .next()
            .and_then(|mode| u32::from_str_radix(mode, 8).ok());
        files::write(&self.root, KUBECONFIG, text, mode.unwrap_or(0o600))
            .map_err(|error| format!("{KUBECONFIG}: {error}"))
    }
}

/// What the settings and the files that they name say of the Node. Errors are what k3s would log.
fn node(root: &Path, machine: &Machine, settings: &Settings) -> Result<K3sNode, String> {
    let k3s = settings.k3s.as_ref().ok_or("k3s is not part of this system")?;
    let spec = machine.spec();
    let server = k3s.role == "server";
    let environment = environment(root, &k3s.environment_file)?;
    let init = environment.get("K3S_CLUSTER_INIT").is_some_and(|value| value == "true");
    let join = environment.get("K3S_URL").cloned();
    if !server && join.is_none() {
        return Err("--server is required".to_owned());
    }
    if server && !init && join.is_none() {
        return Err(format!(
            "{} says neither K3S_CLUSTER_INIT nor K3S_URL",
            k3s.environment_file
        ));
    }
    let agent_token = k3s
        .agent_token_file
        .as_deref()
        .map(|path| token(root, path))
        .transpose()?;
    let labels = k3s.flag("node-label").filter_map(|label| label.split_once('='));
    let flag_address = k3s.flag("node-ip").next().and_then(|address| address.parse().ok());
    Ok(K3sNode {
        name: settings.host_name.clone(),
        address: IpAddr::V4(spec.public_ipv4),
        internal_address: flag_address.or(spec.private_ipv4.map(IpAddr::V4)),
        root: root.to_owned(),
        server,
        version: k3s.version.clone(),
        cluster_cidr: k3s.cluster_cidr.clone(),
        service_cidr: k3s.service_cidr.clone(),
        tls_sans: k3s.tls_sans.clone(),
        architecture: if settings.system.starts_with("aarch64") {
            "arm64"
        } else {
            "amd64"
        }
        .to_owned(),
        token: token(root, &k3s.token_file)?,
        agent_token: agent_token.filter(|_| server),
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        taints: k3s.flag("node-taint").map(str::to_owned).collect(),
        join: if init { None } else { join },
    })
}

fn token(root: &Path, path: &str) -> Result<SecretString, String> {
    let text = files::read(root, path).map_err(|error| format!("{path}: {error}"))?;
    let text = text.ok_or_else(|| format!("open {path}: no such file or directory"))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(format!("{path}: the token is empty"));
    }
    Ok(SecretString::from(token.to_owned()))
}

/// A file of systemd's: `KEY=VALUE` a line.
fn environment(root: &Path, path: &str) -> Result<BTreeMap<String, String>, String> {
    let text = files::read(root, path).map_err(|error| format!("{path}: {error}"))?;
    let text = text.ok_or_else(|| format!("Failed to load environment files: {path}: No such file or directory"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    Ok(pairs
        .map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
        .collect())
}
