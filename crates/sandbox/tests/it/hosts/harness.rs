//! Machines on fresh loopback addresses, a control plane that only writes down what it is told, and OpenSSH's client.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hoist_sandbox::controlplane::{self, ControlPlane, Tools};
use hoist_sandbox::hosts::{Config, Hosts};
use hoist_sandbox::seams::{K3sNode, Kubernetes, MachineSpec, Machines, SeamError};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) const PORT: u16 = 2222;

/// Addresses that no other test of this or another process has.
fn fresh() -> (u64, Ipv4Addr) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let address = Ipv4Addr::new(
        127,
        64 + (process >> 8 & 127) as u8,
        (process & 255) as u8,
        1 + number as u8,
    );
    (number, address)
}

/// A control plane that writes down what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) started: Mutex<Vec<K3sNode>>,
    pub(crate) calls: Mutex<Vec<String>>,
    pub(crate) refuses: Mutex<Option<String>>,
}

#[async_trait]
impl Kubernetes for Recorder {
    async fn start(&self, node: K3sNode) -> Result<Option<String>, SeamError> {
        self.calls.lock().unwrap().push(format!("start {}", node.name));
        if let Some(why) = self.refuses.lock().unwrap().clone() {
            return Err(SeamError(why));
        }
        let server = node.server;
        self.started.lock().unwrap().push(node);
        Ok(server.then(|| "a kubeconfig\n".to_owned()))
    }

    async fn stop(&self, name: &str) -> Result<(), SeamError> {
        self.calls.lock().unwrap().push(format!("stop {name}"));
        Ok(())
    }

    async fn forget(&self, name: &str) -> Result<(), SeamError> {
        self.calls.lock().unwrap().push(format!("forget {name}"));
        Ok(())
    }
}

/// A folder with keys, and the machines.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) hosts: Hosts,
    pub(crate) kubernetes: Arc<Recorder>,
}

pub(crate) fn world() -> World {
    world_with_scale(0.0)
}

pub(crate) fn world_with_scale(scale: f64) -> World {
    let kubernetes = Arc::new(Recorder::default());
    world_of(scale, tempfile::tempdir().unwrap(), kubernetes.clone(), kubernetes)
}

/// With the sandbox's real control plane.
pub(crate) fn world_with_cluster() -> (World, Arc<ControlPlane>) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let mut tools: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    tools.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"));
    tools.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let config = controlplane::Config::new(folder.path().join("k"), fresh().1, Tools::new(tools));
    let plane = Arc::new(ControlPlane::new(config));
    (world_of(0.0, folder, plane.clone(), Arc::default()), plane)
}

fn world_of(scale: f64, folder: tempfile::TempDir, kubernetes: Arc<dyn Kubernetes>, recorder: Arc<Recorder>) -> World {
    let hosts = Hosts::new(Config::new(folder.path().join("h"), scale), kubernetes).unwrap();
    for name in ["login", "first", "second"] {
        keygen(&folder.path().join(name), name);
    }
    World {
        folder,
        hosts,
        kubernetes: recorder,
    }
}

fn keygen(path: &Path, comment: &str) {
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
        .arg(path)
        .status()
        .expect("these tests need OpenSSH's client: `cargo xtask tools` installs it");
    assert!(made.success());
}

/// One machine as a client sees it.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) id: u64,
    pub(crate) address: Ipv4Addr,
    pub(crate) folder: PathBuf,
    port: u16,
    user: String,
    identity: PathBuf,
    known: PathBuf,
}

impl World {
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// What the cloud said of a machine when it was made.
    pub(crate) fn spec(&self, host: &Host, name: &str) -> MachineSpec {
        self.describe(host.id, host.address, name, 4096, "")
    }

    fn describe(&self, id: u64, address: Ipv4Addr, name: &str, memory_mib: u64, more: &str) -> MachineSpec {
        let private = self.read("first").replace('\n', "\n    ");
        let user_data = format!(
            "#cloud-config\nhostname: {name}\ndisable_root: false\nssh_keys:\n  ed25519_private: |\n    {private}\n\
             \x20 ed25519_public: {}\nwrite_files:\n  - path: /etc/ssh/sshd_config.d/10-hoist.conf\n    content: \"Port {PORT}\\n\"\n{more}",
            self.read("first.pub").trim()
        );
        MachineSpec {
            id,
            name: format!("{name}-server"),
            public_ipv4: address,
            private_ipv4: Some(Ipv4Addr::new(10, 0, 0, 2)),
            architecture: "x86".into(),
            image: "debian-12".into(),
            user_data: Some(user_data),
            ssh_keys: vec![self.read("login.pub")],
            memory_mib,
        }
    }

