//! Charts in OCI registries: the reading half of the distribution specification.
//!
//! By hand, over the same requests as everything else, so that limits, deadlines, retries and the rules for
//! credentials are the same everywhere.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use hoist_sprig::semver::Version;
use reqwest::header;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::auth::{Challenge, Login};
use crate::error::Mismatch;
use crate::http::{self, Answer, Net, Request, Task};
use crate::refs::{Credentials, range, shown, take_login};
use crate::{Digest, FetchError, Options};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const OLD_CHART: &str = "application/tar+gzip";
const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

const MOST_OF_A_MANIFEST: u64 = 4 << 20;
const MOST_OF_A_TOKEN: u64 = 1 << 20;
const MOST_OF_A_PAGE: u64 = 16 << 20;
const MOST_PAGES: usize = 1000;

/// A chart's place: `oci://HOST/PATH`, the path with the chart's name.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) login: Option<Credentials>,
}

/// What a manifest says of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) digest: Digest,
    pub(crate) chart: Layer,
    pub(crate) provenance: Option<Layer>,
}

/// Content by its digest.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) digest: Digest,
    size: u64,
}

/// The registries, and the tokens that they have given us.
#[derive(Debug, Default)]
pub(crate) struct Registries {
    tokens: Mutex<HashMap<String, SecretString>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

/// Everything that a request needs.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) net: &'a Net,
    pub(crate) options: &'a Options,
    pub(crate) task: &'a Task,
}

impl Place {
    /// The URL that people know.
    pub(crate) fn url(&self) -> String {
        format!("oci://{}/{}", self.host, self.path)
    }

    fn endpoint(&self, options: &Options, rest: &str) -> Result<Url, FetchError> {
        let host = match self.host.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        };
        let refuse = |why: String| FetchError::Reference {
            what: format!("the repository {}", self.url()),
            why,
        };
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
        let good = |part: &str| !part.is_empty() && part.bytes().all(word) && !part.trim_matches('.').is_empty();
        if !self.path.split('/').all(good) {
            return Err(refuse(
                "in a registry, a path has lower-case letters, digits, `.`, `_` and `-` only".into(),
            ));
        }
        let safe = Url::parse(&format!("https://{host}/v2/{}/{rest}", self.path))
            .map_err(|error| refuse(error.to_string()))?;
        if http::is_loopback(&safe) || options.plain_http.contains(&self.host) {
            let plain = format!("http://{host}/v2/{}/{rest}", self.path);
            return Url::parse(&plain).map_err(|error| refuse(error.to_string()));
        }
        Ok(safe)
    }
}

impl Registries {
    /// The tag that Helm would take, and the version that it stands for.
    ///
    /// Helm knows versions with three numbers and without a `v` only. Where none of these fits, a tag with a `v` counts
    /// too.
    pub(crate) async fn resolve(
        &self,
        context: Context<'_>,
        place: &Place,
        name: &str,
        requested: &str,
    ) -> Result<String, FetchError> {
        if Version::parse(requested).is_ok() {
            return Ok(requested.to_owned());
        }
        let constraint = range(name, requested)?;
        let versions = self.versions(context, place, name).await?;
        let fits = |strict: bool| {
            let mut candidates = versions.iter().filter(|version| is_strict(version) == strict);
            candidates.find(|version| constraint.check(version))
        };
        match fits(true).or_else(|| fits(false)) {
            Some(version) => Ok(version.original().to_owned()),
            None => Err(unknown_version(place, name, requested, &versions)),
        }
    }

    /// The error for a version that is not there, with the newest that are.
    pub(crate) async fn no_such_version(
        &self,
        context: Context<'_>,
        place: &Place,
        name: &str,
        requested: &str,
    ) -> FetchError {
        match self.versions(context, place, name).await {
            Ok(versions) => unknown_version(place, name, requested, &versions),
            Err(error) => error,
        }
    }

