//! Where things are in the checkout.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run;

/// The checkout's folders.
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// The checkout that this program was built from.
    pub(crate) fn here() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask is a folder of the workspace")
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Self { root, target }
    }

    /// Where the pins are.
    pub(crate) fn pins(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// A program of the release build, built now: `what` is what cargo is told.
    pub(crate) fn release(&self, what: &[&str], program: &str) -> Result<PathBuf> {
        let mut build = Command::new("cargo");
        build.current_dir(&self.root).args(["build", "--quiet", "--release"]);
        run::run(build.args(what))?;
        Ok(self.target.join("release").join(program))
    }

    /// Where the built programs are: always below the checkout, since tests look for `target/tools` there.
    pub(crate) fn tools(&self) -> PathBuf {
        self.root.join("target/tools")
    }

    /// One built program.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.tools().join(name)
    }
}
