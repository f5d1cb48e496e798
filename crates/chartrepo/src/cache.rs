//! What was fetched before: by digest, verified at each reading, shared by any number of processes.

use std::path::{Path, PathBuf};
use std::sync::Once;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::disk;
use crate::http::Validators;
use crate::record::Origin;
use crate::{Digest, FetchError};

/// A folder: `sha256/HEX.tgz` with `HEX.json` beside it, and `index/HEX.yaml` likewise.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    swept: Once,
}

/// Charts and files do not stand for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Chart,
    File,
}

/// What the cache has of a digest.
#[derive(Debug)]
pub(crate) enum Kept {
    Whole {
        bytes: Bytes,
        path: PathBuf,
        origin: Option<Origin>,
    },
    /// It has changed, and is moved aside.
    Damaged {
        path: PathBuf,
        found: Digest,
    },
    Nothing,
}

/// What is written beside an index.
#[derive(Debug, Serialize, Deserialize)]
struct AboutIndex {
    digest: Digest,
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Cache {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            swept: Once::new(),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, digest: &Digest, kind: Kind) -> PathBuf {
        let ending = match kind {
            Kind::Chart => "tgz",
            Kind::File => "file",
        };
        self.dir.join("sha256").join(format!("{}.{ending}", digest.hex()))
    }

    /// Reads and verifies.
    pub(crate) fn get(&self, digest: &Digest, kind: Kind) -> Result<Kept, FetchError> {
        let path = self.path(digest, kind);
        let Some(bytes) = disk::read(&path).map_err(|error| FetchError::disk(&path, &error))? else {
            return Ok(Kept::Nothing);
        };
        let found = Digest::of(&bytes);
        if found != *digest {
            let aside = path.with_extension("damaged");
            // When that fails, the next one that is written takes the place.
            std::fs::rename(&path, &aside).ok();
            return Ok(Kept::Damaged { path: aside, found });
        }
        // What is lost with an unreadable one is told by nobody, and needed by nobody.
        let origin = disk::read(&path.with_extension("json")).ok().flatten();
        let origin = origin.and_then(|text| serde_json::from_slice(&text).ok());
        Ok(Kept::Whole {
            bytes: bytes.into(),
            path,
            origin,
        })
    }

    /// Keeps content with where it came from.
    pub(crate) fn put(
        &self,
        digest: &Digest,
        kind: Kind,
        bytes: &[u8],
        origin: &Origin,
    ) -> Result<PathBuf, FetchError> {
        self.swept.call_once(|| {
            disk::sweep(&self.dir.join("sha256"));
            disk::sweep(&self.dir.join("index"));
        });
        let path = self.path(digest, kind);
        let about = path.with_extension("json");
        let text = serde_json::to_vec_pretty(origin).unwrap_or_default();
        // The content last: whoever finds it finds the rest.
        disk::write(&about, &text).map_err(|error| FetchError::disk(&about, &error))?;
        disk::write(&path, bytes).map_err(|error| FetchError::disk(&path, &error))?;
        Ok(path)
    }

    /// The index that was read last from a repository, and by what its server knows it again.
    pub(crate) fn index(&self, repo: &str) -> Option<(Vec<u8>, Validators)> {
        let path = self.index_path(repo);
        let about = disk::read(&path.with_extension("json")).ok()??;
        let about: AboutIndex = serde_json::from_slice(&about).ok()?;
        let bytes = disk::read(&path).ok()??;
        let validators = Validators {
            etag: about.etag,
            last_modified: about.last_modified,
        };
        // Two files are not written as one: they may be of two processes.
        (Digest::of(&bytes) == about.digest).then_some((bytes, validators))
    }

    pub(crate) fn put_index(&self, repo: &str, bytes: &[u8], validators: Validators) -> Result<(), FetchError> {
        let path = self.index_path(repo);
        let about = AboutIndex {
            digest: Digest::of(bytes),
            etag: validators.etag,
            last_modified: validators.last_modified,
        };
        let about = serde_json::to_vec_pretty(&about).unwrap_or_default();
        disk::write(&path, bytes).map_err(|error| FetchError::disk(&path, &error))?;
        let path = path.with_extension("json");
        disk::write(&path, &about).map_err(|error| FetchError::disk(&path, &error))
    }

    fn index_path(&self, repo: &str) -> PathBuf {
        let name = Digest::of(repo.as_bytes()).hex();
        self.dir.join("index").join(format!("{name}.yaml"))
    }
}