    /// All versions among the tags, newest first.
    async fn versions(&self, context: Context<'_>, place: &Place, name: &str) -> Result<Vec<Version>, FetchError> {
        let mut url = place.endpoint(context.options, "tags/list")?;
        let mut versions = Vec::new();
        let mut seen = BTreeSet::new();
        for _ in 0..MOST_PAGES {
            seen.insert(url.clone());
            let request = Request::get(url.clone(), "application/json", MOST_OF_A_PAGE);
            let answer = self.ask(context, place, request).await?;
            if answer.status.as_u16() == 404 {
                return Err(FetchError::UnknownChart {
                    name: name.to_owned(),
                    from: format!("the registry {}", place.host),
                    near: Vec::new(),
                });
            }
            let answer = self.content(context, place, answer, &url)?;
            let page: Tags = parse(context.task, &url, &answer.body, "a list of tags")?;
            let tags = page.tags.unwrap_or_default().into_iter();
            versions.extend(tags.filter_map(|tag| Version::parse(tag.replace('_', "+")).ok()));
            let next = answer
                .header(header::LINK)
                .and_then(next_page)
                .and_then(|link| url.join(&link).ok());
            match next {
                // A page elsewhere is none of this registry's.
                Some(next) if http::same_origin(&next, &url) && !seen.contains(&next) => url = next,
                _ => break,
            }
        }
        versions.sort_by(|a, b| b.cmp(a));
        Ok(versions)
    }

    /// The manifest of a tag or a digest; `None` when there is none.
    pub(crate) async fn manifest(
        &self,
        context: Context<'_>,
        place: &Place,
        reference: &str,
    ) -> Result<Option<Manifest>, FetchError> {
        let Some((url, digest, body)) = self.document(context, place, reference).await? else {
            return Ok(None);
        };
        let document: Document = parse(context.task, &url, &body, "a manifest")?;
        if document.media_type.as_deref() != Some(INDEX) && document.manifests.is_empty() {
            return chart_in(context.task, &url, digest, document).map(Some);
        }
        // Several artifacts under one tag: the chart is one of them.
        let mut refused = None;
        for entry in document
            .manifests
            .iter()
            .filter(|entry| entry.media_type == MANIFEST)
            .take(16)
        {
            let Some((url, digest, body)) = self.document(context, place, &entry.digest).await? else {
                continue;
            };
            let document: Document = parse(context.task, &url, &body, "a manifest")?;
            match chart_in(context.task, &url, digest, document) {
                Ok(manifest) => return Ok(Some(manifest)),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| not(context.task, &url, "the manifest of a chart", "it lists no manifest")))
    }

    async fn document(
        &self,
        context: Context<'_>,
        place: &Place,
        reference: &str,
    ) -> Result<Option<(Url, Digest, Bytes)>, FetchError> {
        let url = place.endpoint(context.options, &format!("manifests/{}", reference.replace('+', "_")))?;
        let request = Request::get(url.clone(), ACCEPT, MOST_OF_A_MANIFEST);
        let answer = self.ask(context, place, request).await?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        let answer = self.content(context, place, answer, &url)?;
        let found = Digest::of(&answer.body);
        let asked = reference
            .starts_with("sha256:")
            .then(|| Digest::parse(reference))
            .flatten();
        let told = answer
            .headers
            .get("docker-content-digest")
            .and_then(|value| value.to_str().ok());
        let told = told.filter(|told| told.starts_with("sha256:")).and_then(Digest::parse);
        for (said_by, expected) in [("the reference", asked), ("the registry", told)] {
            if let Some(expected) = expected.filter(|expected| *expected != found) {
                return Err(FetchError::Digest {
                    what: format!("the manifest of {}", context.task.what),
                    url: shown(url.as_str()),
                    said_by,
                    digests: Mismatch::boxed(expected, found),
                });
            }
        }
        Ok(Some((url, found, answer.body)))
    }

    /// A layer's content.
    pub(crate) async fn blob(
        &self,
        context: Context<'_>,
        place: &Place,
        layer: &Layer,
        limit: u64,
    ) -> Result<Bytes, FetchError> {
        let url = place.endpoint(context.options, &format!("blobs/{}", layer.digest))?;
        if layer.size > limit {
            return Err(FetchError::TooBig {
                what: context.task.what.clone(),
                url: shown(url.as_str()),
                limit,
            });
        }
        let mut request = Request::get(url.clone(), "*/*", layer.size);
        request.progress = true;
        let answer = self.ask(context, place, request).await?;
        let answer = self.content(context, place, answer, &url)?;
        let found = Digest::of(&answer.body);
        if found != layer.digest {
            return Err(FetchError::Digest {
                what: context.task.what.clone(),
                url: shown(url.as_str()),
                said_by: "the manifest",
                digests: Mismatch::boxed(layer.digest, found),
            });
        }
        Ok(answer.body)
    }

