//! The store: charts and files, from the folder of `hoist vendor`, the cache, or a server, in this order.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::Utc;
use futures::future::join_all;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::cache::{Cache, Kept, Kind};
use crate::error::Mismatch;
use crate::event::FetchEvent;
use crate::flight::Flights;
use crate::http::Task;
use crate::lock::{ChartLock, FileLock};
use crate::record::{IndexDigest, Origin, Place, Provenance};
use crate::refs::{Address, shown};
use crate::remote::{Errand, Known, Remote, check_archive};
use crate::{ChartRef, Digest, FetchError, Fetched, FetchedFile, FileRef, Lock, Options, Record, disk, folder, vendor};

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

    async fn fetch_chart(&self, want: &ChartRef, pin: Option<&ChartLock>, known: Known) -> Result<Fetched, FetchError> {
        let what = format!("chart {}", want.title());
        let from = want.mirror.as_deref().unwrap_or(&want.repo);
        let address = Address::parse(from)?;
        if let Address::Local(folder) = &address {
            let task = Task::new(what, &self.options);
            return self.chart_in_folder(want, pin, &known, &task, folder, Place::Folder);
        }
        let mut looked = Vec::new();
        let mut damaged = None;
        if let Some(dir) = &self.options.vendor {
            let folder = vendor::chart_folder(dir, &want.identity());
            let task = Task::new(what.clone(), &self.options);
            if let Some(pin) = pin {
                let path = folder.join(vendor::archive_name(&pin.name, &pin.version));
                if let Some(bytes) = read(&path)? {
                    return self.vendored(pin, task.what, &path, bytes);
                }
                looked.push(path);
            } else if self.options.offline && folder.is_dir() {
                return self.chart_in_folder(want, None, &known, &task, &folder, Place::Vendor);
            } else {
                looked.push(folder);
            }
        }
        if let Some(pin) = pin {
            match self.cache.get(&pin.digest, Kind::Chart)? {
                Kept::Whole { bytes, path, origin } => {
                    self.options.tell(FetchEvent::Cached { what: what.clone() });
                    let record = Record::new(what, Place::Cache, &bytes, pin.digest, true).with(origin);
                    let entry = pin.clone();
                    return Ok(Fetched {
                        bytes,
                        path,
                        record,
                        entry,
                    });
                }
                Kept::Damaged { path, found } => damaged = Some((path, pin.digest, found)),
                Kept::Nothing => {}
            }
        }
        if self.options.offline {
            return Err(self.missing(what, looked, damaged));
        }
        let _permit = self.permit().await?;
        let task = Task::new(what.clone(), &self.options);
        self.options.tell(FetchEvent::Started {
            what: what.clone(),
            from: shown(from),
        });
        let errand = Errand {
            want,
            known: &known,
            pin,
            task: &task,
            options: &self.options,
            cache: &self.cache,
        };
        let found = self.remote.chart(errand, &address).await?;
        let place = if found.kept.is_some() {
            Place::Cache
        } else {
            Place::Network
        };
        let path = match found.kept {
            Some(path) => {
                self.options.tell(FetchEvent::Cached { what: what.clone() });
                path
            }
            None => {
                let path = self
                    .cache
                    .put(&found.digest, Kind::Chart, &found.bytes, &found.origin)?;
                self.options.tell(FetchEvent::Done {
                    what: what.clone(),
                    bytes: found.bytes.len() as u64,
                });
                path
            }
        };
        let entry = pin.cloned().unwrap_or_else(|| {
            let mut entry = ChartLock::new(want, found.version, found.digest);
            entry.manifest = found.origin.manifest;
            // A mirror's address is nobody else's.
            entry.source = want.mirror.is_none().then_some(found.source);
            entry
        });
        let record = Record::new(what, place, &found.bytes, found.digest, pin.is_some()).with(Some(found.origin));
        Ok(Fetched {
            bytes: found.bytes,
            path,
            record,
            entry,
        })
    }

    /// A chart from a folder with archives. It needs no copy.
    fn chart_in_folder(
        &self,
        want: &ChartRef,
        pin: Option<&ChartLock>,
        known: &Known,
        task: &Task,
        dir: &Path,
        place: Place,
    ) -> Result<Fetched, FetchError> {
        let requested = pin.map_or(want.version.as_str(), |pin| pin.version.as_str());
        let (path, version) = folder::find(dir, want, requested)?;
        let bytes = Bytes::from(std::fs::read(&path).map_err(|error| FetchError::disk(&path, &error))?);
        let url = format!("file://{}", path.display());
        check_archive(task, &url, &bytes)?;
        let digest = Digest::of(&bytes);
        if let Some(locked) = known.digest(version.original()).filter(|locked| *locked != digest) {
            return Err(FetchError::Changed {
                what: task.what.clone(),
                name: want.name.clone(),
                url,
                digests: Mismatch::boxed(locked, digest),
            });
        }
        let mut record = Record::new(task.what.clone(), place, &bytes, digest, pin.is_some());
        record.url = Some(url);
        let entry = pin
            .cloned()
            .unwrap_or_else(|| ChartLock::new(want, version.original().to_owned(), digest));
        self.options.tell(FetchEvent::Cached {
            what: task.what.clone(),
        });
        Ok(Fetched {
            bytes,
            path,
            record,
            entry,
        })
    }

    /// A pinned chart from the folder of `hoist vendor`.
    fn vendored(&self, pin: &ChartLock, what: String, path: &Path, bytes: Bytes) -> Result<Fetched, FetchError> {
        let record = self.vendored_record(what, path, &bytes, pin.digest)?;
        Ok(Fetched {
            bytes,
            path: path.to_owned(),
            record,
            entry: pin.clone(),
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

    async fn fetch_file(&self, want: &FileRef, pin: Option<&FileLock>) -> Result<FetchedFile, FetchError> {
        let what = format!("file {}", shown(&want.url));
        let from = want.mirror.as_deref().unwrap_or(&want.url);
        let address = Address::parse(from)?;
        let finish = |bytes: Bytes, path: PathBuf, record: Record| FetchedFile {
            entry: pin.cloned().unwrap_or_else(|| FileLock::new(want, record.digest)),
            bytes,
            path,
            record,
        };
        let compare = |url: &str, found: Digest| match pin.filter(|pin| pin.digest != found) {
            None => Ok(()),
            Some(pin) => Err(FetchError::Changed {
                what: what.clone(),
                name: shown(&want.url),
                url: shown(url),
                digests: Mismatch::boxed(pin.digest, found),
            }),
        };
        let (url, login) = match &address {
            Address::Http { url, login } => (url, login),
            Address::Local(path) => {
                let bytes = read(path)?.ok_or_else(|| FetchError::NotFound {
                    what: what.clone(),
                    url: shown(from),
                })?;
                let digest = Digest::of(&bytes);
                compare(from, digest)?;
                let mut record = Record::new(what, Place::Folder, &bytes, digest, pin.is_some());
                record.url = Some(shown(from));
                return Ok(finish(bytes, path.clone(), record));
            }
            Address::Oci { .. } => {
                return Err(FetchError::Reference {
                    what: format!("the URL {}", shown(from)),
                    why: "a registry has charts, not files".into(),
                });
            }
        };
        let mut looked = Vec::new();
        let mut damaged = None;
        if let Some(dir) = &self.options.vendor {
            let path = vendor::file_path(dir, &want.identity());
            match (read(&path)?, pin) {
                (Some(bytes), Some(pin)) => {
                    let record = self.vendored_record(what, &path, &bytes, pin.digest)?;
                    return Ok(finish(bytes, path, record));
                }
                (Some(bytes), None) if self.options.offline => {
                    let digest = Digest::of(&bytes);
                    let record = Record::new(what, Place::Vendor, &bytes, digest, false);
                    return Ok(finish(bytes, path, record));
                }
                _ => looked.push(path),
            }
        }
        if let Some(pin) = pin {
            match self.cache.get(&pin.digest, Kind::File)? {
                Kept::Whole { bytes, path, origin } => {
                    self.options.tell(FetchEvent::Cached { what: what.clone() });
                    let record = Record::new(what, Place::Cache, &bytes, pin.digest, true).with(origin);
                    return Ok(finish(bytes, path, record));
                }
                Kept::Damaged { path, found } => damaged = Some((path, pin.digest, found)),
                Kept::Nothing => {}
            }
        }
        if self.options.offline {
            return Err(self.missing(what, looked, damaged));
        }
        let _permit = self.permit().await?;
        let task = Task::new(what.clone(), &self.options);
        self.options.tell(FetchEvent::Started {
            what: what.clone(),
            from: shown(from),
        });
        let bytes = self.remote.file(&task, &self.options, url, login.as_ref()).await?;
        let digest = Digest::of(&bytes);
        compare(from, digest)?;
        let origin = Origin {
            url: shown(from),
            fetched: Utc::now(),
            index: IndexDigest::NotGiven,
            manifest: None,
            provenance: Provenance::NotAsked,
            deprecated: false,
        };
        let path = self.cache.put(&digest, Kind::File, &bytes, &origin)?;
        self.options.tell(FetchEvent::Done {
            what: what.clone(),
            bytes: bytes.len() as u64,
        });
        let record = Record::new(what, Place::Network, &bytes, digest, pin.is_some()).with(Some(origin));
        Ok(finish(bytes, path, record))
    }
}

fn read(path: &Path) -> Result<Option<Bytes>, FetchError> {
    let bytes = disk::read(path).map_err(|error| FetchError::disk(path, &error))?;
    Ok(bytes.map(Bytes::from))
}
