//! Getting one file.

use std::path::PathBuf;

use bytes::Bytes;
use chrono::Utc;

use super::{Store, read};
use crate::cache::{Kept, Kind};
use crate::error::Mismatch;
use crate::event::FetchEvent;
use crate::http::Task;
use crate::lock::FileLock;
use crate::record::{IndexDigest, Origin, Place, Provenance};
use crate::refs::{Address, shown};
use crate::{Digest, FetchError, FetchedFile, FileRef, Record, vendor};

impl Store {
    pub(super) async fn fetch_file(&self, want: &FileRef, pin: Option<&FileLock>) -> Result<FetchedFile, FetchError> {
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
