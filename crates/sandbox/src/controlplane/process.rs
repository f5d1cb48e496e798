//! Child processes that never outlive the sandbox.
//!
//! The kernel kills a child when the *thread* that made it ends (`PR_SET_PDEATHSIG`, set by `setpriv` as this crate has
//! no unsafe code). So one thread of this process's own, which never ends, makes them all: a runtime's worker or a
//! test's thread would take its children along too early, and a crash of the sandbox leaves nothing behind.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use super::error::Error;
use super::files;
use super::tools::Tools;

/// How long a program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// A program to run.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    /// What to call it in errors, and the name of its log.
    pub(crate) name: String,
    /// The tool to run.
    pub(crate) tool: &'static str,
    /// Its arguments. No secret may be among them.
    pub(crate) args: Vec<String>,
    /// Its environment: there is nothing else in it but a PATH and a HOME.
    pub(crate) env: Vec<(String, String)>,
    /// The folder of its log and its home.
    pub(crate) folder: PathBuf,
}

type Spawned = Result<std::process::Child, std::io::Error>;
type Order = (Command, oneshot::Sender<Spawned>);

/// The thread that makes every child.
fn spawner() -> &'static mpsc::Sender<Order> {
    static SPAWNER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        let (sender, orders) = mpsc::channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, answer) in orders {
                // Who asked may have gone away; then nobody knows of the child, so it must not stay.
                if let Err(Ok(mut child)) = answer.send(command.spawn()) {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        });
        sender
    })
}

#[derive(Debug)]
enum Life {
    Running(Pid),
    Ended,
}

/// A running program. Dropping it kills the program.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    log: PathBuf,
    /// Where this run's part of the log begins.
    log_start: u64,
    life: Arc<Mutex<Life>>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts a program.
    pub(crate) async fn start(tools: &Tools, launch: Launch) -> Result<Self, Error> {
        let Launch {
            name,
            tool,
            args,
            env,
            folder,
        } = launch;
        let path = tools.find(tool)?;
        let guard = tools.find("setpriv")?;
        let log = folder.join(format!("{name}.log"));
        let output = files::log(&log)?;
        let log_start = output.metadata().map_or(0, |meta| meta.len());
        let errors = output.try_clone().map_err(Error::file("opening the log", &log))?;
        let mut command = Command::new(guard);
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&path)
            .args(args)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &folder)
            .envs(env)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        let failed = |source| Error::Spawn {
            name: name.clone(),
            path: path.clone(),
            source,
        };
        let gone = || failed(std::io::Error::other("the thread that starts programs is gone"));
        let (answer, spawned) = oneshot::channel();
        spawner().send((command, answer)).map_err(|_| gone())?;
        let child = spawned.await.map_err(|_| gone())?.map_err(failed)?;
        let (life, ended) = watch_over(child);
        Ok(Self {
            name,
            log,
            log_start,
            life,
            ended,
        })
    }

    /// The program's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its exit status, once it has ended.
    pub(crate) fn exited(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    /// Returns when the program has ended.
    pub(crate) async fn ended(&self) {
        let _ = self.ended.clone().wait_for(Option::is_some).await;
    }

    /// Like [`Self::ended`], for who does not have the process.
    pub(crate) fn watch(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut ended = self.ended.clone();
        async move {
            let _ = ended.wait_for(Option::is_some).await;
        }
    }

    /// The error that says that the program ended while something was waited for.
    pub(crate) fn ended_error(&self, what: &str) -> Error {
        Error::Ended {
            name: self.name.clone(),
            what: what.to_owned(),
            status: self
                .exited()
                .map_or_else(|| "still running".to_owned(), |status| status.to_string()),
            log: self.log.clone(),
            tail: files::tail(&self.log, self.log_start),
        }
    }

    /// The last lines of the program's log.
    pub(crate) fn tail(&self) -> String {
        files::tail(&self.log, self.log_start)
    }

    /// Asks the program to end, and kills it when it takes too long. It has ended when this returns.
    pub(crate) async fn stop(self) {
        self.signal(Signal::SIGTERM);
        if timeout(GRACE, self.ended()).await.is_err() {
            self.signal(Signal::SIGKILL);
            self.ended().await;
        }
    }

    /// Kills the program at once. It has ended when this returns.
    pub(crate) async fn kill(self) {
        self.signal(Signal::SIGKILL);
        self.ended().await;
    }

    fn signal(&self, signal: Signal) {
        // Under the lock, the process is not reaped: its number cannot be another's.
        if let Life::Running(pid) = *self.life.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = kill(pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}

/// Waits for the child on a thread, independent of any runtime.
fn watch_over(mut child: std::process::Child) -> (Arc<Mutex<Life>>, watch::Receiver<Option<ExitStatus>>) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    let life = Arc::new(Mutex::new(Life::Running(pid)));
    let (sender, ended) = watch::channel(None);
    let shared = Arc::clone(&life);
    std::thread::spawn(move || {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        while let Err(nix::errno::Errno::EINTR) = waitid(Id::Pid(pid), flags) {}
        let mut life = shared.lock().unwrap_or_else(PoisonError::into_inner);
        *life = Life::Ended;
        // An end that cannot be learnt is no success: exit code 255.
        let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(255 << 8));
        drop(life);
        let _ = sender.send(Some(status));
    });
    (life, ended)
}

/// Asks `probe` until it says yes, until one of the processes ends, or until the deadline.
///
/// `probe` answers with what is still wrong, for the error.
pub(crate) async fn wait_until<P, F>(
    what: &str,
    deadline: Duration,
    processes: &[&Process],
    mut probe: P,
) -> Result<(), Error>
where
    P: FnMut() -> F,
    F: Future<Output = Result<(), String>>,
{
    const PAUSE: Duration = Duration::from_millis(50);
    let end = Instant::now() + deadline;
    let mut last = String::new();
    loop {
        if let Some(process) = processes.iter().find(|process| process.exited().is_some()) {
            return Err(process.ended_error(what));
        }
        match tokio::time::timeout_at(end, probe()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(why)) => last = why,
            Err(_) => {}
        }
        if Instant::now() >= end {
            let logs = processes
                .iter()
                .map(|p| format!("\nthe end of {}'s log:\n{}", p.name(), p.tail()));
            let last = if last.is_empty() {
                last
            } else {
                format!("; the last answer: {last}")
            };
            return Err(Error::Deadline {
                what: what.to_owned(),
                waited: deadline,
                last: last + &logs.collect::<String>(),
            });
        }
        sleep(PAUSE).await;
    }
}
