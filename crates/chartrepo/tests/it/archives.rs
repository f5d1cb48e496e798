//! Charts to serve, the same bytes each time, and the index over them.

use std::fmt::Write as _;
use std::io::Write as _;

use hoist_chartrepo::{ChartRef, Digest, FileRef};

/// A chart's archive.
pub(crate) fn archive(name: &str, version: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let about = format!("apiVersion: v2\nname: {name}\nversion: {version}\ndescription: for tests\n");
    let map = "kind: ConfigMap\napiVersion: v1\nmetadata: { name: x }\n".to_owned();
    for (path, text) in [("Chart.yaml", about), ("templates/map.yaml", map)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{name}/{path}"), text.as_bytes())
            .unwrap();
    }
    packed(&tar.into_inner().unwrap())
}

/// The same, packed.
pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// An index of one chart: each version with its URL and its digest, or with none.
pub(crate) fn index(name: &str, entries: &[(&str, &str, Option<Digest>)]) -> String {
    let mut text = format!("apiVersion: v1\nentries:\n  {name}:\n");
    for (version, url, digest) in entries {
        write!(
            text,
            "  - apiVersion: v2\n    name: {name}\n    version: {version:?}\n    urls: [{url:?}]\n"
        )
        .unwrap();
        if let Some(digest) = digest {
            writeln!(text, "    digest: {}", digest.hex()).unwrap();
        }
    }
    text
}

pub(crate) fn chart(repo: &str, name: &str, version: &str) -> ChartRef {
    ChartRef {
        repo: repo.into(),
        name: name.into(),
        version: version.into(),
        mirror: None,
    }
}

pub(crate) fn file(url: &str) -> FileRef {
    FileRef {
        url: url.into(),
        mirror: None,
    }
}
