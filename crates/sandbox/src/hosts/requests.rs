//! What the machine does when a program in it asks.

use std::sync::Arc;

use super::activation::activate;
use super::boot::Up;
use super::build;
use super::control::Request;
use super::fault::Fault;
use super::files;
use super::layout::Os;
use super::nixos::{self, BOOT_DEFAULT};
use super::units::{self, UnitState};

/// Answers a question. What ends the boot is not for here.
pub(super) async fn answer(up: Arc<Up>, request: Request) {
    let (status, text) = match carry_out(&up, &request).await {
        Ok(Reply::Done(text)) => (0, text),
        Ok(Reply::Fails(status, text)) => (status, text),
        Err(why) => (1, why),
    };
    request.answer(status, &text).await;
}

enum Reply {
    Done(String),
    Fails(u8, String),
}

/// The status by which a program hears that it is to hang.
const HANG: u8 = 255;

async fn carry_out(up: &Up, request: &Request) -> Result<Reply, String> {
    let done = |()| Reply::Done(String::new());
    match request.word(0) {
        "fault" => Ok(match up.machine.faults.take_for(request.word(1)) {
            Some(Fault::Fail { status, message, .. }) => Reply::Fails(status.max(1), message),
            Some(_) => Reply::Fails(HANG, String::new()),
            None => Reply::Done(String::new()),
        }),
        "unit" => unit(up, request.word(1), request.word(2)).await.map(done),
        "build" => {
            let [prefix, flake, machine, what] = [1, 2, 3, 4].map(|at| request.word(at));
            let built = build::build(&up.machine.shared.shims, &up.root, prefix, flake, machine, what)?;
            let new = if built.new { "new:" } else { "" };
            Ok(Reply::Done(format!("{new}{}", built.path)))
        }
        "lock" => build::lock(&up.root, request.word(1))
            .map(done)
            .map_err(|error| format!("error: {error}")),
        "disko" => disko(up).map(done),
        "install" => {
            if up.os != Os::Installer || !up.machine.formatted().exists() {
                return Err(format!(
                    "error: {} is not a mounted disk: run disko first",
                    request.word(1)
                ));
            }
            build::install(&up.root, request.word(1), request.word(2)).map(done)
        }
        "bootloader" => {
            let system = installed(up, request.word(1))?;
            nixos::of_system(&up.root, system)?;
            files::write(&up.root, BOOT_DEFAULT, system, 0o644)
                .map(done)
                .map_err(|error| format!("error: {error}"))
        }
        "activate" => switch(up, installed(up, request.word(1))?).await.map(done),
        other => Err(format!("the machine cannot {other}")),
    }
}

fn installed<'a>(up: &Up, system: &'a str) -> Result<&'a str, String> {
    if up.os == Os::Installed {
        Ok(system)
    } else {
        Err(format!("error: {} is not an installed NixOS", up.os.name()))
    }
}

/// The disk is made anew; what is put under `/mnt` from now on is on it.
fn disko(up: &Up) -> Result<(), String> {
    if up.os != Os::Installer {
        return Err("disko: /dev/sda is in use: this is not the installer".to_owned());
    }
    let failed = |error: std::io::Error| format!("disko: {error}");
    let mount = up.root.join("mnt");
    files::empty(&mount, 0o755).map_err(failed)?;
    files::folder(&up.root, "/mnt/boot", 0o755).map_err(failed)?;
    files::place(&up.machine.formatted(), "", 0o644).map_err(failed)?;
    up.machine.say("disk: partitioned and formatted anew");
    Ok(())
}

/// Makes a system the running one.
async fn switch(up: &Up, system: &str) -> Result<(), String> {
    let settings = nixos::of_system(&up.root, system)?;
    activate(&up.machine.shared.shims, &up.root, &up.control, system, &settings)
        .map_err(|error| format!("error: {error}"))?;
    up.machine.say(&format!("switched to {system}"));
    let sshd = restart_sshd(up).await;
    up.k3s.apply(&settings).await;
    sshd
}

async fn restart_sshd(up: &Up) -> Result<(), String> {
    let unit = ssh_unit(up.os);
    match up.sshd.restart(&up.root, up.os).await {
        Ok(()) => {
            units::set(&up.control, unit, UnitState::Active);
            Ok(())
        }
        Err(why) => {
            units::say(&up.control, unit, &why);
            units::set(&up.control, unit, UnitState::Failed);
            up.machine.say(&format!("sshd: {why}"));
            Err(why)
        }
    }
}

/// What sshd's unit is called.
pub(super) fn ssh_unit(os: Os) -> &'static str {
    if os == Os::Debian { "ssh" } else { "sshd" }
}

async fn unit(up: &Up, action: &str, unit: &str) -> Result<(), String> {
    match (unit, action) {
        ("ssh" | "sshd", "stop") => Err("the sandbox does not stop sshd: nobody could log in any more".to_owned()),
        ("ssh" | "sshd", _) => restart_sshd(up).await,
        ("k3s", "stop" | "kill") => {
            up.k3s.stop().await;
            Ok(())
        }
        ("k3s", _) => {
            let system = files::resolve(&up.root, "/run/current-system").map_err(|error| error.to_string())?;
            let system = system.strip_prefix(&up.root).map_err(|error| error.to_string())?;
            let settings = nixos::of_system(&up.root, &format!("/{}", system.display()))?;
            if action == "start" {
                up.k3s.start(settings)
            } else {
                up.k3s.restart(&settings).await
            }
            Ok(())
        }
        _ => Err(format!("{unit}.service cannot be {action}ed here")),
    }
}
