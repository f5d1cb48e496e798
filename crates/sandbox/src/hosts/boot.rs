//! A machine's life: boots, and what ends them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::activation::activate;
use super::cloud_init::{self, FINISHED, FirstBoot};
use super::control::Requests;
use super::error::HostsError;
use super::files;
use super::k3s;
use super::layout::{self, Os};
use super::login::Login;
use super::machine::{Machine, Order};
use super::namespace::Namespace;
use super::nixos::{self, BOOT_DEFAULT, Settings};
use super::requests::{self, ssh_unit};
use super::sshd::{Sshd, ports};
use super::units::{self, UnitState};
use crate::seams::Power;

/// Seconds that the parts of a boot take on a real machine.
const FIRMWARE_AND_KERNEL: f64 = 12.0;
const INSTALLER: f64 = 20.0;
const GOING_DOWN: f64 = 2.0;

/// Where the next system comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Disk,
    Kexec,
}

enum Next {
    Boot(Medium),
    Off,
    End,
}

/// A running system.
pub(super) struct Up {
    pub(super) machine: Arc<Machine>,
    pub(super) os: Os,
    pub(super) root: PathBuf,
    pub(super) control: PathBuf,
    pub(super) sshd: Arc<Sshd>,
    pub(super) k3s: k3s::Service,
    namespace: Arc<Namespace>,
}

/// Lets the machine live until it is ended.
pub(super) async fn run(machine: Arc<Machine>, mut orders: mpsc::UnboundedReceiver<Order>) {
    let mut next = Next::Boot(Medium::Disk);
    loop {
        next = match next {
            Next::Boot(medium) => boot(&machine, medium, &mut orders).await,
            Next::Off => {
                machine.say("power: off");
                wait(&mut orders).await
            }
            Next::End => return,
        };
    }
}

/// Waits without anything running.
async fn wait(orders: &mut mpsc::UnboundedReceiver<Order>) -> Next {
    loop {
        match orders.recv().await {
            Some(Order::Power(Power::On | Power::Reset, done)) => {
                acknowledge(Some(done));
                return Next::Boot(Medium::Disk);
            }
            Some(Order::Power(Power::Off, done)) => acknowledge(Some(done)),
            Some(Order::End) | None => return Next::End,
        }
    }
}

/// Tells who gave an order that it is carried out, if they still wait.
fn acknowledge(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        let _ = done.send(());
    }
}

/// What an order means for a machine that is on; none when nothing. The order is acknowledged once it is carried out.
fn ends(order: Option<Order>) -> Option<(Next, Option<oneshot::Sender<()>>)> {
    match order {
        Some(Order::Power(Power::On, done)) => {
            acknowledge(Some(done));
            None
        }
        Some(Order::Power(Power::Off, done)) => Some((Next::Off, Some(done))),
        Some(Order::Power(Power::Reset, done)) => Some((Next::Boot(Medium::Disk), Some(done))),
        Some(Order::End) | None => Some((Next::End, None)),
    }
}

async fn boot(machine: &Arc<Machine>, medium: Medium, orders: &mut mpsc::UnboundedReceiver<Order>) -> Next {
    let seconds = match medium {
        Medium::Disk => FIRMWARE_AND_KERNEL,
        Medium::Kexec => INSTALLER,
    };
    let booting = tokio::time::sleep(machine.shared.scaled(seconds));
    tokio::pin!(booting);
    loop {
        let order = tokio::select! {
            () = &mut booting => break,
            order = orders.recv() => order,
        };
        if let Some((next, done)) = ends(order) {
            acknowledge(done);
            return next;
        }
    }
    let (up, mut requests) = match come_up(machine, medium).await {
        Ok(up) => up,
        Err(error) => {
            tracing::error!(machine = machine.spec().name, %error, "a machine does not boot");
            machine.say(&format!("boot failed: {error}"));
            return wait(orders).await;
        }
    };
    let (next, done) = stay_up(&up, &mut requests, orders).await;
    up.sshd.stop();
    machine.runs(None);
    up.namespace.stop().await;
    up.k3s.stop().await;
    acknowledge(done);
    next
}

