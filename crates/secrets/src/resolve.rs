//! Resolves sources: each one once in a run, several at a time, in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hoist_model::{ExposeSecret, Secret};
use hoist_spec::Source;
use tokio::sync::OnceCell;

use crate::Environment;
use crate::program::{self, Failed};

/// A secret could not be read from its source. Says which source and why, never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: {why}")]
pub struct SourceError {
    /// The source, as a person names it: `environment variable HCLOUD_TOKEN`.
    pub source_name: String,
    /// What went wrong.
    pub why: String,
    /// What to do.
    pub hint: String,
}

type Cell = Arc<OnceCell<Result<Secret, SourceError>>>;

/// Reads secret values from their sources, each source once.
pub struct Resolver {
    dir: PathBuf,
    environment: Arc<dyn Environment>,
    deadline: Duration,
    known: Mutex<HashMap<Source, Cell>>,
}

impl Resolver {
    /// A resolver for a spec in folder `dir`; files and programs are relative to it.
    pub fn new(dir: impl Into<PathBuf>, environment: Arc<dyn Environment>) -> Self {
        Self {
            dir: dir.into(),
            environment,
            deadline: Duration::from_secs(60),
            known: Mutex::default(),
        }
    }

    /// How long a program may take to give a value. A minute unless told: it may ask a server, not a person.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The environment that it reads.
    pub fn environment(&self) -> &dyn Environment {
        &*self.environment
    }

    /// The value of a source. A second call, also at the same time, gives the first one's answer.
    pub async fn resolve(&self, source: &Source) -> Result<Secret, SourceError> {
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(source.clone()).or_default())
        };
        cell.get_or_init(|| self.read(source)).await.clone()
    }

    async fn read(&self, source: &Source) -> Result<Secret, SourceError> {
        let name = name(source);
        let error = |why: String, hint: &str| SourceError {
            source_name: name.clone(),
            why,
            hint: hint.to_owned(),
        };
        let value = match source {
            Source::Env(variable) => self
                .environment
                .var(variable.as_str())
                .ok_or_else(|| error("it is not set".into(), "export it before you run hoist"))?,
            Source::File(file) => read_file(&self.dir.join(file)).map_err(|(why, hint)| error(why, hint))?,
            Source::Command(words) => self.run(words).await.map_err(|(why, hint)| error(why, hint))?,
            Source::Bitwarden(item) => self
                .bitwarden(&item.item)
                .await
                .map_err(|(why, hint)| error(why, hint))?,
        };
        if value.expose_secret().is_empty() {
            return Err(error("it is empty".into(), "a secret has at least one character"));
        }
        Ok(value)
    }

    async fn run(&self, words: &[String]) -> Result<Secret, (String, &'static str)> {
        let hint = "the first word is the program, the others are its arguments, each as one item; there is no shell";
        let Some((program, args)) = words.split_first() else {
            return Err(("the list is empty".into(), hint));
        };
        let path = self.environment.var("PATH");
        let found = program::find(program, &self.dir, path.as_ref().map(ExposeSecret::expose_secret))
            .ok_or_else(|| ("there is no such program on PATH".to_owned(), hint))?;
        program::output(&found, args, &[], &self.dir, self.deadline)
            .await
            .map_err(|failed| match failed {
                Failed::NotFound => ("there is no such program".into(), hint),
                Failed::NotStarted(why) => (format!("it could not be started: {why}"), hint),
                Failed::TimedOut(after) => (
                    format!("it gave no answer within {} s and was stopped", after.as_secs_f32()),
                    "it must not wait for input: hoist gives it none",
                ),
                Failed::Exit(status, stderr) => (exit(&status, &stderr), "run it by hand in the folder of hoist.yaml"),
                Failed::NotText => (
                    "its output is not text in UTF-8".into(),
                    "encode it, for instance as base64",
                ),
            })
    }

    async fn bitwarden(&self, item: &str) -> Result<Secret, (String, &'static str)> {
        let install = "install Bitwarden's command line (bw) and log in: bw login";
        let unlock = "unlock it in this shell: export BW_SESSION=$(bw unlock --raw)";
        let path = self.environment.var("PATH");
        let bw = program::find("bw", &self.dir, path.as_ref().map(ExposeSecret::expose_secret))
            .ok_or_else(|| ("the program bw is not on PATH".to_owned(), install))?;
        // Without this, bw asks for the master password on the terminal and waits.
        let args = ["--nointeraction", "get", "notes", item].map(str::to_owned);
        let session = self.environment.var("BW_SESSION");
        let env: Vec<_> = session
            .iter()
            .map(|s| ("BW_SESSION", s.expose_secret().into()))
            .collect();
        program::output(&bw, &args, &env, &self.dir, self.deadline)
            .await
            .map_err(|failed| match failed {
                Failed::NotFound => ("the program bw is not on PATH".into(), install),
                Failed::NotStarted(why) => (format!("bw could not be started: {why}"), install),
                Failed::TimedOut(after) => (
                    format!("bw gave no answer within {} s and was stopped", after.as_secs_f32()),
                    "is its server reachable? `bw sync` tells",
                ),
                Failed::Exit(status, stderr) => bitwarden_failure(&status, &stderr, install, unlock),
                Failed::NotText => (
                    "the notes are not text in UTF-8".into(),
                    "keep text in the item's notes",
                ),
            })
    }
}

fn bitwarden_failure(
    status: &str,
    stderr: &str,
    install: &'static str,
    unlock: &'static str,
) -> (String, &'static str) {
    let said = stderr.to_lowercase();
    if said.contains("not logged in") {
        ("bw is not logged in".into(), install)
    } else if said.contains("locked") || said.contains("master password") {
        ("the vault is locked".into(), unlock)
    } else if said.contains("more than one result") {
        (
            "more than one item has this name".into(),
            "write the item's id instead, as `bw list items --search NAME` prints it",
        )
    } else if said.contains("not found") {
        (
            "the vault has no such item, or it has no notes".into(),
            "`bw list items --search NAME` shows what there is; `bw sync` fetches what is new",
        )
    } else {
        (exit(status, stderr), "run `bw get notes ITEM` by hand")
    }
}

fn exit(status: &str, stderr: &str) -> String {
    if stderr.is_empty() {
        format!("it failed ({status})")
    } else {
        format!("it failed ({status}): {stderr}")
    }
}

/// The source as a person names it. Of a command only the program: arguments may say too much.
fn name(source: &Source) -> String {
    match source {
        Source::Env(variable) => format!("environment variable {variable}"),
        Source::File(file) => format!("file {}", file.display()),
        Source::Command(words) => format!("command {}", words.first().map_or("(empty)", String::as_str)),
        Source::Bitwarden(item) => format!("Bitwarden item {}", item.item),
    }
}

fn read_file(path: &Path) -> Result<Secret, (String, &'static str)> {
    use std::os::unix::fs::PermissionsExt;
    let relative = "paths are relative to the folder of hoist.yaml";
    let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => ("there is no such file".to_owned(), relative),
        _ => (format!("it cannot be read: {error}"), relative),
    })?;
    if !meta.is_file() {
        return Err(("it is not a file".into(), relative));
    }
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err((
            format!("others than its owner may open it (mode {mode:04o})"),
            "chmod 600 it; if others have been on this machine, change the secret too",
        ));
    }
    let text = std::fs::read_to_string(path).map_err(|error| (format!("it cannot be read: {error}"), relative))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(Secret::from(text.to_owned()))
}
