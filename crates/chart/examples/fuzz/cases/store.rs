//! Cases on disk, to be looked at and run again.

use std::io;
use std::path::Path;

use super::{Case, File};

/// Writes a case into a folder, which is made anew.
pub(crate) fn write(folder: &Path, case: &Case) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => std::fs::create_dir_all(folder)?,
    }
    let mut about = String::new();
    for (key, value) in [
        ("kind", &case.kind),
        ("release", &case.release),
        ("kube-version", &case.kube_version),
    ] {
        about.push_str(&format!("{key}\t{}\n", value.escape_default()));
    }
    for version in &case.api_versions {
        about.push_str(&format!("api-version\t{}\n", version.escape_default()));
    }
    // Names of files may be no names of files on disk.
    for (at, (name, data)) in case.files.iter().enumerate() {
        about.push_str(&format!("file\t{name:?}\tfile-{at}\n"));
        std::fs::write(folder.join(format!("file-{at}")), data)?;
    }
    for (at, text) in case.values.iter().enumerate() {
        std::fs::write(folder.join(format!("values-{at}")), text)?;
    }
    for (at, (kind, text)) in case.sets.iter().enumerate() {
        std::fs::write(folder.join(format!("set-{at}-{kind}")), text)?;
    }
    if let Some(archive) = &case.archive {
        std::fs::write(folder.join("archive.tgz"), archive)?;
    }
    std::fs::write(folder.join("about"), about)
}

/// Reads what [`write`] wrote.
pub(crate) fn read(folder: &Path) -> io::Result<Case> {
    let mut case = Case::default();
    for line in std::fs::read_to_string(folder.join("about"))?.lines() {
        let mut fields = line.splitn(2, '\t');
        let (Some(key), Some(value)) = (fields.next(), fields.next()) else {
            continue;
        };
        match key {
            "file" => {
                if let Some((name, at)) = value.rsplit_once('\t') {
                    case.files.push((unquoted(name), std::fs::read(folder.join(at))?));
                }
            }
            "kind" => case.kind = unquoted(value),
            "release" => case.release = unquoted(value),
            "kube-version" => case.kube_version = unquoted(value),
            _ => case.api_versions.push(unquoted(value)),
        }
    }
    let mut files: Vec<File> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, std::fs::read(path)?));
    }
    files.sort();
    for (name, data) in files {
        if name.starts_with("values-") {
            case.values.push(data);
        } else if let Some((_, kind)) = name.strip_prefix("set-").and_then(|rest| rest.split_once('-')) {
            case.sets
                .push((kind.to_owned(), String::from_utf8_lossy(&data).into_owned()));
        } else if name == "archive.tgz" {
            case.archive = Some(data);
        }
    }
    Ok(case)
}

/// A text as Rust quotes it; quotes around it may be missing.
fn unquoted(text: &str) -> String {
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some('0') => plain.push('\0'),
            Some('u') => {
                let digits: String = characters
                    .by_ref()
                    .take_while(|it| *it != '}')
                    .filter(|it| *it != '{')
                    .collect();
                plain.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}
