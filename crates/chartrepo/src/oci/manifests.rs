//! Manifests and layers, with their digests.

use bytes::Bytes;
use serde::Deserialize;
use url::Url;

use super::{Context, Layer, Manifest, Place, Registries, not, parse};
use crate::error::Mismatch;
use crate::http::{Request, Task};
use crate::refs::shown;
use crate::{Digest, FetchError};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
const CHART: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const OLD_CHART: &str = "application/tar+gzip";
const PROVENANCE: &str = "application/vnd.cncf.helm.chart.provenance.v1.prov";

const MOST_OF_A_MANIFEST: u64 = 4 << 20;

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

impl Registries {
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
