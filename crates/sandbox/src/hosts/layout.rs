//! What lies in a machine's root before anybody has touched it: enough of Debian, of the installer, and of an empty NixOS.

use std::io;
use std::path::Path;

use russh::keys::{Algorithm, PrivateKey};

use super::files;

/// What a machine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Os {
    /// The cloud's image.
    Debian,
    /// The NixOS installer, in memory.
    Installer,
    /// An installed NixOS.
    Installed,
}

impl Os {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Debian => "Debian GNU/Linux 12",
            Self::Installer => "the NixOS 26.05 installer",
            Self::Installed => "NixOS 26.05",
        }
    }

    pub(super) fn release(self) -> &'static str {
        match self {
            Self::Debian => {
                "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n\
                 VERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n\
                 HOME_URL=\"https://www.debian.org/\"\n"
            }
            Self::Installer => {
                "BUG_REPORT_URL=\"https://github.com/NixOS/nixpkgs/issues\"\nID=nixos\nIMAGE_ID=\"\"\nNAME=NixOS\n\
                 PRETTY_NAME=\"NixOS 26.05 (Yarara)\"\nVARIANT=\"Installer\"\nVARIANT_ID=installer\n\
                 VERSION=\"26.05 (Yarara)\"\nVERSION_CODENAME=yarara\nVERSION_ID=\"26.05\"\n"
            }
            Self::Installed => {
                "BUG_REPORT_URL=\"https://github.com/NixOS/nixpkgs/issues\"\nID=nixos\nIMAGE_ID=\"\"\nNAME=NixOS\n\
                 PRETTY_NAME=\"NixOS 26.05 (Yarara)\"\nVARIANT_ID=\"\"\nVERSION=\"26.05 (Yarara)\"\n\
                 VERSION_CODENAME=yarara\nVERSION_ID=\"26.05\"\n"
            }
        }
    }
}

/// The host key that sshd shows.
pub(super) const HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";

/// What every system has.
fn common(root: &Path, os: Os, hostname: &str) -> io::Result<()> {
    for (path, mode) in [
        ("/root", 0o700),
        ("/root/.ssh", 0o700),
        ("/home", 0o755),
        ("/var/log", 0o755),
        ("/var/lib", 0o755),
        ("/var/tmp", 0o1777),
        ("/tmp", 0o1777),
        ("/mnt", 0o755),
        ("/boot", 0o755),
        ("/etc/ssh", 0o755),
        ("/run", 0o755),
        ("/opt", 0o755),
        ("/srv", 0o755),
        ("/sys", 0o755),
    ] {
        files::folder(root, path, mode)?;
    }
    files::write(root, "/etc/os-release", os.release(), 0o644)?;
    files::write(root, "/etc/hostname", format!("{hostname}\n"), 0o644)?;
    files::write(
        root,
        "/etc/hosts",
        format!("127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {hostname}\n"),
        0o644,
    )?;
    accounts(root, &[])?;
    files::write(
        root,
        "/etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files dns\n",
        0o644,
    )?;
    // Programs of this computer need its libraries' list.
    for (path, mode) in [
        ("/etc/ld.so.cache", 0o644),
        ("/etc/ld.so.conf", 0o644),
        ("/etc/resolv.conf", 0o644),
    ] {
        if let Ok(content) = std::fs::read(path) {
            files::write(root, path, content, mode)?;
        }
    }
    Ok(())
}

/// The accounts: root, nobody, and these people.
pub(super) fn accounts(root: &Path, people: &[&str]) -> io::Result<()> {
    let mut passwd = "root:x:0:0:System administrator:/root:/bin/sh\nsshd:x:998:65534::/var/empty:/usr/sbin/nologin\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        .to_owned();
    let mut group = "root:x:0:\nwheel:x:1:\nusers:x:100:\nnogroup:x:65534:\n".to_owned();
    for (number, name) in people.iter().enumerate() {
        let id = 1000 + number;
        passwd.push_str(&format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
    }
    files::write(root, "/etc/passwd", passwd, 0o644)?;
    files::write(root, "/etc/group", group, 0o644)
}

/// A disk with the cloud's image, before its first boot.
pub(super) fn debian(root: &Path, hostname: &str) -> io::Result<()> {
    common(root, Os::Debian, hostname)?;
    files::write(root, "/etc/debian_version", "12.14\n", 0o644)?;
    machine_id(root)?;
    files::folder(root, "/etc/ssh/sshd_config.d", 0o755)?;
    files::write(
        root,
        "/etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n",
        0o644,
    )
}

/// The installer's root, as it comes up in memory.
pub(super) fn installer(root: &Path) -> io::Result<()> {
    common(root, Os::Installer, "nixos-installer")?;
    files::folder(root, "/nix/store", 0o1775)?;
    files::folder(root, "/nix/var/nix/profiles", 0o755)?;
    files::write(root, "/etc/ssh/sshd_config", "", 0o644)
}

/// An installed NixOS, as its activation finds it.
pub(super) fn nixos(root: &Path, hostname: &str) -> io::Result<()> {
    common(root, Os::Installed, hostname)?;
    files::write(root, "/etc/NIXOS", "", 0o644)?;
    if files::read(root, "/etc/machine-id")?.is_none() {
        machine_id(root)?;
    }
    Ok(())
}

/// Gives the machine a new id.
fn machine_id(root: &Path) -> io::Result<()> {
    let id = uuid::Uuid::new_v4().simple();
    files::write(root, "/etc/machine-id", format!("{id}\n"), 0o444)
}

/// Gives the machine a host key where it has none.
pub(super) fn host_key(root: &Path, hostname: &str) -> io::Result<()> {
    if files::read(root, HOST_KEY)?.is_some() {
        return Ok(());
    }
    let mut key = random_key()?;
    key.set_comment(format!("root@{hostname}"));
    let private = key
        .to_openssh(russh::keys::ssh_key::LineEnding::LF)
        .map_err(io::Error::other)?;
    let public = key.public_key().to_openssh().map_err(io::Error::other)?;
    files::write(root, HOST_KEY, private.as_bytes(), 0o600)?;
    files::write(root, format!("{HOST_KEY}.pub"), format!("{public}\n"), 0o644)
}

/// A new ed25519 key.
pub(super) fn random_key() -> io::Result<PrivateKey> {
    PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519).map_err(io::Error::other)
}

/// Empties what does not outlive a boot.
pub(super) fn forget_boot(root: &Path) -> io::Result<()> {
    files::empty(&root.join("run"), 0o755)?;
    files::empty(&root.join("tmp"), 0o1777)
}
