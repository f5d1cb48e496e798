//! The audit trail: one JSON line an event, appended and flushed as it happens. Never read back as truth.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::{Sink, Stamped};

/// The journal could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal {}: {source}", path.display())]
pub struct JournalError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

struct State {
    file: File,
    broken: Option<io::Error>,
}

/// One run's journal.
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
}

impl Journal {
    /// Makes a new journal file `NAME.jsonl` in a folder, which is made where it is missing, and proves by a
    /// first line that it can be written: a full disk shows before the first step, not after.
    pub fn create(folder: &Path, name: &str) -> Result<Self, JournalError> {
        let path = folder.join(format!("{name}.jsonl"));
        let open = || -> io::Result<File> {
            std::fs::create_dir_all(folder)?;
            let mut file = OpenOptions::new().create_new(true).append(true).open(&path)?;
            file.write_all(b"{\"journal\":\"hoist\",\"version\":1}\n")?;
            file.sync_data()?;
            Ok(file)
        };
        match open() {
            Ok(file) => Ok(Self {
                path,
                state: Mutex::new(State { file, broken: None }),
            }),
            Err(source) => Err(JournalError { path, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The error that stopped the writing, if one did: the run goes on, and says so at its end.
    pub fn failure(&self) -> Option<JournalError> {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.broken.take().map(|source| JournalError {
            path: self.path.clone(),
            source,
        })
    }
}

impl Sink for Journal {
    fn event(&self, event: &Stamped) {
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.broken.is_some() {
            return;
        }
        let written = serde_json::to_vec(event)
            .map_err(io::Error::other)
            .and_then(|mut line| {
                line.push(b'\n');
                state.file.write_all(&line)
            });
        if let Err(error) = written {
            state.broken = Some(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Tee};
    use std::sync::Arc;

    #[test]
    fn each_event_is_one_line_of_json() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::create(folder.path(), "run").unwrap());
        Tee(vec![journal.clone()]).send(Event::Stopping);
        let text = std::fs::read_to_string(journal.path()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["event"], "stopping");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        std::fs::write(&file, "").unwrap();
        let error = Journal::create(&file, "run").err().unwrap().to_string();
        assert!(error.contains("taken/run.jsonl"), "{error}");
    }
}
