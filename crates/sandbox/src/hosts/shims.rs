//! The stand-ins for programs that only a whole machine could run: shell scripts.
//!
//! Each is written once, when the sandbox starts, and linked to where machines have it: a program that was written just
//! now cannot be run while another one that is being started still holds it open ("text file busy").

use std::io;
use std::path::{Path, PathBuf};

use super::files;
use super::layout::Os;

const PROGRAMS: [(&str, &str); 20] = [
    ("disko", include_str!("shims/disko.sh")),
    ("hostnamectl", include_str!("shims/hostnamectl.sh")),
    ("journalctl", include_str!("shims/journalctl.sh")),
    ("k3s", include_str!("shims/k3s.sh")),
    ("kubectl", include_str!("shims/k3s.sh")),
    ("nix", include_str!("shims/nix.sh")),
    ("nix-env", include_str!("shims/nix-env.sh")),
    ("nix-store", include_str!("shims/nix-store.sh")),
    ("nixos-facter", include_str!("shims/nixos-facter.sh")),
    ("nixos-install", include_str!("shims/nixos-install.sh")),
    ("nixos-version", include_str!("shims/nixos-version.sh")),
    ("halt", include_str!("shims/power.sh")),
    ("poweroff", include_str!("shims/power.sh")),
    ("reboot", include_str!("shims/power.sh")),
    ("shutdown", include_str!("shims/power.sh")),
    ("sudo", include_str!("shims/sudo.sh")),
    (
        "switch-to-configuration",
        include_str!("shims/switch-to-configuration.sh"),
    ),
    ("systemctl", include_str!("shims/systemctl.sh")),
    ("systemd-run", include_str!("shims/systemd-run.sh")),
    ("uname", include_str!("shims/uname.sh")),
];

/// What shells read.
const PARTS: [(&str, &str); 3] = [
    ("enter.sh", include_str!("shims/enter.sh")),
    ("lib.sh", include_str!("shims/lib.sh")),
    ("unit-runner.sh", include_str!("shims/unit-runner.sh")),
];

const EVERYWHERE: [&str; 10] = [
    "halt",
    "hostnamectl",
    "journalctl",
    "poweroff",
    "reboot",
    "shutdown",
    "sudo",
    "systemctl",
    "systemd-run",
    "uname",
];
const NIX: [&str; 4] = ["nix", "nix-env", "nix-store", "nixos-version"];
const INSTALLER: [&str; 2] = ["nixos-facter", "nixos-install"];
const K3S: [&str; 2] = ["k3s", "kubectl"];

/// The kexec installer's program.
pub(super) const KEXEC: &str = include_str!("shims/kexec-run.sh");

/// The folder with one copy of each.
#[derive(Debug)]
pub(super) struct Shims(PathBuf);

impl Shims {
    pub(super) fn prepare(folder: PathBuf) -> io::Result<Self> {
        for (name, text) in PROGRAMS.into_iter().chain(PARTS) {
            files::place(&folder.join(name), text, 0o555)?;
        }
        Ok(Self(folder))
    }

    /// What sets up a boot's namespaces.
    pub(super) fn enter(&self) -> PathBuf {
        self.0.join("enter.sh")
    }

    /// Puts one in its place.
    pub(super) fn link(&self, name: &str, at: &Path) -> io::Result<()> {
        if let Some(folder) = at.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match std::fs::remove_file(at) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::hard_link(self.0.join(name), at)
    }

    /// Puts what this system has into the machine's control folder.
    pub(super) fn install(&self, control: &Path, os: Os) -> io::Result<()> {
        for name in ["lib.sh", "unit-runner.sh"] {
            self.link(name, &control.join(name))?;
        }
        self.programs(control, &EVERYWHERE)?;
        if os != Os::Debian {
            self.programs(control, &NIX)?;
            self.link("nixos-facter", &control.join("libexec/nixos-facter"))?;
        }
        if os == Os::Installer {
            self.programs(control, &INSTALLER)?;
        }
        Ok(())
    }

    /// Puts k3s's programs where the system has them, or takes them away.
    pub(super) fn k3s(&self, control: &Path, version: Option<&str>) -> io::Result<()> {
        if let Some(version) = version {
            files::place(&control.join("k3s-version"), format!("{version}\n"), 0o644)?;
            return self.programs(control, &K3S);
        }
        for name in K3S {
            match std::fs::remove_file(control.join("bin").join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn programs(&self, control: &Path, names: &[&str]) -> io::Result<()> {
        names
            .iter()
            .try_for_each(|name| self.link(name, &control.join("bin").join(name)))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    fn every_script_is_one_to_the_shell() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hosts/shims");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let checked = Command::new("sh").arg("-n").arg(&path).output().unwrap();
            assert!(
                checked.status.success(),
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&checked.stderr)
            );
            seen += 1;
        }
        assert!(seen > 15);
    }
}
