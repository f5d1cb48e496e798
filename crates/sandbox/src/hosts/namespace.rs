//! One boot's namespaces: made by `unshare`, entered by `nsenter`, gone with their first process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Mutex;

use super::error::HostsError;
use super::login::Login;

/// How long the mounts may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// The programs that make and enter namespaces.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    unshare: PathBuf,
    nsenter: PathBuf,
}

/// Where programs lie, inside and outside. The environment does not count: machines are the same for everyone.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const NAMESPACES: [&str; 6] = ["--user", "--map-root-user", "--mount", "--pid", "--uts", "--fork"];

impl Programs {
    /// Finds them, and tries whether namespaces are allowed.
    pub(super) fn find() -> Result<Self, HostsError> {
        for program in ["sh", "mount", "chroot", "env", "setsid", "flock", "mkfifo", "tar"] {
            find(program)?;
        }
        let programs = Self {
            unshare: find("unshare")?,
            nsenter: find("nsenter")?,
        };
        let tried = std::process::Command::new(&programs.unshare)
            .args(NAMESPACES)
            .args(["--", "/bin/sh", "-c", "mount -t tmpfs none /tmp"])
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .output()
            .map_err(HostsError::file("run", &programs.unshare))?;
        if tried.status.success() {
            return Ok(programs);
        }
        let said = String::from_utf8_lossy(&tried.stderr);
        Err(HostsError::NoNamespaces(said.trim().replace('\n', "; ")))
    }
}

fn find(program: &'static str) -> Result<PathBuf, HostsError> {
    let found = PATH
        .split(':')
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.is_file());
    found.ok_or(HostsError::NoProgram(program))
}

/// The namespaces of one boot. Everything in them ends when this is dropped or this process ends.
pub(super) struct Namespace {
    nsenter: PathBuf,
    pid: u32,
    child: Mutex<Child>,
    /// The first process lives until this is closed.
    lifeline: Mutex<Option<ChildStdin>>,
}

impl Namespace {
    pub(super) async fn start(
        programs: &Programs,
        script: &Path,
        root: &Path,
        control: &Path,
        hostname: &str,
    ) -> Result<Self, HostsError> {
        let mut child = Command::new(&programs.unshare)
            .args(NAMESPACES)
            .args(["--", "/bin/sh"])
            .args([script, root, control])
            .arg(hostname)
            .env_clear()
            .env("PATH", PATH)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(HostsError::file("run", &programs.unshare))?;
        let lifeline = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(lifeline), Some(stdout), Some(mut stderr)) = (lifeline, stdout, stderr) else {
            return Err(HostsError::Boot("unshare was started without pipes".into()));
        };
        let mut line = String::new();
        let mut stdout = BufReader::new(stdout);
        let read = tokio::time::timeout(DEADLINE, stdout.read_line(&mut line)).await;
        let pid = line.trim().strip_prefix("up ").and_then(|pid| pid.parse().ok());
        if let (Ok(Ok(_)), Some(pid)) = (read, pid) {
            let (child, lifeline) = (Mutex::new(child), Mutex::new(Some(lifeline)));
            return Ok(Self {
                nsenter: programs.nsenter.clone(),
                pid,
                child,
                lifeline,
            });
        }
        drop(lifeline);
        let mut said = String::new();
        let _ = tokio::time::timeout(Duration::from_secs(1), stderr.read_to_string(&mut said)).await;
        let said = format!("{} {}", line.trim(), said.trim().replace('\n', "; "));
        Err(HostsError::Boot(format!(
            "its namespaces could not be set up: {}",
            said.trim()
        )))
    }

    /// A command of the machine's shell as this user, in the user's home. Its standard streams are the caller's to set.
    pub(super) fn command(&self, login: &Login, script: &str) -> Command {
        let mut command = self.enter(login);
        command.args([
            "/bin/sh",
            "-c",
            r#"[ -p /run/sandbox/requests ] || exit 126; cd "$HOME" 2>/dev/null || cd /; exec /bin/sh -c "$1""#,
            "sh",
            script,
        ]);
        command
    }

    /// The same with a terminal, which the standard streams must be; without a script it is a shell to talk to.
    pub(super) fn terminal(&self, login: &Login, script: Option<&str>) -> Command {
        let mut command = self.enter(login);
        let go = r#"cd "$HOME" 2>/dev/null || cd /
            if [ $# != 0 ]; then exec /bin/sh -c "$1"; fi
            export PS1="$USER@$(uname -n):\$PWD# "
            exec /bin/sh -i"#;
        command
            .args(["setsid", "--ctty", "/bin/sh", "-c", go, "sh"])
            .args(script);
        command
    }

    fn enter(&self, login: &Login) -> Command {
        let mut command = Command::new(&self.nsenter);
        let target = format!("--target={}", self.pid);
        command
            .args([
                &target,
                "--user",
                "--preserve-credentials",
                "--mount",
                "--pid",
                "--uts",
                "--root",
                "--wd",
                "--",
            ])
            .args(["/usr/bin/env", "-i"])
            .args(login.environment())
            .env_clear()
            .current_dir("/");
        command
    }

    /// Ends every process in it, as a power cut does.
    pub(super) async fn stop(&self) {
        drop(self.lifeline.lock().await.take());
        let mut child = self.child.lock().await;
        if tokio::time::timeout(Duration::from_secs(5), child.wait())
            .await
            .is_err()
        {
            let _ = child.kill().await;
        }
    }
}
