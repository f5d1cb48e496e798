//! Getting one chart.

use std::path::Path;

use bytes::Bytes;

use super::{Store, read};
use crate::cache::{Kept, Kind};
use crate::error::Mismatch;
use crate::event::FetchEvent;
use crate::http::Task;
use crate::lock::ChartLock;
use crate::record::Place;
use crate::refs::{Address, shown};
use crate::remote::{Errand, Known, check_archive};
use crate::{ChartRef, Digest, FetchError, Fetched, Record, folder, vendor};

impl Store {
    pub(super) async fn fetch_chart(
        &self,
        want: &ChartRef,
        pin: Option<&ChartLock>,
        known: Known,
    ) -> Result<Fetched, FetchError> {
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
}
