//! The fault matrix: each effect is struck once, over as many runs as that takes.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use hoist_engine::FaultHook;
use hoist_model::{Key, StepError};

/// How an effect is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The step fails before the effect happens.
    FailBefore,
    /// The effect happens and the step fails.
    FailAfter,
    /// The effect happens and the process is killed with SIGKILL.
    KillAfter,
}

impl std::str::FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "fail-before" => Ok(Self::FailBefore),
            "fail-after" => Ok(Self::FailAfter),
            "kill-after" => Ok(Self::KillAfter),
            _ => Err(format!("`{text}` is none of fail-before, fail-after, kill-after")),
        }
    }
}

/// Strikes each effect once. What was struck is kept in a file, so that it holds over runs and kills.
///
/// An effect of the cloud or of a host is known by its key and name; one on a Kubernetes object by the object's kind,
/// since a hundred objects of one kind are written by the same few lines.
pub struct OnceEach {
    fault: Fault,
    file: PathBuf,
    struck: Mutex<BTreeSet<String>>,
}

impl OnceEach {
    /// Reads what earlier runs struck.
    pub fn new(fault: Fault, file: PathBuf) -> Self {
        let struck = std::fs::read_to_string(&file).unwrap_or_default();
        Self {
            fault,
            file,
            struck: Mutex::new(struck.lines().map(str::to_owned).collect()),
        }
    }

    fn strike(&self, key: &Key, effect: &str) -> bool {
        let cloud_or_host = key.kind().chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let label = if cloud_or_host {
            format!("{key} {effect}")
        } else {
            format!("{} {effect}", key.kind())
        };
        let mut struck = self.struck.lock().expect("no holder panics");
        if !struck.insert(label.clone()) {
            return false;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .expect("the file of struck effects can be opened");
        writeln!(file, "{label}")
            .and_then(|()| file.sync_data())
            .expect("the file of struck effects can be written");
        true
    }
}

impl FaultHook for OnceEach {
    fn before(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        if self.fault == Fault::FailBefore && self.strike(key, effect) {
            return Err(StepError::passing(format!("fault on request before {effect}")));
        }
        Ok(())
    }

    fn after(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        match self.fault {
            Fault::FailAfter if self.strike(key, effect) => {
                Err(StepError::passing(format!("fault on request after {effect}")))
            }
            Fault::KillAfter if self.strike(key, effect) => {
                let own = nix::unistd::Pid::this();
                nix::sys::signal::kill(own, nix::sys::signal::Signal::SIGKILL).expect("a process may kill itself");
                // SIGKILL is delivered before the call returns to this thread.
                unreachable!("this process was killed")
            }
            _ => Ok(()),
        }
    }
}
