//! The store: charts and files, from the folder of `hoist vendor`, the cache, or a server, in this order.

mod chart;
mod file;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::cache::Cache;
use crate::error::Mismatch;
use crate::event::FetchEvent;
use crate::flight::Flights;
use crate::record::Place;
use crate::remote::{Known, Remote};
use crate::{ChartRef, Digest, FetchError, Fetched, FetchedFile, FileRef, Lock, Options, Record, disk};

/// Fetches each chart and each file once in its life, a few at a time.
#[derive(Debug)]
pub struct Store {
    cache: Cache,
    options: Options,
    remote: Remote,
    permits: Semaphore,
    charts: Flights<(ChartRef, Known), Fetched>,
    files: Flights<(FileRef, Option<Digest>), FetchedFile>,
}

impl Store {
    /// A store with its cache in this folder, which is made when it is needed.
    pub fn new(cache: impl Into<PathBuf>, options: Options) -> Self {
        Self {
            cache: Cache::new(cache.into()),
            permits: Semaphore::new(options.parallel.max(1)),
            options,
            remote: Remote::default(),
            charts: Flights::default(),
            files: Flights::default(),
        }
    }

    /// A store that has nothing but a folder which [`Store::vendor`] filled.
    pub fn offline(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let options = Options {
            offline: true,
            vendor: Some(folder.clone()),
            ..Options::default()
        };
        Self::new(folder.join("cache"), options)
    }

    /// A chart. What the lock pins is what comes, or an error.
    pub async fn chart(&self, want: &ChartRef, lock: &Lock) -> Result<Fetched, FetchError> {
        want.check()?;
        let pin = lock.chart(want);
        let known = Known {
            pin: pin.map(|pin| pin.digest),
            versions: lock.digests_of(want),
        };
        let key = (want.clone(), known.clone());
        self.charts.once(key, || self.fetch_chart(want, pin, known)).await
    }

    /// Several charts at the same time, in the order in which they were asked for.
    pub async fn charts(&self, wants: &[ChartRef], lock: &Lock) -> Vec<Result<Fetched, FetchError>> {
        join_all(wants.iter().map(|want| self.chart(want, lock))).await
    }

    /// A file. What the lock pins is what comes, or an error.
    pub async fn file(&self, want: &FileRef, lock: &Lock) -> Result<FetchedFile, FetchError> {
        let pin = lock.file(want);
        let key = (want.clone(), pin.map(|pin| pin.digest));
        self.files.once(key, || self.fetch_file(want, pin)).await
    }

    /// Several files at the same time, in the order in which they were asked for.
    pub async fn files(&self, wants: &[FileRef], lock: &Lock) -> Vec<Result<FetchedFile, FetchError>> {
        join_all(wants.iter().map(|want| self.file(want, lock))).await
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, FetchError> {
        // It is never closed.
        self.permits.acquire().await.map_err(|error| FetchError::Disk {
            path: self.cache.dir().to_owned(),
            why: error.to_string(),
        })
    }

    fn vendored_record(&self, what: String, path: &Path, bytes: &[u8], locked: Digest) -> Result<Record, FetchError> {
        let found = Digest::of(bytes);
        if found != locked {
            return Err(FetchError::Damaged {
                what,
                file: path.to_owned(),
                digests: Mismatch::boxed(locked, found),
            });
        }
        self.options.tell(FetchEvent::Cached { what: what.clone() });
        Ok(Record::new(what, Place::Vendor, bytes, found, true))
    }

    fn missing(
        &self,
        what: String,
        mut looked: Vec<PathBuf>,
        damaged: Option<(PathBuf, Digest, Digest)>,
    ) -> FetchError {
        if let Some((file, expected, found)) = damaged {
            return FetchError::Damaged {
                what,
                file,
                digests: Mismatch::boxed(expected, found),
            };
        }
        // A folder alone has no cache.
        if looked.is_empty() || self.cache.dir().is_dir() {
            looked.push(self.cache.dir().to_owned());
        }
        FetchError::Offline { what, looked }
    }
}

fn read(path: &Path) -> Result<Option<Bytes>, FetchError> {
    let bytes = disk::read(path).map_err(|error| FetchError::disk(path, &error))?;
    Ok(bytes.map(Bytes::from))
}