    fn content(&self, context: Context<'_>, place: &Place, answer: Answer, url: &Url) -> Result<Answer, FetchError> {
        answer.content(&context.task.what, url).map_err(|error| match error {
            FetchError::Refused { what, url, status, .. } => FetchError::Refused {
                what,
                url,
                status,
                helper: context
                    .options
                    .docker_config
                    .as_ref()
                    .and_then(|config| config.helper(&place.host))
                    .map(str::to_owned),
            },
            error => error,
        })
    }

    /// Asks with what the registry has given us, or else with what it asks for.
    async fn ask(&self, context: Context<'_>, place: &Place, mut request: Request) -> Result<Answer, FetchError> {
        let key = place.url();
        request.authorization = self
            .tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        let answer = context.net.ask(context.task, context.options, &request).await?;
        if answer.status.as_u16() != 401 {
            return Ok(answer);
        }
        let challenges = answer.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let challenge = challenges
            .filter_map(|value| value.to_str().ok())
            .find_map(Challenge::parse);
        let authorization = match challenge {
            None => None,
            Some(Challenge::Basic) => match login(context.options, place) {
                Some(Login::Password(login)) => Some(login.basic()),
                _ => None,
            },
            Some(Challenge::Bearer { realm, service, scope }) => {
                let token = Asked { realm, service, scope };
                Some(self.token(context, place, &request.url, token).await?)
            }
        };
        let Some(authorization) = authorization else {
            return Ok(answer);
        };
        request.authorization = Some(authorization.clone());
        let answer = context.net.ask(context.task, context.options, &request).await?;
        if answer.status.as_u16() != 401 {
            self.tokens
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key, authorization);
        }
        Ok(answer)
    }

    async fn token(
        &self,
        context: Context<'_>,
        place: &Place,
        registry: &Url,
        asked: Asked,
    ) -> Result<SecretString, FetchError> {
        let expected = "a place to get a token from";
        let mut url =
            Url::parse(&asked.realm).map_err(|error| not(context.task, registry, expected, &error.to_string()))?;
        take_login(&mut url);
        // Credentials go there.
        if url.scheme() != "https" && (registry.scheme() == "https" || url.scheme() != "http") {
            return Err(not(context.task, &url, expected, "it is not encrypted"));
        }
        let scope = asked.scope.unwrap_or_else(|| format!("repository:{}:pull", place.path));
        let login = login(context.options, place);
        let mut request = Request::get(url, "application/json", MOST_OF_A_TOKEN);
        if let Some(Login::Refresh(refresh)) = &login {
            let mut form = vec![
                ("grant_type", SecretString::from("refresh_token")),
                ("client_id", SecretString::from("hoist")),
                ("scope", SecretString::from(scope)),
                ("refresh_token", refresh.clone()),
            ];
            form.extend(asked.service.map(|service| ("service", SecretString::from(service))));
            request.form = Some(form);
        } else {
            let mut query = request.url.query_pairs_mut();
            query.append_pair("scope", &scope);
            if let Some(service) = &asked.service {
                query.append_pair("service", service);
            }
            drop(query);
            if let Some(Login::Password(login)) = &login {
                request.authorization = Some(login.basic());
            }
        }
        let answer = context.net.ask(context.task, context.options, &request).await?;
        let answer = self.content(context, place, answer, &request.url)?;
        let token: Token = parse(context.task, &request.url, &answer.body, "a token")?;
        let token = token.token.or(token.access_token);
        let token = token.ok_or_else(|| not(context.task, &request.url, "a token", "there is none in it"))?;
        Ok(SecretString::from(format!("Bearer {token}")))
    }
}

struct Asked {
    realm: String,
    service: Option<String>,
    scope: Option<String>,
}

/// The URL's own, those of the caller, Docker's.
fn login(options: &Options, place: &Place) -> Option<Login> {
    let hook = || options.credentials.as_ref().and_then(|hook| hook(&place.host));
    if let Some(login) = place.login.clone().or_else(hook) {
        return Some(Login::Password(login));
    }
    options.docker_config.as_ref()?.login(&place.host).cloned()
}

