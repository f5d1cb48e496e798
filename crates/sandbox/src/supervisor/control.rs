//! From outside: brings the background process up, asks how it stands, and takes it down.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::claim;
use super::settings::{Options, SandboxError, Variables, check_name, file};

/// Coming up starts etcd's and the API server's like only with the first node; this is for slow machines.
const UP: Duration = Duration::from_secs(60);
const DOWN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// How a sandbox stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Up(Variables),
    /// It does not.
    Down,
}

/// Brings a sandbox up in the background and returns when everything answers. One that is up stays as it is.
///
/// `serve` is the command that runs [`super::serve()`] with the same options in the foreground.
pub fn up(options: &Options, serve: &mut Command) -> Result<Variables, SandboxError> {
    check_name(&options.name)?;
    if let Standing::Up(variables) = status(options)? {
        return Ok(variables);
    }
    sweep(options)?;
    let folder = options.folder();
    std::fs::create_dir_all(&folder).map_err(file("cannot make", &folder))?;
    let log = std::fs::File::create(options.log_file()).map_err(file("cannot make", options.log_file()))?;
    let errors = log.try_clone().map_err(file("cannot open", options.log_file()))?;
    // A process group of its own, so that Ctrl-C in the terminal that brought it up is not meant for it.
    let mut child = serve
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(file("cannot start", serve.get_program()))?;
    let deadline = Instant::now() + UP;
    loop {
        if let Standing::Up(variables) = status(options)? {
            return Ok(variables);
        }
        let ended = child.try_wait().map_err(file("cannot watch", serve.get_program()))?;
        if let Some(ended) = ended {
            return Err(SandboxError::Up {
                name: options.name.clone(),
                why: format!("it ended with {ended}: {}", tail(&options.log_file())),
            });
        }
        if Instant::now() >= deadline {
            let why = format!("not ready after {} s: {}", UP.as_secs(), tail(&options.log_file()));
            child.kill().ok();
            child.wait().ok();
            sweep(options)?;
            return Err(SandboxError::Up {
                name: options.name.clone(),
                why,
            });
        }
        std::thread::sleep(LOOK);
    }
}

/// How it stands.
pub fn status(options: &Options) -> Result<Standing, SandboxError> {
    check_name(&options.name)?;
    if claim::lock(&options.base, &options.name)?.is_some() {
        return Ok(Standing::Down);
    }
    // Held, but not ready yet, is not up.
    let text = std::fs::read_to_string(options.variables_file()).ok();
    let variables = text.and_then(|text| serde_json::from_str(&text).ok());
    Ok(variables.map_or(Standing::Down, Standing::Up))
}

/// Takes it down; nothing is left. One that is down already is fine.
pub fn down(options: &Options) -> Result<(), SandboxError> {
    check_name(&options.name)?;
    let deadline = Instant::now() + DOWN;
    let mut signal = Signal::SIGTERM;
    while claim::lock(&options.base, &options.name)?.is_none() {
        if let Some(pid) = pid(options) {
            kill(pid, signal).ok();
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() && signal == Signal::SIGKILL {
            return Err(SandboxError::Down(options.name.clone()));
        }
        // Ten seconds before the end, politeness ends: its children go with it.
        if left < Duration::from_secs(10) {
            signal = Signal::SIGKILL;
        }
        std::thread::sleep(LOOK.min(left));
    }
    sweep(options)
}

/// Removes what a sandbox that does not run has left.
fn sweep(options: &Options) -> Result<(), SandboxError> {
    let _lock = claim::take(&options.base, &options.name)?;
    let folder = options.folder();
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file("cannot remove", folder)(error)),
        _ => {}
    }
    let path = options.base.join(format!("{}.lock", options.name));
    std::fs::remove_file(&path)
        .or_else(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                Ok(())
            } else {
                Err(error)
            }
        })
        .map_err(file("cannot remove", path))
}

fn pid(options: &Options) -> Option<Pid> {
    let text = std::fs::read_to_string(options.folder().join("pid")).ok()?;
    text.trim().parse().ok().map(Pid::from_raw)
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(8)..].join("\n  ");
    if last.is_empty() {
        "its log is empty".to_owned()
    } else {
        format!("its log ends with\n  {last}")
    }
}
