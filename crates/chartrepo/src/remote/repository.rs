//! Archives in HTTP repositories: where the index, or the lock, says that they are.

use hoist_sprig::semver::Version;
use url::Url;

use super::checks::{check_archive, vouch};
use super::{Errand, Found, Remote, authorization, origin_at};
use crate::error::Mismatch;
use crate::http::{self, Request, Task};
use crate::index::Miss;
use crate::oci;
use crate::record::{IndexDigest, Provenance};
use crate::refs::{self, Credentials, shown};
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
        if archive.url.scheme() == "oci" {
            let (place, tag) = place_of(archive.url, &archive.version, errand.task)?;
            return self
                .take_from_registry(errand, &place, tag, archive.index, archive.deprecated)
                .await;
        }
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
        let mut request = Request::get(
            archive.url,
            "application/gzip, application/octet-stream",
            errand.options.max_archive,
        );
        request.progress = true;
        request.authorization = authorization(errand.options, &request.url, repo, login);
        let answer = self.net.ask(errand.task, errand.options, &request).await?;
        let bytes = answer.content(&errand.task.what, &request.url)?.body;
        let digest = Digest::of(&bytes);
        if let Some(expected) = archive.index.filter(|expected| *expected != digest) {
            // What is no archive at all has a better name for it.
            check_archive(errand.task, &source, &bytes)?;
            return Err(FetchError::Digest {
                what: errand.task.what.clone(),
                url: source,
                said_by: "the repository's index",
                digests: Mismatch::boxed(expected, digest),
            });
        }
        check_archive(errand.task, &source, &bytes)?;
        errand.compare(&archive.version, &source, digest)?;
        let mut origin = origin_at(&source);
        origin.deprecated = archive.deprecated;
        if archive.index.is_some() {
            origin.index = IndexDigest::Agrees;
        }
        if errand.options.provenance {
            origin.provenance = self.provenance(errand, request, digest).await?;
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

    /// Asks for the provenance file beside an archive.
    async fn provenance(&self, errand: Errand<'_>, archive: Request, digest: Digest) -> Result<Provenance, FetchError> {
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
        vouch(errand.task, &shown(request.url.as_str()), &answer.body, &[name], digest)
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

/// The place and the tag of `oci://host/path:tag`.
fn place_of(mut url: Url, version: &str, task: &Task) -> Result<(oci::Place, String), FetchError> {
    let refuse = |why: &str| FetchError::Reference {
        what: format!("the URL {} of {}", shown(url.as_str()), task.what),
        why: why.to_owned(),
    };
    let host = refs::authority(&url).ok_or_else(|| refuse("it has no host"))?;
    let (path, tag) = match url.path().rsplit_once(':') {
        Some((path, tag)) => (path.to_owned(), tag.replace('_', "+")),
        None => (url.path().to_owned(), version.to_owned()),
    };
    if Version::parse(&tag).is_err() {
        return Err(refuse("its tag is no version"));
    }
    let login = refs::take_login(&mut url);
    let path = path.trim_matches('/').to_owned();
    Ok((oci::Place { host, path, login }, tag))
}
