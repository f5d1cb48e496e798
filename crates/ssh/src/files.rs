//! Files on a host, each put in place whole or not at all.

use std::time::Duration;

use crate::{Error, Output, Script, Session, quote};

/// How long a file's transfer may take.
const TRANSFER: Duration = Duration::from_secs(300);

impl Session {
    /// Writes a file: beside its place first, then moved there. Parent folders are made. `mode` is octal: `0o600`.
    pub async fn upload(&self, path: &str, content: impl Into<bytes::Bytes>, mode: u32) -> Result<(), Error> {
        let script = format!(
            "set -eu\numask 077\np={path}\nmkdir -p \"$(dirname \"$p\")\"\nt=\"$p.hoist-$$\"\n\
             trap 'rm -f \"$t\"' EXIT\ncat > \"$t\"\nchmod {mode:o} \"$t\"\nmv -f \"$t\" \"$p\"\n",
            path = quote(path),
        );
        let script = Script::new(format!("writing {path}"), script)
            .input(content)
            .deadline(TRANSFER);
        self.run(script).await.map(drop)
    }

    /// Replaces a folder by the archive's content: unpacked beside it first, then moved there. What was in the folder
    /// before is gone.
    pub async fn upload_folder(&self, path: &str, archive: Archive) -> Result<(), Error> {
        let script = format!(
            "set -eu\numask 077\np={path}\nmkdir -p \"$(dirname \"$p\")\"\nt=\"$p.hoist-$$\"\n\
             trap 'rm -rf \"$t\" \"$t.old\"' EXIT\nmkdir \"$t\"\ntar -xf - -C \"$t\" --no-same-owner\n\
             if [ -e \"$p\" ]; then mv \"$p\" \"$t.old\"; fi\nmv \"$t\" \"$p\"\n",
            path = quote(path),
        );
        let script = Script::new(format!("writing the folder {path}"), script)
            .input(archive.into_bytes())
            .deadline(TRANSFER);
        self.run(script).await.map(drop)
    }

    /// Unpacks an archive over a folder, as files of the user who logs in, with the modes that the archive says.
    pub async fn unpack(&self, folder: &str, archive: Archive) -> Result<(), Error> {
        let script = format!(
            "set -eu\numask 077\nmkdir -p {folder}\ntar -xpf - -C {folder} --no-same-owner\n",
            folder = quote(folder),
        );
        let script = Script::new(format!("writing files under {folder}"), script)
            .input(archive.into_bytes())
            .deadline(TRANSFER);
        self.run(script).await.map(drop)
    }

    /// Reads a file; none when it does not exist.
    pub async fn read_file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let script = format!("[ -e {path} ] || exit 44\ncat {path}\n", path = quote(path));
        let output = self
            .exec(Script::new(format!("reading {path}"), script).deadline(TRANSFER))
            .await?;
        match output {
            Output {
                status: Some(0),
                stdout,
                ..
            } => Ok(Some(stdout)),
            Output { status: Some(44), .. } => Ok(None),
            other => Err(Error::Exit {
                host: self.host.clone(),
                what: format!("reading {path}"),
                status: other.status,
                stderr: other.stderr_tail(),
            }),
        }
    }
}

/// A tar archive in memory, made of files of root with fixed times: the same files make the same bytes. Its memory is
/// wiped, as it may hold secrets.
#[derive(Default)]
pub struct Archive {
    files: Vec<(String, u32, zeroize::Zeroizing<Vec<u8>>)>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.files.iter().map(|(path, ..)| path))
            .finish()
    }
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. The path is relative; `mode` is octal: `0o600`.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        self.files
            .push((path.into(), mode, zeroize::Zeroizing::new(content.into())));
        self
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut folders = std::collections::BTreeSet::new();
        for (path, mode, content) in &self.files {
            for (end, _) in path.match_indices('/') {
                let folder = &path[..end];
                if folders.insert(folder.to_owned()) {
                    let mut header = header(tar::EntryType::Directory, 0o755, 0);
                    builder
                        .append_data(&mut header, format!("{folder}/"), std::io::empty())
                        .expect("writing to memory does not fail");
                }
            }
            let mut header = header(tar::EntryType::Regular, *mode, content.len());
            builder
                .append_data(&mut header, path, content.as_slice())
                .expect("writing to memory does not fail");
        }
        builder.into_inner().expect("writing to memory does not fail")
    }
}

fn header(kind: tar::EntryType, mode: u32, size: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size as u64);
    header.set_mtime(1);
    header.set_uid(0);
    header.set_gid(0);
    header
}
