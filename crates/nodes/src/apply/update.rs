//! A new configuration on an installed machine.

use hoist_model::{Outcome, StepError};

use super::Work;
use super::stage::{FLAKE, NIX, REPORT};
use super::unit::Unit;
use crate::host::{HostFacts, Os};

impl Work<'_> {
    pub(super) async fn update(&self) -> Result<Outcome, StepError> {
        let (session, facts) = self.connect(self.options.deadlines.boot).await?;
        if facts.os != Os::Nixos || facts.built.is_none() {
            return Err(self
                .fail("it does not run a NixOS that hoist installed")
                .hint("run `hoist plan` to see what is there now"));
        }
        if facts.running() == Some(self.node.hash.as_str()) {
            self.await_node().await?;
            return Ok(Outcome::unchanged());
        }
        let report = session.read_file(REPORT).await.map_err(|error| self.ssh(error))?;
        let upload = self.upload_flake(&session, FLAKE, report);
        self.cx.effect("flake", upload).await?;
        // It is in the boot menu before it runs: a host that hangs in the switch comes back with it.
        let script = format!(
            "p=$({NIX} build --print-out-paths --no-link {attribute})\n\
             nix-env -p /nix/var/nix/profiles/system --set \"$p\"\n\
             {record}echo activating $p\n\"$p/bin/switch-to-configuration\" boot\n\
             \"$p/bin/switch-to-configuration\" switch\n",
            attribute = self.attribute(FLAKE, "toplevel"),
            record = self.record("", "\"$p\""),
        );
        let name = format!("hoist-update-{}", self.short_hash());
        let unit = Unit {
            name: &name,
            what: "switching to the new configuration",
            script: &script,
            deadline: self.options.deadlines.build,
            once: false,
        };
        let session = self.cx.effect("switch", self.unit(session, &unit)).await?;
        let now = HostFacts::read(&session).await.map_err(|error| self.ssh(error))?;
        if now.running() != Some(self.node.hash.as_str()) {
            return Err(self
                .fail(format!(
                    "it runs {}, not the configuration that was built",
                    now.system.as_deref().unwrap_or("an unknown system")
                ))
                .hint(format!(
                    "`hoist ssh {} -- journalctl -b` shows what the switch did",
                    self.machine
                )));
        }
        self.await_node().await?;
        Ok(Outcome::note(format!("configuration {}", self.short_hash())))
    }
}
