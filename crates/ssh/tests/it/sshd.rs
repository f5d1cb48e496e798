//! OpenSSH's server in inetd mode: the test owns the listening socket, so that no port is guessed and nothing is left
//! running.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hoist_ssh::{Error, HostKeyPolicy, Identity, KeyPair, Patience, Session, Target};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) struct Sshd {
    pub(crate) address: SocketAddr,
    pub(crate) host_key: KeyPair,
    pub(crate) login: KeyPair,
    pub(crate) folder: tempfile::TempDir,
    accept: JoinHandle<()>,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

pub(crate) fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn program() -> PathBuf {
    let path = PathBuf::from("/usr/sbin/sshd");
    assert!(
        path.exists(),
        "these tests need OpenSSH's server at {}: `cargo xtask tools` installs it",
        path.display()
    );
    path
}

impl Sshd {
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts it with further lines of configuration.
    pub(crate) async fn start_with(config: &str) -> Self {
        // sshd wants its (empty) privilege separation folder when it runs as root.
        let _ = std::fs::create_dir_all("/run/sshd");
        let folder = tempfile::tempdir().unwrap();
        let (host_key, login) = (KeyPair::generate("host"), KeyPair::generate("login"));
        let path = |name: &str| folder.path().join(name);
        write_private(&path("host_key"), host_key.private_pem().expose_secret());
        write_private(&path("authorized_keys"), &login.public());
        let text = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nPidFile none\nLogLevel ERROR\n{config}\n",
            path("host_key").display(),
            path("authorized_keys").display()
        );
        std::fs::write(path("config"), text).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (program, config) = (program(), path("config"));
        let accept = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stream = stream.into_std().unwrap();
                stream.set_nonblocking(false).unwrap();
                let fd = OwnedFd::from(stream);
                let mut child = Command::new(&program)
                    .arg("-i")
                    .arg("-f")
                    .arg(&config)
                    .stdin(fd.try_clone().unwrap())
                    .stdout(fd)
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::spawn(move || child.wait());
            }
        });
        Self {
            address,
            host_key,
            login,
            folder,
            accept,
        }
    }

    pub(crate) fn target(&self) -> Target {
        Target {
            address: self.address.ip(),
            port: self.address.port(),
            user: user(),
            host_keys: HostKeyPolicy::Pinned(vec![self.host_key.fingerprint()]),
        }
    }

    pub(crate) async fn connect(&self, identities: &[Identity]) -> Result<Session, Error> {
        Session::connect(&self.target(), identities, Patience::once(Duration::from_secs(20))).await
    }

    pub(crate) async fn session(&self) -> Session {
        self.connect(&[Identity::Key(self.login.clone())]).await.unwrap()
    }
}

pub(crate) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Replaces what differs from run to run, for snapshots.
pub(crate) fn stable(text: impl ToString, replace: &[(String, &str)]) -> String {
    replace
        .iter()
        .fold(text.to_string(), |text, (from, to)| text.replace(from.as_str(), to))
}
