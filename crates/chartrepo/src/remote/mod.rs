//! Charts and files from servers: HTTP repositories with their index, registries, plain URLs.

mod checks;
mod indexes;
mod registry;
mod repository;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::Utc;
use url::Url;

use crate::cache::{Cache, Kept, Kind};
use crate::error::Mismatch;
use crate::flight::Flights;
use crate::http::{self, Net, Request, Task};
use crate::index::Index;
use crate::lock::ChartLock;
use crate::oci::{self, Context, Registries};
use crate::record::{IndexDigest, Origin, Provenance};
use crate::refs::{self, Address, ChartRef, Credentials, shown};
use crate::{Digest, FetchError, Options};

pub(crate) use checks::check_archive;

/// What the lock knows of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Known {
    /// The digest that this very request is pinned to.
    pub(crate) pin: Option<Digest>,
    /// Digests by version, whatever request led there.
    pub(crate) versions: Vec<(String, Digest)>,
}

impl Known {
    pub(crate) fn digest(&self, version: &str) -> Option<Digest> {
        let by_version = || self.versions.iter().find(|(known, _)| known == version);
        self.pin.or_else(|| by_version().map(|(_, digest)| *digest))
    }
}

/// A chart that was found, and its content.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) version: String,
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    /// Where it lies, when it was at hand after all.
    pub(crate) kept: Option<PathBuf>,
    /// The archive's own URL.
    pub(crate) source: String,
    pub(crate) origin: Origin,
}

/// The servers that were asked, and what they said of themselves.
#[derive(Debug, Default)]
pub(crate) struct Remote {
    net: Net,
    registries: Registries,
    indexes: Flights<String, Arc<Index>>,
}

/// One chart that is to be fetched.
#[derive(Clone, Copy)]
pub(crate) struct Errand<'a> {
    pub(crate) want: &'a ChartRef,
    pub(crate) known: &'a Known,
    pub(crate) pin: Option<&'a ChartLock>,
    pub(crate) task: &'a Task,
    pub(crate) options: &'a Options,
    pub(crate) cache: &'a Cache,
}

impl<'a> Errand<'a> {
    fn requested(&self) -> &'a str {
        self.pin.map_or(self.want.version.as_str(), |pin| pin.version.as_str())
    }

    /// Refuses content whose digest is not the one that the lock has.
    fn compare(&self, version: &str, url: &str, found: Digest) -> Result<(), FetchError> {
        match self.known.digest(version) {
            Some(locked) if locked != found => Err(FetchError::Changed {
                what: self.task.what.clone(),
                name: self.want.name.clone(),
                url: shown(url),
                digests: Mismatch::boxed(locked, found),
            }),
            _ => Ok(()),
        }
    }

    fn kept(&self, digest: &Digest) -> Result<Option<(Bytes, PathBuf, Option<Origin>)>, FetchError> {
        Ok(match self.cache.get(digest, Kind::Chart)? {
            Kept::Whole { bytes, path, origin } => Some((bytes, path, origin)),
            Kept::Damaged { .. } | Kept::Nothing => None,
        })
    }
}

impl Remote {
    /// Finds and fetches a chart.
    pub(crate) async fn chart(&self, errand: Errand<'_>, address: &Address) -> Result<Found, FetchError> {
        match address {
            Address::Local(path) => Err(FetchError::Reference {
                what: format!("the folder {}", path.display()),
                why: "it is not on a server".into(),
            }),
            Address::Oci { host, path, login } => {
                let place = oci::Place {
                    host: host.clone(),
                    path: format!("{path}/{}", errand.want.name)
                        .trim_start_matches('/')
                        .to_owned(),
                    login: login.clone(),
                };
                let requested = errand.requested();
                let context = self.context(errand);
                let version = self
                    .registries
                    .resolve(context, &place, &errand.want.name, requested)
                    .await?;
                self.take_from_registry(errand, &place, version, None, false).await
            }
            Address::Http { url, login } => self.take_from_repository(errand, url, login.as_ref()).await,
        }
    }

    fn context<'a>(&'a self, errand: Errand<'a>) -> Context<'a> {
        Context {
            net: &self.net,
            options: errand.options,
            task: errand.task,
        }
    }

    /// A file by its URL.
    pub(crate) async fn file(
        &self,
        task: &Task,
        options: &Options,
        url: &Url,
        login: Option<&Credentials>,
    ) -> Result<Bytes, FetchError> {
        let mut request = Request::get(url.clone(), "*/*", options.max_file);
        request.progress = true;
        request.authorization = authorization(options, url, url, login);
        let answer = self.net.ask(task, options, &request).await?;
        Ok(answer.content(&task.what, url)?.body)
    }
}

/// The credentials for a URL: the repository's own for its own origin, or else those of the host.
fn authorization(
    options: &Options,
    url: &Url,
    repo: &Url,
    login: Option<&Credentials>,
) -> Option<secrecy::SecretString> {
    let own = login.filter(|_| http::same_origin(url, repo)).cloned();
    let hook = || options.credentials.as_ref()?(&refs::authority(url)?);
    own.or_else(hook).map(|login| login.basic())
}

fn origin_at(source: &str) -> Origin {
    Origin {
        url: source.to_owned(),
        fetched: Utc::now(),
        index: IndexDigest::NotGiven,
        manifest: None,
        provenance: Provenance::NotAsked,
        deprecated: false,
    }
}