    /// A Debian of this name that lets `login` in and shows the host key `first`.
    pub(crate) async fn debian(&self, name: &str) -> Host {
        self.debian_with(name, 4096, "").await
    }

    pub(crate) async fn debian_with(&self, name: &str, memory_mib: u64, more: &str) -> Host {
        let (id, address) = fresh();
        let spec = self.describe(id, address, name, memory_mib, more);
        self.hosts.create(spec).await.unwrap();
        let host = Host {
            id,
            address,
            folder: self.folder.path().join("h").join(id.to_string()),
            port: PORT,
            user: "root".into(),
            identity: self.folder.path().join("login"),
            known: self.folder.path().join(format!("known-{id}")),
        };
        host.trust(&self.read("first.pub"), PORT);
        host.wait().await;
        host
    }
}

impl Host {
    /// Trusts this host key and no other.
    pub(crate) fn trust(&self, public: &str, port: u16) {
        let key: Vec<&str> = public.split_whitespace().take(2).collect();
        std::fs::write(&self.known, format!("[{}]:{port} {}\n", self.address, key.join(" "))).unwrap();
    }

    pub(crate) fn user(&self, user: &str) -> Self {
        Self {
            user: user.into(),
            ..self.clone()
        }
    }

    pub(crate) fn at(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    pub(crate) fn with(&self, identity: &Path) -> Self {
        Self {
            identity: identity.to_owned(),
            ..self.clone()
        }
    }

    /// The options that every one of OpenSSH's clients takes.
    pub(crate) fn options(&self) -> Vec<String> {
        let known = format!("UserKnownHostsFile={}", self.known.display());
        let mut options = vec![
            "-F".to_owned(),
            "none".into(),
            "-i".into(),
            self.identity.display().to_string(),
        ];
        for option in [
            known.as_str(),
            "GlobalKnownHostsFile=none",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "BatchMode=yes",
            "ConnectTimeout=5",
            "LogLevel=ERROR",
        ] {
            options.extend(["-o".into(), option.into()]);
        }
        options
    }

    pub(crate) fn destination(&self) -> String {
        format!("{}@{}", self.user, self.address)
    }

    pub(crate) fn ssh(&self) -> Command {
        let mut command = Command::new("ssh");
        command
            .args(self.options())
            .args(["-p", &self.port.to_string()])
            .arg(self.destination());
        command
    }

    /// Runs a script by `sh -s`.
    pub(crate) async fn script(&self, script: &str) -> Output {
        let mut command = self.ssh();
        command.arg("sh -s");
        output(command, script.as_bytes()).await
    }

    /// What a script that succeeds prints.
    pub(crate) async fn run(&self, script: &str) -> String {
        let output = self.script(script).await;
        assert!(output.status.success(), "{script}\n{output:?}");
        text(&output.stdout)
    }

    /// Waits until somebody can log in.
    pub(crate) async fn wait(&self) {
        let begun = Instant::now();
        loop {
            let output = self.script("true").await;
            if output.status.success() {
                return;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "{} does not come up: {output:?}",
                self.address
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn boot_id(&self) -> String {
        self.run("cat /proc/sys/kernel/random/boot_id").await
    }

    /// Waits until it has booted again.
    pub(crate) async fn rebooted(&self, before: &str) {
        let begun = Instant::now();
        loop {
            let output = self.script("cat /proc/sys/kernel/random/boot_id").await;
            if output.status.success() && text(&output.stdout) != before {
                return;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "{} does not reboot: {output:?}",
                self.address
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Reboots it from inside. The connection may be gone before the command's end is heard.
    pub(crate) async fn reboot(&self) {
        let before = self.boot_id().await;
        let asked = self.script("sync; systemctl --no-block reboot").await;
        assert!(matches!(asked.status.code(), Some(0 | 255)), "{asked:?}");
        self.rebooted(&before).await;
    }

    /// Waits until a script succeeds.
    pub(crate) async fn until(&self, script: &str) {
        let script = format!("i=0; until {script}; do i=$((i+1)); [ $i -lt 300 ] || exit 9; sleep 0.1; done");
        self.run(&script).await;
    }
}

pub(crate) async fn output(mut command: Command, input: &[u8]) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = tokio::spawn(async move {
        let _ = stdin.write_all(&input).await;
    });
    let output = tokio::time::timeout(DEADLINE, child.wait_with_output()).await;
    feeding.abort();
    output.unwrap_or_else(|_| panic!("{command:?} takes too long")).unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
