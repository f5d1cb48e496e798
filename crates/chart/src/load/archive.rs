//! Unpacks a chart's archive in memory, and refuses what points out of it or is too big.

use std::io::Read;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use hoist_govalue::strconv;
use tar::EntryType;

use super::MAX_CHART;
use crate::chart::ChartFile;
use crate::gopath;

/// Tells a person who names a file that is no archive what it is instead.
pub(super) fn check_kind(name: &str, bytes: &[u8]) -> Result<(), String> {
    if bytes.starts_with(b"\x1f\x8b\x08") {
        return Ok(());
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return Err(format!(
            "file '{name}' seems to be a YAML file, but expected a gzipped archive"
        ));
    }
    let is_text = !bytes
        .iter()
        .take(512)
        .any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    let got = if is_text {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    };
    Err(format!(
        "file '{name}' does not appear to be a gzipped archive; got '{got}'"
    ))
}

/// The files of an archive, by their paths below its one folder. `left` is how many bytes may still be unpacked.
pub(super) fn files(bytes: &[u8], left: &mut u64) -> Result<Vec<ChartFile>, String> {
    if bytes.len() < 10 {
        return Err("unexpected EOF: it is too short for an archive".into());
    }
    if !bytes.starts_with(b"\x1f\x8b") {
        return Err("gzip: invalid header: it does not appear to be a chart's archive".into());
    }
    let budget = MAX_CHART.min(*left);
    let too_big = || format!("decompressed chart is larger than the maximum size {MAX_CHART}");
    // Headers and padding are not counted as the chart's, but must not be endless either.
    let unpacked = MultiGzDecoder::new(bytes).take(2 * MAX_CHART);
    let mut archive = tar::Archive::new(unpacked);
    let mut files = Vec::new();
    // One for all files: new memory costs more than a copy.
    let mut data = Vec::new();
    let mut remaining = budget;
    let entries = archive.entries().map_err(broken)?;
    for entry in entries {
        let mut entry = entry.map_err(broken)?;
        let kind = entry.header().entry_type();
        let name = entry.path_bytes();
        let name = String::from_utf8_lossy(&name).into_owned();
        let is_folder = kind == EntryType::Directory || (kind == EntryType::Regular && name.ends_with('/'));
        if is_folder || matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let path = inner_path(&name)?;
        if entry.size() > remaining {
            return Err(too_big());
        }
        let size = usize::try_from(entry.size()).map_err(|_| too_big())?;
        data.clear();
        data.reserve(size);
        entry.read_to_end(&mut data).map_err(broken)?;
        remaining = remaining.saturating_sub(data.len() as u64);
        if data.len() < size {
            return Err(format!("{path}: the archive ends before the file does"));
        }
        if remaining == 0 {
            return Err(too_big());
        }
        files.push(ChartFile {
            name: path.into(),
            data: without_bom(&data),
        });
    }
    if files.is_empty() {
        return Err("no files in chart archive".into());
    }
    *left = left.saturating_sub(budget - remaining);
    Ok(files)
}

fn broken(error: std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::UnexpectedEof || error.to_string().contains("incomplete deflate stream") {
        return format!("unexpected EOF: the archive is cut off ({error})");
    }
    error.to_string()
}

pub(super) fn without_bom(data: &[u8]) -> Rc<[u8]> {
    Rc::from(data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data))
}

/// The path below the archive's folder, which must stay below it.
fn inner_path(name: &str) -> Result<String, String> {
    // An archive made on Windows may have backslashes.
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err("chart illegally contains absolute paths".into());
    }
    let path = gopath::clean(&rest);
    if path == "." {
        return Err(format!(
            "chart illegally contains content outside the base directory: {}",
            strconv::quote(name.as_bytes())
        ));
    }
    if path.starts_with("..") {
        return Err("chart illegally references parent directory".into());
    }
    let bytes = path.as_bytes();
    if bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/" {
        return Err("chart contains illegally named files".into());
    }
    if first == "Chart.yaml" {
        return Err("chart yaml not in base directory".into());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(gzip);
        for (name, data) in entries {
            let mut header = tar::Header::new_gnu();
            // The builder's own way refuses what these tests are about.
            let field = &mut header.as_old_mut().name;
            field[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(data.len() as u64);
            header.set_mode(0o644);
            header.set_entry_type(EntryType::Regular);
            header.set_cksum();
            builder.append(&header, *data).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn names(entries: &[(&str, &[u8])]) -> Result<Vec<String>, String> {
        let files = files(&packed(entries), &mut MAX_CHART.clone())?;
        Ok(files.into_iter().map(|file| file.name.to_string()).collect())
    }

    #[test]
    fn files_are_found_below_the_folder() {
        let found = names(&[
            ("c/Chart.yaml", b"a"),
            ("c/./templates//x.yaml", b"b"),
            ("c\\t\\y", b""),
        ]);
        assert_eq!(found.unwrap(), ["Chart.yaml", "templates/x.yaml", "t/y"]);
    }

    #[test]
    fn what_points_outside_is_refused() {
        for (name, why) in [
            ("c//etc/passwd", "chart illegally contains absolute paths"),
            ("c/../../x", "chart illegally references parent directory"),
            ("c/a/../../../x", "chart illegally references parent directory"),
            (
                "x",
                "chart illegally contains content outside the base directory: \"x\"",
            ),
            ("c/c:/x", "chart contains illegally named files"),
            ("Chart.yaml/x", "chart yaml not in base directory"),
        ] {
            assert_eq!(names(&[(name, b"x")]).unwrap_err(), why, "{name}");
        }
        assert_eq!(names(&[]).unwrap_err(), "no files in chart archive");
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let zeros = vec![0; 3 << 20];
        let bytes = packed(&[("c/a", &zeros), ("c/b", &zeros)]);
        assert_eq!(files(&bytes, &mut (8 << 20)).unwrap().len(), 2);
        let why = files(&bytes, &mut (5 << 20)).unwrap_err();
        assert!(why.starts_with("decompressed chart is larger"), "{why}");
    }

    #[test]
    fn a_broken_archive_is_an_error() {
        let bytes = packed(&[("c/a", &[7; 4000])]);
        for end in 0..bytes.len() {
            let found = files(&bytes[..end], &mut MAX_CHART.clone());
            // The end of the compression has a checksum alone, which is not read.
            assert!(end > bytes.len() / 2 || found.is_err(), "{end}");
        }
        assert!(check_kind("v.yaml", b"a: 1").unwrap_err().contains("YAML file"));
        assert!(check_kind("v", b"a: 1").unwrap_err().contains("text/plain"));
    }
}
