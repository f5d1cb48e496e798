//! hoist.lock on the disk.

use std::path::{Path, PathBuf};

use crate::{FetchError, Lock, LockError, disk};

/// The file hoist.lock.
#[derive(Clone, Debug)]
pub struct LockFile {
    path: PathBuf,
}

impl LockFile {
    /// The file at a path, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its content; an empty lock when there is no file.
    pub fn read(&self) -> Result<Lock, LockError> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Lock::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Lock::default()),
            Err(error) => Err(LockError {
                line: None,
                why: format!("{} cannot be read: {error}", self.path.display()),
            }),
        }
    }

    /// Writes it, if that changes anything. A lock without entries makes no file. Says whether it has written.
    pub fn write(&self, lock: &Lock) -> Result<bool, FetchError> {
        // The file itself, where a link stands for it.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let text = lock.render();
        let old = disk::read(&path).map_err(|error| FetchError::disk(&path, &error))?;
        if old.as_deref() == Some(text.as_bytes()) || old.is_none() && *lock == Lock::default() {
            return Ok(false);
        }
        disk::write(&path, text.as_bytes()).map_err(|error| FetchError::disk(&path, &error))?;
        Ok(true)
    }
}
