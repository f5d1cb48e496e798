//! The machines behind the servers: real SSH on a loopback address each, in front of a root folder of its own.
//!
//! A machine is Debian, the NixOS installer or an installed NixOS, and remembers which. One boot of it is a user, mount,
//! process and host-name namespace (`unshare`, no root needed) that is chrooted into the machine's root, with the programs
//! of the computer it runs on bound read-only into it, so that absolute paths land in the root and nowhere else, commands
//! believe to be root, and a power cut ends every process. Each boot has its own `boot_id`.
//!
//! What cannot be real is a stand-in that behaves the same as far as one can see from outside: `systemctl` and
//! `systemd-run` (`shims.rs`), cloud-init (`cloud_init.rs`), the kexec installer ([`kexec_tarball`]), disko, `nix build`,
//! `nixos-install` and `switch-to-configuration` (`nixos.rs`). Nothing evaluates Nix: a "system" is a store path named after
//! the flake's content, and what it does is read from the machine's `settings.json` in that flake. Where those settings say
//! k3s, booting it starts the real control plane through [`Kubernetes`](crate::seams::Kubernetes).
//!
//! Programs in the namespace ask their machine for what only it can do (reboot, restart sshd, build a system) over a FIFO
//! (`control.rs`). Differences to the real thing that a client may notice: the installer's sshd listens on the machine's
//! own port, and on 22 only where the sandbox may bind it; all machines share this computer's network, so that a command in
//! one that connects to 127.0.0.1 does not reach the machine itself (forwarded connections do); every user's processes have
//! root's rights in the machine; a terminal keeps its first size; in containers that hide parts of `/proc`, machines see
//! this computer's processes, though they cannot touch them.

mod activation;
mod boot;
mod build;
mod channel;
mod cloud_init;
mod control;
mod error;
mod fault;
mod files;
mod forward;
mod k3s;
mod kexec;
mod layout;
mod login;
mod machine;
mod namespace;
mod nixos;
mod requests;
mod shims;
mod sshd;
mod units;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;

pub use error::HostsError;
pub use fault::Fault;
pub use kexec::kexec_tarball;

use crate::seams::{Kubernetes, MachineSpec, Machines, Power, SeamError};
use machine::Machine;
use namespace::Programs;
use shims::Shims;

/// Where machines keep what they hold, and how fast they are.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder for all machines; emptied by nobody but them.
    pub folder: PathBuf,
    /// What a second of a real machine takes here, in seconds; 0 for no waiting.
    pub scale: f64,
}

impl Config {
    /// Machines that keep what they hold under `folder`.
    pub fn new(folder: PathBuf, scale: f64) -> Self {
        Self { folder, scale }
    }
}

/// The machines of one sandbox.
pub struct Hosts {
    shared: Arc<Shared>,
}

/// What all machines share.
struct Shared {
    folder: PathBuf,
    scale: f64,
    programs: Programs,
    shims: Shims,
    kubernetes: Arc<dyn Kubernetes>,
    machines: RwLock<BTreeMap<u64, Arc<Machine>>>,
}

impl Shared {
    /// How long something takes here that takes `seconds` on a real machine.
    fn scaled(&self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds * self.scale).unwrap_or_default()
    }

    fn machine(&self, id: u64) -> Option<Arc<Machine>> {
        self.machines
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// The machine with this public or private address.
    fn by_address(&self, address: Ipv4Addr) -> Option<Arc<Machine>> {
        let machines = self.machines.read().unwrap_or_else(PoisonError::into_inner);
        machines.values().find(|machine| machine.has_address(address)).cloned()
    }
}

impl Hosts {
    /// No machines yet. Fails where the computer cannot run any: without user namespaces, or without the programs for them.
    pub fn new(config: Config, kubernetes: Arc<dyn Kubernetes>) -> Result<Self, HostsError> {
        let programs = Programs::find()?;
        // Machines hold keys and tokens: nobody else on this computer looks into them.
        std::fs::create_dir_all(&config.folder)
            .and_then(|()| std::fs::set_permissions(&config.folder, std::fs::Permissions::from_mode(0o700)))
            .map_err(HostsError::file("make", &config.folder))?;
        // The namespace's mounts need a path without links.
        let folder = config
            .folder
            .canonicalize()
            .map_err(HostsError::file("find", &config.folder))?;
        let shims = folder.join("programs");
        let shims = Shims::prepare(shims.clone()).map_err(HostsError::file("write", shims))?;
        let shared = Shared {
            shims,
            folder,
            scale: if config.scale.is_finite() {
                config.scale.max(0.0)
            } else {
                0.0
            },
            programs,
            kubernetes,
            machines: RwLock::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// What a machine's console shows: boots, and what went wrong in them. None for a machine that is not there.
    pub fn console(&self, id: u64) -> Option<String> {
        self.shared.machine(id).map(|machine| machine.console())
    }

    /// Lets something go wrong on a machine, once. False for a machine that is not there.
    pub fn fault(&self, id: u64, fault: Fault) -> bool {
        self.shared.machine(id).is_some_and(|machine| {
            machine.faults.add(fault);
            true
        })
    }

    /// Switches every machine off and removes what they held.
    pub async fn stop(&self) {
        let machines = std::mem::take(&mut *self.shared.machines.write().unwrap_or_else(PoisonError::into_inner));
        let ends = machines.into_values().map(|machine| async move { machine.end().await });
        futures::future::join_all(ends).await;
    }
}

impl Drop for Hosts {
    /// Whoever has not waited for the end of the machines still ends them, as far as the runtime lets them.
    fn drop(&mut self) {
        let machines = std::mem::take(&mut *self.shared.machines.write().unwrap_or_else(PoisonError::into_inner));
        machines.into_values().for_each(|machine| machine.begin_end());
    }
}

#[async_trait]
impl Machines for Hosts {
    async fn create(&self, spec: MachineSpec) -> Result<(), SeamError> {
        let before = self.shared.machine(spec.id);
        if let Some(before) = before {
            before.end().await;
            before.forget_node().await;
        }
        let id = spec.id;
        let machine = Machine::start(self.shared.clone(), spec).map_err(|error| SeamError(error.to_string()))?;
        self.shared
            .machines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, machine);
        Ok(())
    }

    async fn power(&self, id: u64, power: Power) -> Result<(), SeamError> {
        let machine = self
            .shared
            .machine(id)
            .ok_or_else(|| SeamError(format!("there is no machine {id}")))?;
        machine.power(power).await;
        Ok(())
    }

    async fn set_private_ipv4(&self, id: u64, address: Option<Ipv4Addr>) -> Result<(), SeamError> {
        let machine = self
            .shared
            .machine(id)
            .ok_or_else(|| SeamError(format!("there is no machine {id}")))?;
        machine.set_private_ipv4(address);
        Ok(())
    }

    async fn delete(&self, id: u64) -> Result<(), SeamError> {
        let machine = self
            .shared
            .machines
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
        if let Some(machine) = machine {
            machine.end().await;
            machine.forget_node().await;
        }
        Ok(())
    }
}
