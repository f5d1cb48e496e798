//! What the phase is given by its caller: keys, secrets, the installer, and how long to wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist_model::{DeployKey, Pins, Secret, StepError};

/// The tokens by which nodes join the cluster.
#[derive(Clone, Debug)]
pub struct K3sTokens {
    /// What control planes present.
    pub server: Secret,
    /// What workers present; it does not make anyone a control plane.
    pub agent: Secret,
}

/// Where the tokens come from. Asked only when a machine is installed.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// The tokens, the same ones each time.
    async fn tokens(&self) -> Result<K3sTokens, StepError>;
}

/// Where hosts fetch the NixOS installer that they boot by kexec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installer {
    /// The URL of the tarball; `{arch}` stands for `x86_64` or `aarch64`.
    pub url: String,
    /// Its SHA-256 digest in hexadecimal, where it is known.
    pub sha256: Option<String>,
}

impl Default for Installer {
    fn default() -> Self {
        Self {
            url: "https://github.com/nix-community/nixos-images/releases/download/nixos-26.05/\
                  nixos-kexec-installer-noninteractive-{arch}-linux.tar.gz"
                .into(),
            sha256: None,
        }
    }
}

/// How long each wait may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// One look at a host that should be there.
    pub look: Duration,
    /// A fresh server's first boot, until SSH answers.
    pub boot: Duration,
    /// From kexec until the installer answers.
    pub kexec: Duration,
    /// Partitioning.
    pub disko: Duration,
    /// Building a system on the host.
    pub build: Duration,
    /// Copying it to the disk.
    pub install: Duration,
    /// A reboot into the installed system.
    pub reboot: Duration,
    /// From a running system until k3s answers and the Node is registered.
    pub node: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            look: Duration::from_secs(10),
            boot: minutes(5),
            kexec: minutes(5),
            disko: minutes(5),
            build: minutes(45),
            install: minutes(15),
            reboot: minutes(5),
            node: minutes(5),
        }
    }
}

/// What the phase is given.
#[derive(Clone)]
pub struct Options {
    /// The key of this run, which new servers let in.
    pub deploy_key: DeployKey,
    /// The socket of the person's ssh-agent.
    pub agent_socket: Option<PathBuf>,
    /// The person's home folder, for `~` in `access.identity`.
    pub home: Option<PathBuf>,
    /// Where host-key pins are kept.
    pub pins: Arc<dyn Pins>,
    /// Where the k3s tokens come from.
    pub tokens: Arc<dyn TokenSource>,
    /// Where hosts fetch the NixOS installer.
    pub installer: Installer,
    /// How long to wait.
    pub deadlines: Deadlines,
}
