//! Finds the programs that the control plane is made of.

use std::path::{Path, PathBuf};

use super::error::Error;

/// Folders to look for programs in, in order.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Looks in these folders first, then where an operating system keeps its own programs.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut folders: Vec<PathBuf> = folders.into_iter().collect();
        folders.extend(["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(PathBuf::from));
        Self { folders }
    }

    /// The file of a program.
    ///
    /// # Errors
    /// Where no folder has it: the error names the folders and how to build it.
    pub fn find(&self, name: &str) -> Result<PathBuf, Error> {
        self.folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| is_program(file))
            .ok_or_else(|| Error::MissingTool {
                name: name.to_owned(),
                looked: self
                    .folders
                    .iter()
                    .map(|f| f.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
