//! Archives that mean harm: damaged, larger than they look, with paths that lead out of them.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

use super::super::language::Rng;
use super::values::damage;
use super::{Case, Corpus, File};

/// The files of a packed chart, without the folder that they are in.
pub(super) fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in tar::Archive::new(MultiGzDecoder::new(bytes)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let mut data = Vec::new();
        entry.read_to_end(&mut data)?;
        if let Some((_, name)) = path.split_once('/') {
            files.push((name.to_owned(), data));
        }
    }
    Ok(files)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes everything.
    let _ = writer.write_all(bytes);
    writer.finish().unwrap_or_default()
}

fn entry(out: &mut Vec<u8>, name: &str, kind: EntryType, size: u64, data: &[u8]) {
    let mut header = Header::new_gnu();
    let field = &mut header.as_old_mut().name;
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name.as_bytes()[..length]);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(data);
    out.resize(out.len().next_multiple_of(512), 0);
}

fn plain(out: &mut Vec<u8>, name: &str, data: &[u8]) {
    entry(out, name, EntryType::Regular, data.len() as u64, data);
}

fn small() -> Vec<u8> {
    let mut out = Vec::new();
    plain(
        &mut out,
        "demo/Chart.yaml",
        b"apiVersion: v2\nname: demo\nversion: 0.1.0\n",
    );
    plain(&mut out, "demo/values.yaml", b"a: 1\n");
    plain(&mut out, "demo/templates/a.yaml", b"a: {{ .Values.a }}\n");
    out
}

pub(super) fn fill(rng: &mut Rng, corpus: &Corpus, case: &mut Case) {
    case.files.clear();
    let mut tar = small();
    let archive = match rng.below(10) {
        0 if !corpus.archives.is_empty() => {
            let mut bytes = rng.one(&corpus.archives).clone();
            damage(rng, &mut bytes);
            bytes
        }
        1 => {
            let mut bytes = gzip(&tar);
            damage(rng, &mut bytes);
            bytes
        }
        2 | 3 => {
            damage(rng, &mut tar);
            gzip(&tar)
        }
        4 => {
            let name = rng.pick(&[
                "../x",
                "/etc/passwd",
                "demo/../../x",
                "demo/./templates/../a",
                "C:\\x",
                "demo\\templates\\a.yaml",
                "",
                "/",
                ".",
                "..",
                "demo//",
                "demo/templates/\u{1}",
                "a\nb",
                "demo/templates/a.yaml",
                "demo/charts/x.tgz",
                "demo/charts/../../Chart.yaml",
                "demo/values.yaml/x",
            ]);
            plain(&mut tar, name, b"x");
            gzip(&tar)
        }
        5 => {
            let size = *rng.one(&[1, 1 << 20, 1 << 33, u64::MAX / 2, u64::MAX, 6 << 20]);
            entry(&mut tar, "demo/big", EntryType::Regular, size, b"");
            gzip(&tar)
        }
        6 => {
            let kind = *rng.one(&[
                EntryType::Symlink,
                EntryType::Link,
                EntryType::Char,
                EntryType::Directory,
                EntryType::Fifo,
                EntryType::GNULongName,
                EntryType::GNUSparse,
                EntryType::XHeader,
                EntryType::XGlobalHeader,
                EntryType::Continuous,
            ]);
            let data = rng.pick(&[
                "",
                "x",
                "12 path=../../x\n",
                "99999999999 path=x\n",
                "30 size=99999999999999999999\n",
                "18 GNU.sparse.size=9\n",
            ]);
            entry(&mut tar, "demo/odd", kind, data.len() as u64, data.as_bytes());
            plain(&mut tar, "demo/after", b"x");
            gzip(&tar)
        }
        7 => bomb(rng, tar),
        8 => {
            // Archives within archives.
            let mut inner = gzip(&tar);
            for _ in 0..*rng.one(&[1, 3, 40]) {
                let mut outer = small();
                plain(&mut outer, "demo/charts/demo-0.1.0.tgz", &inner);
                inner = gzip(&outer);
            }
            inner
        }
        _ => {
            for at in 0..*rng.one(&[100, 20_000]) {
                plain(&mut tar, &format!("demo/templates/t{at}.yaml"), b"");
            }
            gzip(&tar)
        }
    };
    case.archive = Some(archive);
}

/// One file that is far larger than the archive, in many members of gzip.
fn bomb(rng: &mut Rng, mut tar: Vec<u8>) -> Vec<u8> {
    let mebibytes = *rng.one(&[4, 6, 99, 101, 1000, 20_000]);
    let name = rng.pick(&[
        "demo/big",
        "demo/templates/big.yaml",
        "demo/values.yaml",
        "demo/charts/big.tgz",
        "x",
    ]);
    let whole = 1_u64 << 20;
    if rng.chance(50) {
        entry(&mut tar, name, EntryType::Regular, mebibytes * whole, b"");
        let mut archive = gzip(&tar);
        let block = gzip(&vec![b' '; 1 << 20]);
        for _ in 0..mebibytes {
            archive.extend_from_slice(&block);
        }
        return archive;
    }
    // Many files, each within bounds.
    let mut block = Vec::new();
    entry(&mut block, name, EntryType::Regular, whole, &vec![b'#'; 1 << 20]);
    let block = gzip(&block);
    let mut archive = gzip(&tar);
    for _ in 0..mebibytes {
        archive.extend_from_slice(&block);
    }
    archive
}
