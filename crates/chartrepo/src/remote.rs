//! Charts and files from servers: HTTP repositories with their index, registries, plain URLs.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::Utc;
use hoist_sprig::semver::Version;
use reqwest::header;
use url::Url;

use crate::cache::{Cache, Kept, Kind};
use crate::error::Mismatch;
use crate::flight::Flights;
use crate::http::{self, Net, Request, Task, Validators};
use crate::index::{self, Index, Miss};
use crate::lock::ChartLock;
use crate::oci::{self, Context, Registries};
use crate::record::{IndexDigest, Origin, Provenance};
use crate::refs::{self, Address, ChartRef, Credentials, shown};
use crate::{Digest, FetchError, Options, prov};

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

/// What an index, or the lock, says of an archive.
struct Archive {
    version: String,
    url: Url,
    index: Option<Digest>,
    deprecated: bool,
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
            Address::Http { url, login } => {
                if let Some(found) = self.try_source(errand, url, login.as_ref()).await? {
                    return Ok(found);
                }
                let archive = self.look_up(errand, url, login.as_ref()).await?;
                self.take_archive(errand, url, login.as_ref(), archive).await
            }
        }
    }

    fn context<'a>(&'a self, errand: Errand<'a>) -> Context<'a> {
        Context {
            net: &self.net,
            options: errand.options,
            task: errand.task,
        }
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

    async fn take_from_registry(
        &self,
        errand: Errand<'_>,
        place: &oci::Place,
        tag: String,
        index: Option<Digest>,
        deprecated: bool,
    ) -> Result<Found, FetchError> {
        let context = self.context(errand);
        let source = format!("{}:{}", place.url(), tag.replace('+', "_"));
        let pinned = errand.pin.and_then(|pin| pin.manifest);
        let mut manifest = None;
        if let Some(pinned) = pinned {
            // A mirror may have the chart under a manifest of its own.
            manifest = self.registries.manifest(context, place, &pinned.to_string()).await?;
        }
        if manifest.is_none() {
            manifest = self.registries.manifest(context, place, &tag).await?;
        }
        let Some(manifest) = manifest else {
            return Err(self
                .registries
                .no_such_version(context, place, &errand.want.name, &tag)
                .await);
        };
        let digest = manifest.chart.digest;
        errand.compare(&tag, &source, digest)?;
        if let Some(expected) = index.filter(|index| ![digest, manifest.digest].contains(index)) {
            return Err(FetchError::Digest {
                what: errand.task.what.clone(),
                url: source,
                said_by: "the repository's index",
                digests: Mismatch::boxed(expected, digest),
            });
        }
        if let Some((bytes, path, origin)) = errand.kept(&digest)? {
            let mut origin = origin.unwrap_or_else(|| origin_at(&source));
            origin.manifest = Some(manifest.digest);
            return Ok(Found {
                version: tag,
                bytes,
                digest,
                kept: Some(path),
                origin,
                source,
            });
        }
        let bytes = self
            .registries
            .blob(context, place, &manifest.chart, errand.options.max_archive)
            .await?;
        check_archive(errand.task, &source, &bytes)?;
        let mut origin = origin_at(&source);
        origin.manifest = Some(manifest.digest);
        origin.deprecated = deprecated;
        if index.is_some() {
            origin.index = IndexDigest::Agrees;
        }
        if errand.options.provenance {
            origin.provenance = match &manifest.provenance {
                None => Provenance::Absent,
                Some(layer) => {
                    let text = self.registries.blob(context, place, layer, 1 << 20).await?;
                    let plain = tag.strip_prefix('v').unwrap_or(&tag);
                    let name = &errand.want.name;
                    let names = [format!("{name}-{tag}.tgz"), format!("{name}-{plain}.tgz")];
                    vouch(errand.task, &source, &text, &names, digest)?
                }
            };
        }
        Ok(Found {
            version: tag,
            bytes,
            digest,
            kept: None,
            source,
            origin,
        })
    }

    /// The index of a repository: asked for once, and read anew only when it has changed.
    async fn index(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Arc<Index>, FetchError> {
        let key = repo.to_string();
        self.indexes.once(key, || self.read_index(errand, repo, login)).await
    }

    async fn read_index(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Arc<Index>, FetchError> {
        let task = errand.task.named(format!("the index of {}", shown(repo.as_str())));
        let url = resolve(repo, "index.yaml").unwrap_or_else(|| repo.clone());
        let limit = errand.options.max_index;
        let mut request = Request::get(url, "application/yaml, application/x-yaml, text/yaml, */*", limit);
        request.packed = true;
        request.authorization = authorization(errand.options, &request.url, repo, login);
        let cached = errand.cache.index(repo.as_str());
        if let Some((_, validators)) = &cached {
            request.validators = validators.clone();
        }
        let answer = self.net.ask(&task, errand.options, &request).await?;
        let too_big = || FetchError::TooBig {
            what: task.what.clone(),
            url: shown(request.url.as_str()),
            limit,
        };
        let (bytes, new) = match cached {
            Some((bytes, _)) if answer.status.as_u16() == 304 => (bytes, None),
            _ => {
                let answer = answer.content(&task.what, &request.url)?;
                let validators = Validators {
                    etag: answer.header(header::ETAG).map(str::to_owned),
                    last_modified: answer.header(header::LAST_MODIFIED).map(str::to_owned),
                };
                let packed = answer
                    .header(header::CONTENT_ENCODING)
                    .is_some_and(|how| how.eq_ignore_ascii_case("gzip"));
                let bytes = if packed {
                    index::unpack(&answer.body, limit).map_err(|why| match why {
                        None => too_big(),
                        Some(why) => no_index(&task, &request.url, &why),
                    })?
                } else {
                    answer.body.to_vec()
                };
                (bytes, Some(validators))
            }
        };
        // Megabytes: not between other people's requests.
        let parsed = tokio::task::spawn_blocking(move || (Index::parse(&bytes), bytes)).await;
        let (index, bytes) = parsed.map_err(|error| no_index(&task, &request.url, &error.to_string()))?;
        let index = index.map_err(|why| no_index(&task, &request.url, &why))?;
        if let Some(validators) = new {
            errand.cache.put_index(repo.as_str(), &bytes, validators)?;
        }
        Ok(Arc::new(index))
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

fn no_index(task: &Task, url: &Url, why: &str) -> FetchError {
    FetchError::Answer {
        what: task.what.clone(),
        url: shown(url.as_str()),
        expected: "the index of a chart repository",
        why: why.to_owned(),
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

/// A link in an index: absolute, or beside it. The repository's query goes with the latter.
fn resolve(repo: &Url, link: &str) -> Option<Url> {
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

/// Compares a provenance file's digest for the archive, under any of its names.
fn vouch(task: &Task, url: &str, text: &[u8], names: &[String], found: Digest) -> Result<Provenance, FetchError> {
    let bad = |why: String| FetchError::Answer {
        what: task.what.clone(),
        url: url.to_owned(),
        expected: "a provenance file for it",
        why,
    };
    let plain = std::str::from_utf8(text).map_err(|error| bad(error.to_string()))?;
    let mut said = Err("it has no name".to_owned());
    for name in names {
        said = prov::digest_of(plain, name);
        if said.is_ok() {
            break;
        }
    }
    let expected = said.map_err(bad)?;
    if expected != found {
        return Err(FetchError::Digest {
            what: task.what.clone(),
            url: url.to_owned(),
            said_by: "its provenance file",
            digests: Mismatch::boxed(expected, found),
        });
    }
    Ok(Provenance::Agrees { file: Digest::of(text) })
}

/// Whether content is a whole gzip stream, as a chart's archive is.
pub(crate) fn check_archive(task: &Task, url: &str, bytes: &[u8]) -> Result<(), FetchError> {
    let refuse = |looks: String| FetchError::NotArchive {
        what: task.what.clone(),
        url: shown(url),
        looks,
    };
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(refuse(match bytes.trim_ascii_start().first() {
            None => "it is empty".into(),
            Some(b'<') => "it begins like a web page".into(),
            Some(b'{' | b'[') => "it begins like JSON".into(),
            Some(_) => "it is not packed with gzip".into(),
        }));
    }
    // Its checksum is at its end, so that half an archive is seen here and not while rendering.
    let limit: u64 = 1 << 30;
    let mut unpacked = std::io::Read::take(flate2::read::MultiGzDecoder::new(bytes), limit);
    match std::io::copy(&mut unpacked, &mut std::io::sink()) {
        Ok(size) if size == limit => Err(refuse("unpacked, it is larger than a gigabyte".into())),
        Ok(_) => Ok(()),
        Err(error) => Err(refuse(format!("it does not unpack: {error}"))),
    }
}
