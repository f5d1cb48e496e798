//! Stand-in hosts: an SSH server on a loopback address of its own, in front of a root folder in a user and mount
//! namespace. What a machine does beyond that (systemd, kexec, Nix) is a handful of shell scripts in `shims`, so that a
//! test can see and break each of them.

mod api;
mod server;

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hoist_model::{ExposeSecret, ServerFacts};
use hoist_ssh::KeyPair;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub(crate) use api::Api;

const SHIMS: &[(&str, &str)] = &[
    ("boot", include_str!("shims/boot")),
    ("journalctl", include_str!("shims/journalctl")),
    ("nix", include_str!("shims/nix")),
    ("nix-env", include_str!("shims/nix-env")),
    ("nixos-facter", include_str!("shims/nixos-facter")),
    ("nixos-install", include_str!("shims/nixos-install")),
    ("systemctl", include_str!("shims/systemctl")),
    ("systemd-run", include_str!("shims/systemd-run")),
];

/// One host. Dropping it closes its port and removes all that it held.
pub(crate) struct Host {
    pub(crate) address: Ipv4Addr,
    pub(crate) port: u16,
    folder: tempfile::TempDir,
    accept: JoinHandle<()>,
    cut: Arc<Notify>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// A fresh loopback address: tests run at the same time, and hosts of one cluster share a port.
pub(crate) fn loopback() -> Ipv4Addr {
    let [a, b, c, ..] = *uuid::Uuid::new_v4().as_bytes();
    Ipv4Addr::new(127, 64 | a & 63, b, c.clamp(2, 250))
}

pub(crate) fn write(path: &Path, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

impl Host {
    /// A fresh Debian that lets `keys` in, as cloud-init has told it, and shows a throw-away key.
    pub(crate) async fn debian(port: u16, throw_away: &KeyPair, keys: &str, api: &Api) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        let control = folder.path().join("control");
        for shim in SHIMS {
            write(&root.join("shims").join(shim.0), shim.1, 0o755);
        }
        for empty in ["run", "tmp", "mnt", "root", "var/lib", "control"] {
            std::fs::create_dir_all(root.join(empty)).unwrap();
        }
        write(&root.join("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n", 0o644);
        let pem = throw_away.private_pem();
        write(&root.join("etc/ssh/ssh_host_ed25519_key"), pem.expose_secret(), 0o600);
        write(
            &root.join("etc/ssh/ssh_host_ed25519_key.pub"),
            &throw_away.public(),
            0o644,
        );
        write(&root.join("root/.ssh/authorized_keys"), keys, 0o600);
        write(&control.join("host_key"), pem.expose_secret(), 0o600);
        write(&control.join("boot_id"), "boot-1\n", 0o644);
        write(&control.join("boots"), "1\n", 0o644);
        write(&control.join("meminfo"), "MemTotal:        3911680 kB\n", 0o644);
        write(&control.join("kubeconfig"), &api.kubeconfig(), 0o644);
        std::fs::create_dir_all(control.join("nodes")).unwrap();
        write(&folder.path().join("enter.sh"), include_str!("enter.sh"), 0o644);
        installer_tarball(&control);
        let address = loopback();
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        api.listen(address, control.join("nodes")).await;
        let cut = Arc::new(Notify::new());
        let accept = tokio::spawn(server::serve(listener, folder.path().to_owned(), cut.clone()));
        Self {
            address,
            port,
            folder,
            accept,
            cut,
        }
    }

    /// Cuts all connections. New ones are welcome.
    pub(crate) fn cut(&self) {
        self.cut.notify_waiters();
    }

    /// Nobody listens any more.
    pub(crate) fn vanish(&self) {
        self.accept.abort();
        self.cut();
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn control(&self) -> PathBuf {
        self.folder.path().join("control")
    }

    /// What has happened on it: units, boots, restarts.
    pub(crate) fn log(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.control().join("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn facts(&self, id: u64) -> ServerFacts {
        ServerFacts {
            id,
            address: Some(IpAddr::V4(self.address)),
            private_ipv4: None,
            private_mac: None,
            host_keys: hoist_model::HostKeyPins::default(),
            architecture: "x86".into(),
            running: true,
        }
    }
}

/// The tarball that kexec boots, where the host fetches it by a `file:` URL.
fn installer_tarball(control: &Path) {
    let path = control.join("installer.tar.gz");
    let encoder = flate2::write::GzEncoder::new(std::fs::File::create(path).unwrap(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    let text = include_str!("shims/kexec-run");
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(text.len() as u64);
    builder.append_data(&mut header, "kexec/run", text.as_bytes()).unwrap();
    builder.into_inner().unwrap().finish().unwrap();
}
