//! Whether content is what it should be.

use crate::error::Mismatch;
use crate::http::Task;
use crate::record::Provenance;
use crate::refs::shown;
use crate::{Digest, FetchError, prov};

/// Compares a provenance file's digest for the archive, under any of its names.
pub(super) fn vouch(
    task: &Task,
    url: &str,
    text: &[u8],
    names: &[String],
    found: Digest,
) -> Result<Provenance, FetchError> {
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
