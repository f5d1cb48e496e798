//! What was fetched, from where, and by which digest: provenance that a caller may show or log.

use std::fmt;
use std::path::PathBuf;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::lock::{ChartLock, FileLock};

/// A chart that is at hand.
#[derive(Clone)]
pub struct Fetched {
    /// The archive: a gzipped tar.
    pub bytes: Bytes,
    /// Where the archive lies. It may be cleaned up by others; `bytes` stays.
    pub path: PathBuf,
    /// Where it came from.
    pub record: Record,
    /// What the lock shall have for it.
    pub entry: ChartLock,
}

/// A file that is at hand.
#[derive(Clone)]
pub struct FetchedFile {
    /// The content.
    pub bytes: Bytes,
    /// Where it lies.
    pub path: PathBuf,
    /// Where it came from.
    pub record: Record,
    /// What the lock shall have for it.
    pub entry: FileLock,
}

// Both without their content, which is nobody's to log.

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Fetched");
        text.field("path", &self.path).field("record", &self.record);
        text.field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl fmt::Debug for FetchedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("FetchedFile");
        text.field("path", &self.path).field("record", &self.record);
        text.field("entry", &self.entry).finish_non_exhaustive()
    }
}

/// Where something came from, and what vouches for it. Holds no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The chart with its version, or the file's URL.
    pub what: String,
    /// Where it was taken from this time.
    pub from: Place,
    /// The URL that it was downloaded from, without credentials and query, where that is known.
    pub url: Option<String>,
    /// When it was downloaded, where that is known.
    pub fetched: Option<DateTime<Utc>>,
    /// The digest of the content.
    pub digest: Digest,
    /// The size of the content in bytes.
    pub size: u64,
    /// Whether the lock had this digest already.
    pub pinned: bool,
    /// Whether the repository's index gave a digest. One that differs is an error.
    pub index: IndexDigest,
    /// The digest of the manifest, in a registry.
    pub manifest: Option<Digest>,
    /// What is known of a provenance file.
    pub provenance: Provenance,
    /// Whether the repository calls this version deprecated.
    pub deprecated: bool,
}

/// Where something was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A server.
    Network,
    /// The cache.
    Cache,
    /// The folder that `hoist vendor` filled.
    Vendor,
    /// A folder that stands for a repository.
    Folder,
}

/// What the index of the repository said when the archive was downloaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexDigest {
    /// There was none to compare with, or no index was read.
    #[default]
    NotGiven,
    /// The index had the same digest.
    Agrees,
}

/// What is known of the chart's provenance file.
///
/// Its signature is not verified, as hoist has no keyring: only the digest that it gives for the archive is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Nobody asked for it when the archive was downloaded.
    #[default]
    NotAsked,
    /// The repository has none.
    Absent,
    /// It gives the archive's digest. One that differs is an error.
    Agrees {
        /// The digest of the provenance file itself.
        file: Digest,
    },
}

/// What is written beside an archive in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) url: String,
    pub(crate) fetched: DateTime<Utc>,
    #[serde(default)]
    pub(crate) index: IndexDigest,
    #[serde(default)]
    pub(crate) manifest: Option<Digest>,
    #[serde(default)]
    pub(crate) provenance: Provenance,
    #[serde(default)]
    pub(crate) deprecated: bool,
}

impl Record {
    pub(crate) fn new(what: String, from: Place, bytes: &[u8], digest: Digest, pinned: bool) -> Self {
        Self {
            what,
            from,
            url: None,
            fetched: None,
            digest,
            size: bytes.len() as u64,
            pinned,
            index: IndexDigest::NotGiven,
            manifest: None,
            provenance: Provenance::NotAsked,
            deprecated: false,
        }
    }

    pub(crate) fn with(mut self, origin: Option<Origin>) -> Self {
        if let Some(origin) = origin {
            self.url = Some(origin.url);
            self.fetched = Some(origin.fetched);
            self.index = origin.index;
            self.manifest = origin.manifest;
            self.provenance = origin.provenance;
            self.deprecated = origin.deprecated;
        }
        self
    }
}
