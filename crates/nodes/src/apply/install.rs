//! From a fresh Debian to a running node: kexec into the installer, hardware report, disk, build, secrets, install,
//! reboot. Begins at whatever the host says it is.

use std::time::Duration;

use hoist_model::{ExposeSecret, Outcome, StepError};
use hoist_ssh::{Archive, Error, Script, Session, quote};

use super::Work;
use super::stage::{INSTALLER_FLAKE, NIX};
use super::unit::Unit;
use crate::host::{HostFacts, Os};
use crate::op::Membership;
use crate::render::STATE_DIR;

/// Where the installed system's root is mounted in the installer.
const ROOT: &str = "/mnt";

/// How long a host that was told to boot something may go on answering. kexec waits 6 seconds by itself.
const GRACE: Duration = Duration::from_secs(30);

impl Work<'_> {
    pub(super) async fn install(&self, cluster: &Membership) -> Result<Outcome, StepError> {
        let (session, facts) = self.connect(self.options.deadlines.boot).await?;
        let (session, facts) = match facts.os {
            Os::Debian => self.kexec(session, &facts).await?,
            _ => (session, facts),
        };
        match facts.os {
            Os::Installer => self.install_from(session, &facts, cluster).await?,
            Os::Nixos if facts.running() == Some(self.node.hash.as_str()) => {}
            Os::Nixos => {
                return Err(self
                    .fail("it runs another NixOS than the one to be installed")
                    .hint("run `hoist plan` to see what is there now"));
            }
            Os::Debian | Os::Other(_) => return Err(self.fail("it is not in the NixOS installer after kexec")),
        }
        self.await_node().await?;
        Ok(Outcome::note(format!("configuration {}", self.short_hash())))
    }

    /// Debian to installer.
    async fn kexec(&self, session: Session, facts: &HostFacts) -> Result<(Session, HostFacts), StepError> {
        let missing: Vec<_> = ["tar", "setsid", "flock", "sha256sum", "systemd-run"]
            .into_iter()
            .filter(|tool| !facts.tools.contains(*tool))
            .collect();
        if !missing.is_empty() {
            return Err(self.fail(format!("its image lacks {}", missing.join(", "))));
        }
        let installer = &self.options.installer;
        let url = installer.url.replace("{arch}", &facts.arch);
        let check = match &installer.sha256 {
            Some(digest) => format!(
                "echo {} | sha256sum -c -\n",
                quote(&format!("{digest}  installer.tar.gz"))
            ),
            None => String::new(),
        };
        let script = format!(
            "d=$HOME/kexec\nrm -rf \"$d\"\nmkdir -p \"$d\"\ncd \"$d\"\necho fetching the NixOS installer\n\
             if command -v curl >/dev/null; then\n  \
             curl --fail --location --silent --show-error --retry 3 --connect-timeout 20 -o installer.tar.gz {url}\n\
             else\n  wget -nv -T 20 -t 4 -O installer.tar.gz {url}\nfi\n{check}\
             tar -xzf installer.tar.gz\nrm installer.tar.gz\n\
             TMPDIR=\"$d\" setsid --wait \"$d/kexec/run\" --kexec-extra-flags ''\n",
            url = quote(&url),
        );
        let mut session = Some(session);
        // What an earlier run began may be about to boot: it is waited for before it is begun again.
        for once in [true, false] {
            let unit = Unit {
                name: "hoist-kexec",
                what: "booting the NixOS installer",
                script: &script,
                deadline: self.options.deadlines.kexec,
                once,
            };
            let run = async {
                let session = match session.take() {
                    Some(session) => session,
                    None => self.connect(self.options.deadlines.kexec).await?.0,
                };
                match self.unit(session, &unit).await {
                    Ok(_) => Ok(()),
                    // The host may be gone before the unit's end was seen.
                    Err(error) => match self.connect(self.options.deadlines.kexec).await {
                        Ok((_, now)) if now.boot_id != facts.boot_id => Ok(()),
                        _ => Err(error),
                    },
                }
            };
            self.cx.effect("kexec", run).await?;
            let booted = self.booted(
                &facts.boot_id,
                "the NixOS installer",
                self.options.deadlines.kexec,
                GRACE,
            );
            if let Some(installer) = booted.await? {
                return Ok(installer);
            }
        }
        Err(self
            .fail("it did not boot the NixOS installer, although kexec said that it would")
            .hint("look at the machine's console"))
    }

    async fn install_from(&self, session: Session, facts: &HostFacts, cluster: &Membership) -> Result<(), StepError> {
        let report = self.hardware_report(&session).await?;
        self.upload_flake(&session, INSTALLER_FLAKE, Some(report)).await?;

        let disko = format!(
            "s=$({NIX} build --print-out-paths --no-link {})\n\"$s\"\n",
            self.attribute(INSTALLER_FLAKE, "diskoScript")
        );
        let unit = Unit {
            name: "hoist-disko",
            what: "partitioning the disk",
            script: &disko,
            deadline: self.options.deadlines.disko,
            once: true,
        };
        let session = self.cx.effect("disko", self.unit(session, &unit)).await?;

        // Into the disk's store, and with the disk for what is being built: the installer lies in memory.
        let build = format!(
            "export TMPDIR=$(mktemp -d -p {ROOT})\ntrap 'rm -rf \"$TMPDIR\"' EXIT\n\
             p=$({NIX} build --store 'local?root={ROOT}' --print-out-paths --no-link {attribute})\n\
             echo \"$p\" > /run/hoist/system.new\nmv /run/hoist/system.new /run/hoist/system\n",
            attribute = self.attribute(INSTALLER_FLAKE, "toplevel")
        );
        let name = format!("hoist-build-{}", self.short_hash());
        let unit = Unit {
            name: &name,
            what: "building the system",
            script: &build,
            deadline: self.options.deadlines.build,
            once: true,
        };
        let session = self.cx.effect("build", self.unit(session, &unit)).await?;

        self.cx.progress("handing over its secrets");
        self.cx.effect("secrets", self.hand_over(&session, cluster)).await?;

        let install = format!(
            "p=$(cat /run/hoist/system)\nnixos-install --no-root-passwd --no-channel-copy --root {ROOT} --system \"$p\"\n\
             {record}sync\n",
            record = self.record(ROOT, "\"$p\"")
        );
        let name = format!("hoist-install-{}", self.short_hash());
        let unit = Unit {
            name: &name,
            what: "installing NixOS",
            script: &install,
            deadline: self.options.deadlines.install,
            once: true,
        };
        let session = self.cx.effect("nixos-install", self.unit(session, &unit)).await?;

        self.cx.progress("rebooting");
        let reboot = async {
            // The answer may be lost with the connection; the changed boot id tells.
            match session
                .run(Script::new("rebooting", "sync\nsystemctl --no-block reboot\n"))
                .await
            {
                Ok(_) | Err(Error::Lost { .. }) => Ok(()),
                Err(error) => Err(self.ssh(error)),
            }
        };
        self.cx.effect("reboot", reboot).await?;
        let booted = self.booted(
            &facts.boot_id,
            "the installed system",
            self.options.deadlines.reboot,
            GRACE,
        );
        let Some((_, now)) = booted.await? else {
            return Err(self.fail(format!(
                "it has not rebooted {} s after it was told to",
                GRACE.as_secs()
            )));
        };
        if now.os != Os::Nixos || now.running() != Some(self.node.hash.as_str()) {
            return Err(self
                .fail(format!(
                    "it came back with {}, not with the system that was installed",
                    now.system.as_deref().unwrap_or("another system")
                ))
                .hint("look at the machine's console"));
        }
        Ok(())
    }

    async fn hardware_report(&self, session: &Session) -> Result<Vec<u8>, StepError> {
        self.cx.progress("reading its hardware");
        let script = format!(
            "if command -v nixos-facter >/dev/null; then nixos-facter; else {NIX} run nixpkgs#nixos-facter; fi\n"
        );
        let script = Script::new("the hardware report", script).deadline(self.within(self.options.deadlines.disko));
        let report = session.run(script).await.map_err(|error| self.ssh(error))?.stdout;
        if serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&report).is_err() {
            return Err(self.fail("nixos-facter did not print a report"));
        }
        Ok(report)
    }

    /// Secrets and identity, into the new system before it boots for the first time.
    async fn hand_over(&self, session: &Session, cluster: &Membership) -> Result<(), StepError> {
        let script = format!(
            "set -eu\nr={ROOT}\ninstall -d -m 0755 $r/etc $r/etc/ssh $r/var $r/var/lib\ninstall -d -m 0700 $r{STATE_DIR}\n\
             for k in /etc/ssh/ssh_host_ed25519_key; do\n  install -m 0600 $k $r$k\n  \
             if [ -e $k.pub ]; then install -m 0644 $k.pub $r$k.pub; fi\ndone\n\
             cp {INSTALLER_FLAKE}/machines/{machine}/facter.json $r{STATE_DIR}/facter.json\n\
             rm -rf $r{STATE_DIR}/flake\ncp -R {INSTALLER_FLAKE} $r{STATE_DIR}/flake\n",
            machine = self.machine,
        );
        let script = Script::new("keeping its identity", script);
        session.run(script).await.map_err(|error| self.ssh(error))?;
        let Some(files) = self.secrets(cluster).await? else {
            return Ok(());
        };
        session
            .unpack(&format!("{ROOT}{STATE_DIR}"), files)
            .await
            .map_err(|error| self.ssh(error))
    }

    /// What k3s reads at its first start; none on a machine without a role.
    async fn secrets(&self, cluster: &Membership) -> Result<Option<Archive>, StepError> {
        if self.node.role.is_none() {
            return Ok(None);
        }
        let environment = match cluster {
            Membership::Init => "K3S_CLUSTER_INIT=true\n".to_owned(),
            Membership::Join(server) => format!("K3S_URL={}\n", self.join_url(server)?),
        };
        let tokens = self.options.tokens.tokens().await?;
        let line = |token: &hoist_model::Secret| format!("{}\n", token.expose_secret());
        let mut files =
            Archive::new()
                .file("k3s.env", 0o600, environment)
                .file("k3s-agent-token", 0o600, line(&tokens.agent));
        if self.node.is_server() {
            files = files.file("k3s-token", 0o600, line(&tokens.server));
        }
        Ok(Some(files))
    }

    /// Where a node joins: in the private network where there is one, which the cloud's firewall does not stand in.
    fn join_url(&self, server: &str) -> Result<String, StepError> {
        let facts = self.facts.server(server).ok_or_else(|| {
            StepError::passing(format!("{}: {server}, where it joins, is not known yet", self.machine))
        })?;
        let address = match (facts.private_ipv4, self.server.private_ipv4) {
            (Some(private), Some(_)) => Some(private.into()),
            _ => facts.address,
        };
        address
            .map(crate::kubeconfig::url)
            .ok_or_else(|| self.fail(format!("{server}, where it joins, has no address")))
    }
}
