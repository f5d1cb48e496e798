//! Runs a program for its output: no shell, a deadline, and nothing of the output in an error. What it complains of on
//! stderr is told, its last three lines: a program that writes secrets there cannot be helped.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hoist_model::Secret;
use tokio::process::Command;

/// How a program failed to give a value.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    NotFound,
    NotStarted(String),
    TimedOut(Duration),
    /// It ended with an error; these are the last lines that it wrote to stderr.
    Exit(String, String),
    NotText,
}

/// The program as it is found: a path as it stands (relative ones from `dir`), a bare name on `path`.
pub(crate) fn find(program: &str, dir: &Path, path: Option<&str>) -> Option<PathBuf> {
    if program.contains('/') {
        let full = dir.join(program);
        return full.is_file().then_some(full);
    }
    path?
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(folder).join(program))
        .find(|full| full.is_file())
}

/// Runs a program in `dir` and gives its output without the last line break.
pub(crate) async fn output(
    program: &Path,
    args: &[String],
    extra_env: &[(&str, OsString)],
    dir: &Path,
    deadline: Duration,
) -> Result<Secret, Failed> {
    let mut command = Command::new(program);
    command
        .args(args)
        .envs(extra_env.iter().map(|(name, value)| (*name, value)))
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut attempt = 1;
    let child = loop {
        match command.spawn() {
            Ok(child) => break child,
            // Somebody still writes the program, or a process forked meanwhile holds it open: it passes in a moment.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy && attempt < 50 => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Failed::NotFound),
            Err(error) => return Err(Failed::NotStarted(error.to_string())),
        }
    };
    let done = tokio::time::timeout(deadline, child.wait_with_output())
        .await
        .map_err(|_| Failed::TimedOut(deadline))?
        .map_err(|error| Failed::NotStarted(error.to_string()))?;
    if !done.status.success() {
        let stderr = String::from_utf8_lossy(&done.stderr);
        let lines: Vec<&str> = stderr
            .lines()
            .rev()
            .filter(|line| !line.trim().is_empty())
            .take(3)
            .collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        return Err(Failed::Exit(done.status.to_string(), tail.join("; ")));
    }
    let text = String::from_utf8(done.stdout).map_err(|_| Failed::NotText)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Secret::from(text.to_owned()))
}
