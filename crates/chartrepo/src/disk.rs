//! Writing files so that a reader sees the old or the new one, and never a half.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// What files are called until they are whole.
const UNFINISHED: &str = ".hoist-part-";

/// Writes a file beside its place and moves it there. Folders are made.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    let permissions = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    // Before the name: after a power cut there must be no name without the content.
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Reads a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes what processes left that were killed while they wrote: whatever nobody has touched for a day.
pub(crate) fn sweep(folder: &Path) {
    let Some(yesterday) = SystemTime::now().checked_sub(Duration::from_secs(24 * 3600)) else {
        return;
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let modified = entry.metadata().and_then(|about| about.modified());
        if ours && modified.is_ok_and(|modified| modified < yesterday) {
            // Another process may have been faster.
            fs::remove_file(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_leftovers_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in [".hoist-part-old", ".hoist-part-new", "kept"] {
            fs::write(path(name), "x").unwrap();
        }
        let old = SystemTime::now() - Duration::from_secs(48 * 3600);
        for name in [".hoist-part-old", "kept"] {
            fs::File::options()
                .write(true)
                .open(path(name))
                .unwrap()
                .set_modified(old)
                .unwrap();
        }
        sweep(folder.path());
        assert!(!path(".hoist-part-old").exists() && path(".hoist-part-new").exists() && path("kept").exists());
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/b");
        write(&file, b"1").unwrap();
        write(&file, b"2").unwrap();
        assert_eq!(read(&file).unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 1);
        assert_eq!(read(&folder.path().join("c")).unwrap(), None);
    }
}
