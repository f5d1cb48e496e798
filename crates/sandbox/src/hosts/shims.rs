//! The stand-ins for programs that only a whole machine could run: shell scripts, written anew for each boot.

use std::io;
use std::path::Path;

use super::files::place;
use super::layout::Os;

const EVERYWHERE: [(&str, &str); 10] = [
    ("systemctl", include_str!("shims/systemctl.sh")),
    ("systemd-run", include_str!("shims/systemd-run.sh")),
    ("journalctl", include_str!("shims/journalctl.sh")),
    ("hostnamectl", include_str!("shims/hostnamectl.sh")),
    ("reboot", include_str!("shims/power.sh")),
    ("poweroff", include_str!("shims/power.sh")),
    ("halt", include_str!("shims/power.sh")),
    ("shutdown", include_str!("shims/power.sh")),
    ("uname", include_str!("shims/uname.sh")),
    ("sudo", include_str!("shims/sudo.sh")),
];

const NIX: [(&str, &str); 4] = [
    ("nix", include_str!("shims/nix.sh")),
    ("nix-env", include_str!("shims/nix-env.sh")),
    ("nix-store", include_str!("shims/nix-store.sh")),
    ("nixos-version", include_str!("shims/nixos-version.sh")),
];

const INSTALLER: [(&str, &str); 2] = [
    ("nixos-facter", include_str!("shims/nixos-facter.sh")),
    ("nixos-install", include_str!("shims/nixos-install.sh")),
];

const K3S: [(&str, &str); 2] = [
    ("k3s", include_str!("shims/k3s.sh")),
    ("kubectl", include_str!("shims/k3s.sh")),
];

/// What `nix build` makes of disko's script.
pub(super) const DISKO: &str = include_str!("shims/disko.sh");
/// A system's own program.
pub(super) const SWITCH: &str = include_str!("shims/switch-to-configuration.sh");
/// The kexec installer's program.
pub(super) const KEXEC: &str = include_str!("shims/kexec-run.sh");

/// Writes what this system has into the machine's control folder.
pub(super) fn write(control: &Path, os: Os) -> io::Result<()> {
    place(&control.join("lib.sh"), include_str!("shims/lib.sh"), 0o644)?;
    place(
        &control.join("unit-runner.sh"),
        include_str!("shims/unit-runner.sh"),
        0o644,
    )?;
    programs(control, &EVERYWHERE)?;
    if os != Os::Debian {
        programs(control, &NIX)?;
        place(
            &control.join("libexec/nixos-facter"),
            include_str!("shims/nixos-facter.sh"),
            0o755,
        )?;
    }
    if os == Os::Installer {
        programs(control, &INSTALLER)?;
    }
    Ok(())
}

/// Puts k3s's programs where the system has them, or takes them away.
pub(super) fn k3s(control: &Path, version: Option<&str>) -> io::Result<()> {
    match version {
        Some(version) => {
            place(&control.join("k3s-version"), format!("{version}\n"), 0o644)?;
            programs(control, &K3S)
        }
        None => {
            for (name, _) in K3S {
                match std::fs::remove_file(control.join("bin").join(name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Ok(())
        }
    }
}

fn programs(control: &Path, programs: &[(&str, &str)]) -> io::Result<()> {
    programs
        .iter()
        .try_for_each(|(name, text)| place(&control.join("bin").join(name), text, 0o755))
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
