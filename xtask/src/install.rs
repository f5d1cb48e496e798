//! One thing below `target/tools`: made when its pin changed, by one process at a time, and put in place whole.
//!
//! Beside the thing is a stamp with the fingerprint of what it was made from. A thing is first made in a folder of
//! its own and then renamed, so that nobody ever runs half a program.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::run::elapsed;

/// How long another process may take for the same thing: a cold build of Kubernetes on a slow machine.
const OTHER_PROCESS: Duration = Duration::from_secs(60 * 60);

/// One thing to have.
pub(crate) struct Item {
    /// Its name, as a person asks for it.
    pub(crate) name: String,
    /// Changes when what it is made from changes.
    pub(crate) fingerprint: String,
    /// Files or folders in `target/tools` that it consists of.
    pub(crate) outputs: Vec<String>,
}

impl Item {
    /// Whether all is there and made from the present pin.
    pub(crate) fn is_current(&self, tools: &Path) -> bool {
        fs::read_to_string(self.stamp(tools)).is_ok_and(|it| it == self.fingerprint)
            && self.outputs.iter().all(|it| tools.join(it).exists())
    }

    fn stamp(&self, tools: &Path) -> PathBuf {
        tools.join(".stamps").join(&self.name)
    }

    /// Makes it unless it is current. `make` gets an empty folder and leaves the outputs there, by their names.
    pub(crate) fn ensure(&self, tools: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        if self.is_current(tools) {
            return Ok(());
        }
        let _lock = self.lock(tools)?;
        if self.is_current(tools) {
            return Ok(());
        }
        eprintln!("tools: {} …", self.name);
        let start = Instant::now();
        let staging = tempfile::Builder::new().prefix(".making-").tempdir_in(tools)?;
        make(staging.path()).with_context(|| format!("make {}", self.name))?;
        // Without its stamp it counts as missing, should we end between two renames.
        remove(&self.stamp(tools))?;
        let old = tempfile::Builder::new().prefix(".old-").tempdir_in(tools)?;
        for output in &self.outputs {
            let (from, to) = (staging.path().join(output), tools.join(output));
            if !from.exists() {
                bail!("{} was made without its part {output}", self.name);
            }
            if to.exists() {
                fs::rename(&to, old.path().join(output))?;
            }
            fs::rename(&from, &to).with_context(|| format!("put {} in place", to.display()))?;
        }
        let stamp = self.stamp(tools);
        let fresh = staging.path().join(".stamp");
        fs::write(&fresh, &self.fingerprint)?;
        fs::create_dir_all(stamp.parent().expect("a stamp is in a folder"))?;
        fs::rename(fresh, stamp)?;
        eprintln!("tools: {} made in {}", self.name, elapsed(start.elapsed()));
        Ok(())
    }

    fn lock(&self, tools: &Path) -> Result<File> {
        let path = tools.join(".locks").join(&self.name);
        fs::create_dir_all(path.parent().expect("a lock is in a folder"))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("open {}", path.display()))?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if start.elapsed() > OTHER_PROCESS => bail!(
                    "another process has been making {} for {}; end it, then try again",
                    self.name,
                    elapsed(start.elapsed())
                ),
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        eprintln!("tools: another process is making {}: waiting for it", self.name);
                        told = true;
                    }
                    std::thread::sleep(Duration::from_millis(200));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("lock {}", path.display()));
                }
            }
        }
    }
}

/// Collects what a thing is made from.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// `recipe` is raised when the way of making changes.
    pub(crate) fn new(recipe: &str) -> Self {
        let mut it = Self(Sha256::new());
        it.add(recipe.as_bytes());
        it
    }

    /// Adds bytes, with their length so that neighbours cannot be mistaken for each other.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// Adds each file below a folder with its name.
    pub(crate) fn add_folder(&mut self, folder: &Path) -> Result<()> {
        for path in files(folder)? {
            self.add(path.to_string_lossy().as_bytes());
            self.add(&fs::read(folder.join(&path))?);
        }
        Ok(())
    }

    /// The result, in hexadecimal.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|it| format!("{it:02x}")).collect()
    }
}

/// The files below a folder, sorted, relative to it.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let here = folder.join(&inner);
        for entry in fs::read_dir(&here).with_context(|| format!("read the folder {}", here.display()))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.sort();
    Ok(found)
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn item(fingerprint: &str) -> Item {
        Item {
            name: "thing".into(),
            fingerprint: fingerprint.into(),
            outputs: vec!["a".into(), "folder".into()],
        }
    }

    fn make(text: &'static str) -> impl Fn(&Path) -> Result<()> {
        move |folder| {
            fs::write(folder.join("a"), text)?;
            fs::create_dir(folder.join("folder"))?;
            fs::write(folder.join("folder/b"), text)?;
            Ok(())
        }
    }

    #[test]
    fn made_once_a_fingerprint() {
        let tools = tempfile::tempdir().unwrap();
        item("1").ensure(tools.path(), make("one")).unwrap();
        item("1").ensure(tools.path(), |_| panic!("it was current")).unwrap();
        item("2").ensure(tools.path(), make("two")).unwrap();
        assert_eq!(fs::read_to_string(tools.path().join("folder/b")).unwrap(), "two");
        assert!(!item("1").is_current(tools.path()));
        let left: Vec<_> = files(tools.path())
            .unwrap()
            .into_iter()
            .filter(|it| !it.starts_with(".locks"))
            .collect();
        assert_eq!(left, [".stamps/thing", "a", "folder/b"].map(PathBuf::from));
    }

    #[test]
    fn made_again_when_a_part_is_gone() {
        let tools = tempfile::tempdir().unwrap();
        item("1").ensure(tools.path(), make("one")).unwrap();
        fs::remove_file(tools.path().join("a")).unwrap();
        item("1").ensure(tools.path(), make("again")).unwrap();
        assert_eq!(fs::read_to_string(tools.path().join("a")).unwrap(), "again");
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let tools = tempfile::tempdir().unwrap();
        item("1").ensure(tools.path(), make("one")).unwrap();
        item("2").ensure(tools.path(), |_| bail!("no network")).unwrap_err();
        assert!(item("1").is_current(tools.path()));
        let half = item("2")
            .ensure(tools.path(), |folder| Ok(fs::write(folder.join("a"), "half")?))
            .unwrap_err();
        assert!(half.to_string().contains("folder"), "{half:#}");
        assert!(!item("2").is_current(tools.path()));
    }

    #[test]
    fn two_at_once_make_it_once() {
        let tools = tempfile::tempdir().unwrap();
        let (made, barrier) = (AtomicUsize::new(0), Barrier::new(4));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    item("1")
                        .ensure(tools.path(), |folder| {
                            made.fetch_add(1, Ordering::SeqCst);
                            make("one")(folder)
                        })
                        .unwrap();
                });
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_fingerprint_sees_names_contents_and_boundaries() {
        let of = |parts: &[&str]| {
            let mut it = Fingerprint::new("r");
            parts.iter().for_each(|part| it.add(part.as_bytes()));
            it.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        let folder = tempfile::tempdir().unwrap();
        let read = || {
            let mut it = Fingerprint::new("r");
            it.add_folder(folder.path()).unwrap();
            it.finish()
        };
        fs::write(folder.path().join("x"), "1").unwrap();
        let one = read();
        fs::write(folder.path().join("x"), "2").unwrap();
        let two = read();
        fs::rename(folder.path().join("x"), folder.path().join("y")).unwrap();
        assert!(one != two && two != read());
    }
}
