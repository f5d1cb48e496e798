//! The lasting host key. cloud-init gives a server a throw-away key, which everybody with access to its user data could
//! know; at first contact the host gets a key that was never written down anywhere else.
//!
//! The new key's pin is written before the host gets the key, and both pins are trusted meanwhile: wherever this is
//! interrupted, there is no moment at which the host shows a key that nobody trusts.

use hoist_model::{ExposeSecret, HostKeyPins, Outcome, StepError};
use hoist_ssh::{Archive, Fingerprint, KeyPair, Script, Session};

use super::{Work, once};
use crate::host::{HostFacts, LASTING, Os};

/// The public half lies in place before the private one: whoever sees the new public half without sshd showing the new
/// key knows that the private half may be missing.
const PLACE: &str = "set -eu\ncd /etc/ssh\nchmod 600 hoist-new/key\nmv -f hoist-new/key.pub ssh_host_ed25519_key.pub\n\
    sync\nmv -f hoist-new/key ssh_host_ed25519_key\nrmdir hoist-new\nsync\n";

const RELOAD: &str = "systemctl restart ssh 2>/dev/null || systemctl restart sshd\n";

impl Work<'_> {
    pub(super) async fn rotate(&self) -> Result<Outcome, StepError> {
        let (session, facts) = self.connect(self.options.deadlines.boot).await?;
        let pins = self.pins().await?;
        if let Some(next) = pin(&pins.next)? {
            if session.host_key() == next {
                return self.promote(next).await;
            }
            // The file is the new one and sshd has not seen it: a restart tells whether it is whole.
            if facts.host_key == Some(next) && self.reloaded(&session, &pins).await? == next {
                return self.promote(next).await;
            }
            if facts.os != Os::Debian {
                // Nothing of it reached the host, and a host that is installed keeps its key.
                let pins = HostKeyPins { next: None, ..pins };
                self.cx.effect("pin", self.write_pins(&pins)).await?;
                return Ok(Outcome::note("the rotation that was begun is undone"));
            }
        } else if facts.os != Os::Debian || self.is_lasting(&facts, &session) {
            return Ok(Outcome::unchanged());
        }
        self.begin(&session, pins).await
    }

    fn is_lasting(&self, facts: &HostFacts, session: &Session) -> bool {
        facts.lasting && facts.host_key == Some(session.host_key())
    }

    async fn begin(&self, session: &Session, pins: HostKeyPins) -> Result<Outcome, StepError> {
        let pair = KeyPair::generate(LASTING);
        let next = pair.fingerprint();
        let pins = HostKeyPins {
            current: pins.current.or_else(|| Some(session.host_key().to_base32())),
            next: Some(next.to_base32()),
        };
        self.cx.progress("writing the pin of the new host key");
        self.cx.effect("pin-next", self.write_pins(&pins)).await?;
        self.cx.progress("giving the host its lasting key");
        let place = async {
            let files = Archive::new()
                .file("key.pub", 0o644, format!("{}\n", pair.public()))
                .file("key", 0o600, pair.private_pem().expose_secret());
            session
                .unpack("/etc/ssh/hoist-new", files)
                .await
                .map_err(|error| self.ssh(error))?;
            let script = Script::new("placing the new host key", PLACE);
            session.run(script).await.map(drop).map_err(|error| self.ssh(error))
        };
        self.cx.effect("host-key", place).await?;
        let shown = self.reloaded(session, &pins).await?;
        if shown != next {
            return Err(self
                .fail(format!("sshd still shows its old host key {shown}, not {next}"))
                .hint("look at `journalctl -u ssh` on the machine"));
        }
        self.promote(next).await
    }

    /// Restarts sshd and says which key a new connection sees.
    async fn reloaded(&self, session: &Session, pins: &HostKeyPins) -> Result<Fingerprint, StepError> {
        let restart = async {
            let script = Script::new("restarting sshd", RELOAD);
            match session.run(script).await {
                Ok(_) => Ok(()),
                // sshd may take this connection along.
                Err(hoist_ssh::Error::Lost { .. }) => Ok(()),
                Err(error) => Err(self.ssh(error)),
            }
        };
        self.cx.effect("sshd", restart).await?;
        let door = self.door(pins)?;
        let mut patience = once(self.options);
        patience.total = self.within(self.options.deadlines.look * 3);
        let session = door.open(patience).await.map_err(|error| self.ssh(error))?;
        Ok(session.host_key())
    }

    async fn promote(&self, key: Fingerprint) -> Result<Outcome, StepError> {
        let pins = HostKeyPins {
            current: Some(key.to_base32()),
            next: None,
        };
        self.cx.effect("pin", self.write_pins(&pins)).await?;
        Ok(Outcome::note(format!("host key {key}")))
    }
}

fn pin(text: &Option<String>) -> Result<Option<Fingerprint>, StepError> {
    text.as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: hoist_ssh::ParseFingerprintError| {
            StepError::remote(format!("a host-key label is damaged: {error}"))
        })
}
