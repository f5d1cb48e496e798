//! Which versions a registry has.

use std::collections::BTreeSet;

use hoist_sprig::semver::Version;
use reqwest::header;
use serde::Deserialize;

use super::{Context, Place, Registries, parse};
use crate::FetchError;
use crate::http::{self, Request};
use crate::refs::range;

const MOST_OF_A_PAGE: u64 = 16 << 20;
const MOST_PAGES: usize = 1000;

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
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
}
