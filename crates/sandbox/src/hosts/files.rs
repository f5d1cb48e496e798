//! Files inside a machine's root, seen from outside: links in it are followed as the machine would, never out of it.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows.
const LINKS: usize = 40;

/// Where a path of the machine lies on this computer. Nothing of it needs to exist.
pub(super) fn resolve(root: &Path, path: impl AsRef<Path>) -> io::Result<PathBuf> {
    let mut todo: Vec<OsString> = parts(path.as_ref());
    let mut done = PathBuf::new();
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            done.pop();
            continue;
        }
        let at = root.join(&done).join(&part);
        match std::fs::read_link(&at) {
            Ok(target) => {
                links += 1;
                if links > LINKS {
                    return Err(io::Error::other(format!("too many links at {}", at.display())));
                }
                if target.is_absolute() {
                    done = PathBuf::new();
                }
                todo.extend(parts(&target));
            }
            Err(_) => done.push(part),
        }
    }
    Ok(root.join(done))
}

/// A path's parts, last first.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    let mut parts: Vec<OsString> = parts.collect();
    parts.reverse();
    parts
}

/// Reads a file of the machine; none when it does not exist.
pub(super) fn read(root: &Path, path: impl AsRef<Path>) -> io::Result<Option<String>> {
    match std::fs::read_to_string(resolve(root, path)?) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a file of the machine whole, with its parent folders.
pub(super) fn write(root: &Path, path: impl AsRef<Path>, content: impl AsRef<[u8]>, mode: u32) -> io::Result<()> {
    place(&resolve(root, path)?, content, mode)
}

/// Writes a file of this computer whole: beside its place first.
pub(super) fn place(path: &Path, content: impl AsRef<[u8]>, mode: u32) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".sandbox-new");
    let beside = folder.join(name);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)?;
    io::Write::write_all(&mut file, content.as_ref())?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    std::fs::rename(&beside, path)
}

/// Makes a folder of the machine.
pub(super) fn folder(root: &Path, path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    let path = resolve(root, path)?;
    std::fs::create_dir_all(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
}

/// Makes a link of the machine, in place of one that is there.
pub(super) fn link(root: &Path, at: impl AsRef<Path>, target: impl AsRef<Path>) -> io::Result<()> {
    let at = at.as_ref();
    let folder = resolve(root, at.parent().unwrap_or(Path::new("/")))?;
    std::fs::create_dir_all(&folder)?;
    let mut name = at.file_name().unwrap_or_default().to_owned();
    let to = folder.join(&name);
    name.push(".sandbox-new");
    let beside = folder.join(name);
    let _ = std::fs::remove_file(&beside);
    std::os::unix::fs::symlink(target, &beside)?;
    std::fs::rename(beside, to)
}

/// Removes a folder with all that is in it, whatever its modes say. Fine when there is none.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path);
            std::fs::remove_dir_all(path)
        }
        other => other,
    }
}

/// Gives the owner all rights on every folder below.
fn open_up(path: &Path) {
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700));
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

/// Removes all that is in a folder, and makes it where there is none.
pub(super) fn empty(path: &Path, mode: u32) -> io::Result<()> {
    remove(path)?;
    std::fs::create_dir_all(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Adds a line to a log. A log that cannot be written is nothing to fail for.
pub(super) fn append(path: &Path, line: &str) {
    let _ = path.parent().map(std::fs::create_dir_all);
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path) {
        let _ = io::Write::write_all(&mut file, format!("{line}\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_inside_and_never_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("nix/store/a")).unwrap();
        link(root, "/run/current-system", "/nix/store/a").unwrap();
        link(root, "/up", "../../../../etc").unwrap();
        link(root, "/loop", "/loop").unwrap();
        for (path, expected) in [
            ("/run/current-system/x", "nix/store/a/x"),
            ("/up/passwd", "etc/passwd"),
            ("/../../etc/passwd", "etc/passwd"),
            ("var/../x/y", "x/y"),
        ] {
            assert_eq!(resolve(root, path).unwrap(), root.join(expected), "{path}");
        }
        assert!(resolve(root, "/loop").is_err());
    }

    #[test]
    fn a_folder_without_rights_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let locked = folder.path().join("a/b");
        std::fs::create_dir_all(&locked).unwrap();
        std::fs::write(locked.join("c"), "").unwrap();
        std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
        remove(&folder.path().join("a")).unwrap();
        assert!(!folder.path().join("a").exists());
    }
}
