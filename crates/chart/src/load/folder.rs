//! Reads a chart's folder: in order of names, through symbolic links, without what `.helmignore` leaves out.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::archive::without_bom;
use super::ignore::{self, Rules};
use super::{MAX_CHART, MAX_NESTING};
use crate::chart::ChartFile;

/// How deep folders may lie in folders: a link may lead to a folder above itself.
const MAX_FOLDERS: usize = 4 * MAX_NESTING;
/// How many files and folders a chart may have.
const MAX_ENTRIES: usize = 100_000;

/// The files of a chart's folder.
pub(super) fn files(folder: &Path) -> Result<Vec<ChartFile>, String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let chart = folder.join("Chart.yaml");
    if let Err(error) = fs::File::open(&chart) {
        let at = chart.display();
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => error.to_string(),
        };
        return Err(format!("unable to detect chart at {at}: open {at}: {why}"));
    }
    let mut walk = Walk {
        rules: ignore::of_folder(&folder)?,
        files: Vec::new(),
        left: MAX_CHART,
        entries: 0,
    };
    walk.folder(&folder, "", 0)?;
    Ok(walk.files)
}

struct Walk {
    rules: Rules,
    files: Vec<ChartFile>,
    left: u64,
    entries: usize,
}

impl Walk {
    fn folder(&mut self, folder: &Path, name: &str, depth: usize) -> Result<(), String> {
        if depth > MAX_FOLDERS {
            return Err(format!(
                "{}: folders lie more than {MAX_FOLDERS} deep",
                folder.display()
            ));
        }
        let at = |error: std::io::Error| format!("{}: {error}", folder.display());
        let mut inside: Vec<PathBuf> = fs::read_dir(folder)
            .map_err(at)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(at)?;
        inside.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
        for path in inside {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(format!("the chart has more than {MAX_ENTRIES} files"));
            }
            let file_name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = if name.is_empty() {
                file_name.into_owned()
            } else {
                format!("{name}/{file_name}")
            };
            self.entry(&path, name, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String, depth: usize) -> Result<(), String> {
        let at = |error: std::io::Error| format!("{}: {error}", path.display());
        let found = fs::symlink_metadata(path).map_err(at)?;
        let found = if found.is_symlink() {
            // Links are followed, in charts too: Helm does, and warns of it.
            fs::metadata(path).map_err(|error| format!("error evaluating symlink {}: {error}", path.display()))?
        } else {
            found
        };
        if self.rules.ignores(&name, found.is_dir()) {
            return Ok(());
        }
        if found.is_dir() {
            return self.folder(path, &name, depth + 1);
        }
        if !found.is_file() {
            return Err(format!(
                "cannot load irregular file {} as it has file mode type bits set",
                path.display()
            ));
        }
        let too_big = || format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART} bytes");
        if found.len() > self.left {
            return Err(too_big());
        }
        let mut data = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
        let file = fs::File::open(path).map_err(at)?;
        file.take(self.left + 1).read_to_end(&mut data).map_err(at)?;
        let size = data.len() as u64;
        self.left = self.left.checked_sub(size).ok_or_else(too_big)?;
        self.files.push(ChartFile {
            name: name.into(),
            data: without_bom(&data),
        });
        Ok(())
    }
}
