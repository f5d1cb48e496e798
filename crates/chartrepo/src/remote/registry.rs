//! Charts in registries, whether asked for there or led to by an index.

use super::checks::{check_archive, vouch};
use super::{Errand, Found, Remote, origin_at};
use crate::error::Mismatch;
use crate::oci;
use crate::record::{IndexDigest, Provenance};
use crate::{Digest, FetchError};

impl Remote {
    pub(super) async fn take_from_registry(
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
}
