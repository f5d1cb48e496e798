//! Archives in HTTP repositories: where the index, or the lock, says that they are.

use bytes::Bytes;
use hoist_sprig::semver::Version;
use url::Url;

use super::checks::{check_archive, vouch};
use super::{Errand, Found, Remote, authorization, origin_at};
use crate::error::Mismatch;
use crate::http::{self, Request, Task};
use crate::index::Miss;
use crate::oci;
use crate::record::{IndexDigest, Provenance};
use crate::refs::{self, Address, Credentials, shown};
use crate::{Digest, FetchError};

/// What an index, or the lock, says of an archive.
struct Archive {
    version: String,
    url: Url,
    index: Option<Digest>,
    deprecated: bool,
}

impl Remote {
    /// A chart from where the lock says that it was, or else from where the index says that it is.
    pub(super) async fn take_from_repository(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Found, FetchError> {
        if let Some(found) = self.try_source(errand, repo, login).await? {
            return Ok(found);
        }
        let archive = self.look_up(errand, repo, login).await?;
        self.take_archive(errand, repo, login, archive).await
    }

    /// The archive from where the lock says that it was; `None` when the index must be asked.
    async fn try_source(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Option<Found>, FetchError> {
        let Some(pin) = errand.pin.filter(|_| errand.want.mirror.is_none()) else {
            return Ok(None);
        };
        let source = pin.source.as_deref().and_then(|source| Url::parse(source).ok());
        let Some(mut url) = source.filter(|url| matches!(url.scheme(), "http" | "https" | "oci")) else {
            return Ok(None);
        };
        refs::take_login(&mut url);
        let archive = Archive {
            version: pin.version.clone(),
            url,
            index: None,
            deprecated: false,
        };
        match self.take_archive(errand, repo, login, archive).await {
            Ok(found) => Ok(Some(found)),
            // It has moved, or its URL needs a query that is not written down.
            Err(FetchError::NotFound { .. } | FetchError::Refused { .. } | FetchError::Status { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The version that the index leads to.
    async fn look_up(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Archive, FetchError> {
        let index = self.index(errand, repo, login).await?;
        let (name, requested) = (&errand.want.name, errand.requested());
        let from = || shown(repo.as_str()).trim_end_matches('/').to_owned();
        let entry = index.find(name, requested).map_err(|miss| match miss {
            Miss::Range(error) => error,
            Miss::Chart { near } => FetchError::UnknownChart {
                name: name.clone(),
                from: from(),
                near,
            },
            Miss::Version { newest, count } => FetchError::UnknownVersion {
                name: name.clone(),
                requested: requested.to_owned(),
                from: from(),
                newest,
                count,
            },
        })?;
        let bad = |why: String| FetchError::Answer {
            what: errand.task.what.clone(),
            url: from(),
            expected: "a usable index",
            why: format!("{name} {}: {why}", entry.version),
        };
        let link = entry.urls.first().ok_or_else(|| bad("it has no URL".into()))?;
        let url = resolve(repo, link).filter(|url| matches!(url.scheme(), "http" | "https" | "oci"));
        let url = url.ok_or_else(|| bad(format!("its URL {} leads to no server", shown(link))))?;
        let index = match &entry.digest {
            None => None,
            Some(text) => Some(Digest::parse(text).ok_or_else(|| bad(format!("its digest {text:?} is no SHA-256")))?),
        };
        Ok(Archive {
            version: entry.version.original().to_owned(),
            url,
            index,
            deprecated: entry.deprecated,
        })
    }

    async fn take_archive(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
        archive: Archive,
    ) -> Result<Found, FetchError> {
        let source = shown_source(&archive.url);
        let (url, own) = match served(errand, repo, &archive.url)? {
            Address::Oci { host, path, login } => {
                let (path, tag) = tag_of(&path, &archive.version, errand.task)?;
                let place = oci::Place { host, path, login };
                let found = self.take_from_registry(errand, &place, tag, archive.index, archive.deprecated);
                return Ok(Found { source, ..found.await? });
            }
            Address::Local(path) => {
                let bytes = std::fs::read(&path).map_err(|error| FetchError::disk(&path, &error))?;
                let at = format!("file://{}", path.display());
                return accept(errand, archive, source, &at, bytes.into());
            }
            Address::Http { url, login } => (url, login),
        };
        if let Some(digest) = archive.index {
            errand.compare(&archive.version, &source, digest)?;
            if let Some((bytes, path, origin)) = errand.kept(&digest)? {
                return Ok(Found {
                    version: archive.version,
                    bytes,
                    digest,
                    kept: Some(path),
                    origin: origin.unwrap_or_else(|| origin_at(&source)),
                    source,
                });
            }
        }
        let limit = errand.options.max_archive;
        let mut request = Request::get(url, "application/gzip, application/octet-stream", limit);
        request.progress = true;
        request.authorization = match own {
            Some(own) => Some(own.basic()),
            None => authorization(errand.options, &request.url, repo, login),
        };
        let answer = self.net.ask(errand.task, errand.options, &request).await?;
        let bytes = answer.content(&errand.task.what, &request.url)?.body;
        let at = shown_source(&request.url);
        let mut found = accept(errand, archive, source, &at, bytes)?;
        if errand.options.provenance {
            found.origin.provenance = self.provenance(errand, request, &found).await?;
        }
        Ok(found)
    }

    /// Asks for the provenance file beside an archive.
    async fn provenance(&self, errand: Errand<'_>, archive: Request, found: &Found) -> Result<Provenance, FetchError> {
        let mut url = archive.url;
        let name = url
            .path_segments()
            .and_then(|mut parts| parts.next_back())
            .unwrap_or_default()
            .to_owned();
        url.set_path(&format!("{}.prov", url.path()));
        let mut request = Request::get(url, "*/*", 1 << 20);
        request.authorization = archive.authorization;
        let answer = self.net.ask(errand.task, errand.options, &request).await?;
        if answer.status.as_u16() == 404 {
            return Ok(Provenance::Absent);
        }
        let answer = answer.content(&errand.task.what, &request.url)?;
        let names = [name, format!("{}-{}.tgz", errand.want.name, found.version)];
        vouch(
            errand.task,
            &shown(request.url.as_str()),
            &answer.body,
            &names,
            found.digest,
        )
    }
}

/// A link in an index: absolute, or beside it. The repository's query goes with the latter.
pub(super) fn resolve(repo: &Url, link: &str) -> Option<Url> {
    if let Ok(mut url) = Url::parse(link) {
        refs::take_login(&mut url);
        url.set_fragment(None);
        return Some(url);
    }
    let mut base = repo.clone();
    base.set_path(&format!("{}/", repo.path().trim_end_matches('/')));
    let mut url = base.join(link).ok()?;
    if !http::same_origin(&url, repo) {
        // `//other/file`: a URL without its scheme.
        return Some(url);
    }
    url.set_query(repo.query());
    url.set_fragment(None);
    Some(url)
}

fn shown_source(url: &Url) -> String {
    let mut url = url.clone();
    refs::take_login(&mut url);
    url.set_query(None);
    url.into()
}

/// Where an archive is served: by its own URL, or by a mirror's.
fn served(errand: Errand<'_>, repo: &Url, url: &Url) -> Result<Address, FetchError> {
    if let Some(mirror) = errand.options.mirror.as_ref().and_then(|mirror| mirror(url.as_str())) {
        return Address::parse(&mirror);
    }
    // A mirror's index may still name archives in the repository that it stands for.
    let rest = url.as_str().strip_prefix(&errand.want.identity());
    let rest = rest
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|_| errand.want.mirror.is_some());
    match rest.and_then(|rest| resolve(repo, rest)) {
        Some(url) => Ok(Address::Http { url, login: None }),
        None => Address::parse(url.as_str()),
    }
}

/// Compares content with everything that is known of it.
fn accept(errand: Errand<'_>, archive: Archive, source: String, at: &str, bytes: Bytes) -> Result<Found, FetchError> {
    let digest = Digest::of(&bytes);
    // What is no archive at all is told as that, whatever its digest.
    check_archive(errand.task, at, &bytes)?;
    if let Some(expected) = archive.index.filter(|expected| *expected != digest) {
        return Err(FetchError::Digest {
            what: errand.task.what.clone(),
            url: at.to_owned(),
            said_by: "the repository's index",
            digests: Mismatch::boxed(expected, digest),
        });
    }
    errand.compare(&archive.version, at, digest)?;
    let mut origin = origin_at(at);
    origin.deprecated = archive.deprecated;
    if archive.index.is_some() {
        origin.index = IndexDigest::Agrees;
    }
    Ok(Found {
        version: archive.version,
        bytes,
        digest,
        kept: None,
        source,
        origin,
    })
}

/// The path and the tag of `path:tag`, or the version in the tag's place.
fn tag_of(path: &str, version: &str, task: &Task) -> Result<(String, String), FetchError> {
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) => (path, tag.replace('_', "+")),
        None => (path, version.to_owned()),
    };
    if Version::parse(&tag).is_err() {
        return Err(no_place(task, path, "its tag is no version"));
    }
    Ok((path.to_owned(), tag))
}

fn no_place(task: &Task, place: &str, why: &str) -> FetchError {
    FetchError::Reference {
        what: format!("the registry's {place} for {}", task.what),
        why: why.to_owned(),
    }
}
