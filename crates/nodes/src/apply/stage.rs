//! The flake on a host: uploaded whole, with the lock and the hardware report that the host already has.

use hoist_model::StepError;
use hoist_ssh::{Archive, Session};

use super::Work;
use crate::render::STATE_DIR;

/// Where the flake lies on an installed system, and its hardware report.
pub(super) const FLAKE: &str = "/var/lib/hoist/flake";
pub(super) const REPORT: &str = "/var/lib/hoist/facter.json";
/// Where the flake lies in the installer.
pub(super) const INSTALLER_FLAKE: &str = "/root/hoist/flake";

/// What a script needs to use flakes, whatever the host's own settings are.
pub(super) const NIX: &str = "nix --extra-experimental-features nix-command --extra-experimental-features flakes";

impl Work<'_> {
    /// Replaces the flake in a folder of the host. Without a lock beside hoist.yaml the host's own is kept: what was
    /// fetched once stays what it was.
    pub(super) async fn upload_flake(
        &self,
        session: &Session,
        folder: &str,
        report: Option<Vec<u8>>,
    ) -> Result<(), StepError> {
        self.cx.progress("uploading the configuration");
        let mut archive = Archive::new();
        for (path, text) in self.node.tree.files() {
            archive = archive.file(path, 0o600, text);
        }
        if self.node.tree.get("flake.lock").is_none() {
            let lock = session
                .read_file(&format!("{folder}/flake.lock"))
                .await
                .map_err(|error| self.ssh(error))?;
            if let Some(lock) = lock {
                archive = archive.file("flake.lock", 0o600, lock);
            }
        }
        if let Some(report) = report {
            archive = archive.file(format!("machines/{}/facter.json", self.machine), 0o600, report);
        }
        session
            .upload_folder(folder, archive)
            .await
            .map_err(|error| self.ssh(error))
    }

    /// The flake's attribute for something that is built of this machine's configuration.
    pub(super) fn attribute(&self, flake: &str, build: &str) -> String {
        // An attribute that begins with a digit is written in quotes.
        let name = if self.machine.starts_with(|c: char| c.is_ascii_digit()) {
            format!("\"{}\"", self.machine)
        } else {
            self.machine.to_owned()
        };
        hoist_ssh::quote(&format!(
            "{flake}#nixosConfigurations.{name}.config.system.build.{build}"
        ))
    }

    /// The line by which a host says what hoist built on it, as a shell command that writes it to a file.
    pub(super) fn record(&self, root: &str, system: &str) -> String {
        format!(
            "printf '%s %s\\n' {hash} {system} > {root}{STATE_DIR}/built.new\n\
             mv {root}{STATE_DIR}/built.new {root}{STATE_DIR}/built\n",
            hash = self.node.hash,
        )
    }

    /// The first characters of the configuration's hash, for names of units.
    pub(super) fn short_hash(&self) -> &str {
        &self.node.hash[..12]
    }
}