/// Answers questions and waits for the end of this boot.
async fn stay_up(
    up: &Arc<Up>,
    requests: &mut Requests,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> (Next, Option<oneshot::Sender<()>>) {
    loop {
        let request = tokio::select! {
            order = orders.recv() => {
                if let Some(end) = ends(order) {
                    return end;
                }
                continue;
            }
            request = requests.next() => request,
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => {
                up.machine
                    .say(&format!("its programs cannot be heard any more: {error}"));
                return (wait(orders).await, None);
            }
        };
        let next = match request.word(0) {
            "reboot" => Next::Boot(Medium::Disk),
            "poweroff" | "halt" => Next::Off,
            "kexec" => {
                let kept = up.machine.kept();
                let carried = files::remove(&kept).and_then(|()| std::fs::rename(up.control.join("kexec"), &kept));
                if up.os != Os::Debian || carried.is_err() {
                    tokio::spawn(request.answer(1, "no kernel is loaded"));
                    continue;
                }
                Next::Boot(Medium::Kexec)
            }
            _ => {
                tokio::spawn(requests::answer(up.clone(), request));
                continue;
            }
        };
        up.machine.say(&format!("going down: {}", request.word(0)));
        request.answer(0, "").await;
        // Whoever asked still gets its answer over the connection.
        let down = Duration::from_millis(300).max(up.machine.shared.scaled(GOING_DOWN));
        tokio::time::sleep(down).await;
        return (next, None);
    }
}

/// What a boot starts with, read from the medium.
struct System {
    os: Os,
    root: PathBuf,
    hostname: String,
    /// An installed system's store path and settings.
    installed: Option<(String, Settings)>,
    first: Option<FirstBoot>,
}

async fn come_up(machine: &Arc<Machine>, medium: Medium) -> Result<(Arc<Up>, Requests), HostsError> {
    let system = prepare(machine, medium)?;
    let control = machine.control();
    let spec = machine.spec();
    let at = HostsError::file("write to", &control);
    let begin = || -> io::Result<Requests> {
        files::empty(&control, 0o700)?;
        let boot_id = uuid::Uuid::new_v4();
        files::place(&control.join("boot_id"), format!("{boot_id}\n"), 0o444)?;
        // As always, the kernel has kept some of it for itself.
        let kib = spec.memory_mib * 1024 * 96 / 100;
        let meminfo = format!(
            "MemTotal: {kib:>15} kB\nMemFree: {:>16} kB\nMemAvailable: {:>11} kB\n",
            kib / 2,
            kib * 9 / 10
        );
        files::place(&control.join("meminfo"), meminfo, 0o444)?;
        files::place(&control.join("scale"), format!("{}\n", machine.shared.scale), 0o444)?;
        let arch = if spec.architecture == "arm" {
            "aarch64"
        } else {
            "x86_64"
        };
        files::place(&control.join("arch"), format!("{arch}\n"), 0o444)?;
        files::place(&control.join("hostname"), format!("{}\n", system.hostname), 0o444)?;
        files::place(&control.join("address"), format!("{}\n", spec.public_ipv4), 0o444)?;
        for folder in ["units", "journal", "results"] {
            std::fs::create_dir_all(control.join(folder))?;
        }
        machine.shared.shims.install(&control, system.os)?;
        if let Some((path, settings)) = &system.installed {
            activate(&machine.shared.shims, &system.root, &control, path, settings)?;
            files::link(&system.root, "/run/booted-system", path)?;
        }
        Requests::open(&control)
    };
    let requests = begin().map_err(at)?;
    machine.say(&format!("booting {}", system.os.name()));
    let namespace = Namespace::start(
        &machine.shared.programs,
        &machine.shared.shims.enter(),
        &system.root,
        &control,
        &system.hostname,
    )
    .await?;
    let namespace = Arc::new(namespace);
    let sshd = Sshd::new(machine.clone(), namespace.clone());
    machine.runs(Some(&system.root));
    let unit = ssh_unit(system.os);
    let up = Up {
        machine: machine.clone(),
        os: system.os,
        k3s: k3s::Service::new(machine.clone(), system.root.clone(), control.clone()),
        root: system.root,
        control,
        sshd,
        namespace,
    };
    match up.sshd.restart(&up.root, up.os).await {
        Ok(()) => units::set(&up.control, unit, UnitState::Active),
        Err(why) => {
            units::say(&up.control, unit, &why);
            units::set(&up.control, unit, UnitState::Failed);
            machine.say(&format!("sshd: {why}"));
            tracing::error!(machine = spec.name, why, "a machine's sshd does not listen");
        }
    }
    if let Some((_, settings)) = system.installed {
        up.k3s.apply(&settings).await;
    }
    let up = Arc::new(up);
    if let Some(first) = system.first {
        tokio::spawn(finish(up.clone(), first));
    }
    Ok((up, requests))
}

/// Runs what user data says to run at the end of the first boot.
async fn finish(up: Arc<Up>, first: FirstBoot) {
    if let Some(command) = first.command() {
        let mut command = up.namespace.command(&Login::root(), &command);
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        match command.status().await {
            Ok(status) if status.success() => {}
            Ok(status) => up.machine.say(&format!(
                "cloud-init: runcmd ended with {status}: see {}",
                cloud_init::LOG
            )),
            Err(error) => up.machine.say(&format!("cloud-init: runcmd could not be run: {error}")),
        }
    }
    let _ = files::write(&up.root, FINISHED, "", 0o644);
}

/// Reads the medium and lays out what its system finds.
fn prepare(machine: &Machine, medium: Medium) -> Result<System, HostsError> {
    match medium {
        Medium::Kexec => {
            let root = machine.memory();
            installer(machine, &root).map_err(HostsError::file("lay out the installer in", &root))?;
            Ok(System {
                os: Os::Installer,
                root,
                hostname: "nixos-installer".into(),
                installed: None,
                first: None,
            })
        }
        Medium::Disk => {
            let disk = machine.disk();
            let changed = || -> io::Result<()> {
                if machine.formatted().exists() {
                    files::remove(&disk)?;
                    std::fs::rename(machine.memory().join("mnt"), &disk)?;
                    std::fs::remove_file(machine.formatted())?;
                }
                files::remove(&machine.memory())?;
                files::remove(&machine.kept())?;
                layout::forget_boot(&disk)
            };
            changed().map_err(HostsError::file("read the disk", &disk))?;
            from_disk(machine, disk)
        }
    }
}

fn from_disk(machine: &Machine, root: PathBuf) -> Result<System, HostsError> {
    let failed = |error: io::Error| HostsError::Boot(error.to_string());
    if let Some(path) = files::read(&root, BOOT_DEFAULT).map_err(failed)? {
        let settings = nixos::of_system(&root, &path).map_err(HostsError::Boot)?;
        let hostname = settings.host_name.clone();
        return Ok(System {
            os: Os::Installed,
            root,
            hostname,
            installed: Some((path, settings)),
            first: None,
        });
    }
    if files::read(&root, "/etc/debian_version").map_err(failed)?.is_none() {
        return Err(HostsError::Boot("no bootable system on the disk".into()));
    }
    let spec = machine.spec();
    let first = cloud_init::read(spec.user_data.as_deref());
    let hostname = first.hostname(&spec.name).to_owned();
    let seen = files::read(&root, FINISHED).map_err(failed)?.is_some();
    if seen {
        return Ok(System {
            os: Os::Debian,
            root,
            hostname,
            installed: None,
            first: None,
        });
    }
    for warning in &first.warnings {
        machine.say(&format!("cloud-init: {warning}"));
    }
    first.prepare(&root, &spec.ssh_keys, &hostname).map_err(failed)?;
    Ok(System {
        os: Os::Debian,
        root,
        hostname,
        installed: None,
        first: Some(first),
    })
}

/// The installer's root: with the keys and identity that kexec carried over, and the port of the system before it.
fn installer(machine: &Machine, root: &Path) -> io::Result<()> {
    files::empty(root, 0o755)?;
    layout::installer(root)?;
    layout::forget_boot(root)?;
    let kept = machine.kept();
    if let Ok(keys) = std::fs::read(kept.join("authorized_keys")) {
        files::write(root, "/root/.ssh/authorized_keys", keys, 0o600)?;
    }
    if let Ok(id) = std::fs::read(kept.join("machine-id")) {
        files::write(root, "/etc/machine-id", id, 0o444)?;
    }
    for entry in std::fs::read_dir(kept.join("ssh")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let mode = if name.to_string_lossy().ends_with(".pub") {
            0o644
        } else {
            0o600
        };
        files::write(
            root,
            Path::new("/etc/ssh").join(&name),
            std::fs::read(entry.path())?,
            mode,
        )?;
    }
    let lines: String = ports(&machine.disk())?
        .iter()
        .map(|port| format!("Port {port}\n"))
        .collect();
    files::write(root, "/etc/ssh/sshd_config", lines, 0o644)?;
    layout::host_key(root, "nixos-installer")
}
