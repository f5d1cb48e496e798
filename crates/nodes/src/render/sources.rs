//! The person's own files that go into the flake: NixOS modules, and the lock of its inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hoist_model::{Diagnostic, Diagnostics};
use hoist_spec::Spec;

use super::nix::inside;
use super::ours;

/// The lock's name beside hoist.yaml. `nix flake lock` in a rendered flake makes one.
const LOCK: &str = "hoist.flake.lock";

/// More than this is no module.
const LARGEST: u64 = 1 << 20;

/// Modules and lock, as they were read. Empty where the spec names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<String, String>,
    lock: Option<String>,
}

impl Sources {
    /// Reads each module that the spec names: a file, or a folder with all that is in it.
    pub fn read(spec: &Spec) -> Result<Self, Diagnostics> {
        let mut sources = Self::default();
        let mut problems = Diagnostics::default();
        if let Some(flake) = &spec.nixos.flake
            && is_local(flake)
        {
            problems.push(
                Diagnostic::new("nodes/local-flake", format!("nixos.flake `{flake}` is a folder of this machine"))
                    .hint("hosts build their configuration themselves: name a flake that they can fetch, such as github:me/infra"),
            );
        }
        let modules = spec
            .nixos
            .modules
            .iter()
            .chain(ours(spec).flat_map(|(_, machine)| &machine.modules));
        for module in modules {
            if let Err(why) = sources.add(&spec.dir.join(module), module) {
                problems.push(
                    Diagnostic::new(
                        "nodes/module",
                        format!("the NixOS module {} cannot be read: {why}", module.display()),
                    )
                    .hint("paths of modules are relative to hoist.yaml"),
                );
            }
        }
        match std::fs::read_to_string(spec.dir.join(LOCK)) {
            Ok(lock) => sources.lock = Some(lock),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => problems.push(Diagnostic::new("nodes/lock", format!("{LOCK} cannot be read: {error}"))),
        }
        problems.into_result().map(|()| sources)
    }

    fn add(&mut self, at: &Path, named: &Path) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let kind = std::fs::metadata(at).map_err(text)?;
        if !kind.is_dir() {
            if kind.len() > LARGEST {
                return Err(format!("{} has {} bytes", at.display(), kind.len()));
            }
            let content = std::fs::read_to_string(at).map_err(text)?;
            self.files.insert(inside(named), content);
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(at).map_err(text)? {
            entries.push(entry.map_err(text)?.file_name().into());
        }
        entries.sort();
        for entry in entries {
            if !entry.to_string_lossy().starts_with('.') {
                self.add(&at.join(&entry), &named.join(&entry))?;
            }
        }
        Ok(())
    }

    /// Each file with its text, by its path in the flake's `person` folder.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The lock's text.
    pub fn lock(&self) -> Option<&str> {
        self.lock.as_deref()
    }
}

fn is_local(flake: &str) -> bool {
    flake.starts_with(['.', '/', '~']) || flake.starts_with("path:") || !flake.contains(':')
}