fn chart_in(task: &Task, url: &Url, digest: Digest, document: Document) -> Result<Manifest, FetchError> {
    let refuse = |why: &str| not(task, url, "the manifest of a chart", why);
    let config = document.config.ok_or_else(|| refuse("it has no configuration"))?;
    if config.media_type != CONFIG {
        return Err(refuse(&format!("its configuration is {:?}", config.media_type)));
    }
    let layer = |kinds: &[&str]| {
        let found = document
            .layers
            .iter()
            .find(|layer| kinds.contains(&layer.media_type.as_str()))?;
        let digest = Digest::parse(&found.digest).filter(|_| found.digest.starts_with("sha256:"));
        Some(digest.map(|digest| Layer {
            digest,
            size: found.size,
        }))
    };
    let bad = || refuse("a layer has no SHA-256");
    let chart = layer(&[CHART, OLD_CHART]).ok_or_else(|| refuse("it has no layer with a chart"))?;
    Ok(Manifest {
        digest,
        chart: chart.ok_or_else(bad)?,
        provenance: layer(&[PROVENANCE]).map(|layer| layer.ok_or_else(bad)).transpose()?,
    })
}

/// Whether a version is one to Helm, in a registry.
fn is_strict(version: &Version) -> bool {
    Version::parse_strict(version.original()).is_ok()
}

fn unknown_version(place: &Place, name: &str, requested: &str, versions: &[Version]) -> FetchError {
    FetchError::UnknownVersion {
        name: name.to_owned(),
        requested: requested.to_owned(),
        from: format!("the registry {}", place.host),
        newest: versions
            .iter()
            .take(5)
            .map(|version| version.original().to_owned())
            .collect(),
        count: versions.len(),
    }
}

fn parse<T: DeserializeOwned>(task: &Task, url: &Url, body: &[u8], expected: &'static str) -> Result<T, FetchError> {
    // Its place only: the parser's own text quotes what it read, and that may be a token.
    serde_json::from_slice(body).map_err(|error| {
        let why = format!("not as expected at line {}, column {}", error.line(), error.column());
        not(task, url, expected, &why)
    })
}

fn not(task: &Task, url: &Url, expected: &'static str, why: &str) -> FetchError {
    FetchError::Answer {
        what: task.what.clone(),
        url: shown(url.as_str()),
        expected,
        why: why.to_owned(),
    }
}

/// The target of a `Link` header with `rel="next"`.
fn next_page(link: &str) -> Option<String> {
    link.split(',').find_map(|part| {
        let (target, parameters) = part.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
        parameters.split(';').any(is_next).then(|| target.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_the_header() {
        assert_eq!(
            next_page("</v2/a/tags/list?last=1&n=2>; rel=\"next\"").as_deref(),
            Some("/v2/a/tags/list?last=1&n=2")
        );
        assert_eq!(next_page("<a>; rel=prev, <b>; rel=next").as_deref(), Some("b"));
        for text in ["", "<a>", "<a>; rel=\"prev\"", "a; rel=next"] {
            assert_eq!(next_page(text), None, "{text}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_and_for_who_is_named() {
        let mut options = Options::default();
        options.plain_http.insert("plain.example:5000".into());
        let scheme = |host: &str, path: &str| {
            let place = Place {
                host: host.into(),
                path: path.into(),
                login: None,
            };
            place.endpoint(&options, "tags/list").map(|url| url.to_string())
        };
        assert_eq!(
            scheme("127.0.0.1:5000", "a").unwrap(),
            "http://127.0.0.1:5000/v2/a/tags/list"
        );
        assert_eq!(
            scheme("plain.example:5000", "a/b").unwrap(),
            "http://plain.example:5000/v2/a/b/tags/list"
        );
        assert_eq!(
            scheme("plain.example", "a").unwrap(),
            "https://plain.example/v2/a/tags/list"
        );
        assert_eq!(
            scheme("docker.io", "a").unwrap(),
            "https://registry-1.docker.io/v2/a/tags/list"
        );
        for path in ["", "A", "a//b", "../a", "a?b"] {
            assert!(scheme("a.example", path).is_err(), "{path}");
        }
    }
}
