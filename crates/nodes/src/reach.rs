//! Reaching a machine: its address and pins, who logs in, and how failures are told.

use std::time::Duration;

use hoist_model::{HostKeyPins, ServerFacts, StepError};
use hoist_ssh::{Error, Fingerprint, HostKeyPolicy, Identity, Patience, Session, Target};

/// Where the installer's sshd listens, whatever the machine's own port is.
const INSTALLER_PORT: u16 = 22;

/// A machine that can be connected to.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) target: Target,
    pub(crate) identities: Vec<Identity>,
}

impl Door {
    pub(crate) fn new(
        server: &ServerFacts,
        pins: &HostKeyPins,
        port: u16,
        identities: &[Identity],
    ) -> Result<Self, String> {
        let address = server
            .address
            .ok_or("it has no public address, and hoist does not yet reach machines through others")?;
        let trusted = pins
            .trusted()
            .map(str::parse::<Fingerprint>)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("its host-key label is damaged: {error}"))?;
        Ok(Self {
            target: Target {
                address,
                port,
                user: "root".into(),
                host_keys: HostKeyPolicy::Pinned(trusted),
            },
            identities: identities.to_vec(),
        })
    }

    pub(crate) fn host(&self) -> String {
        self.target.host()
    }

    pub(crate) async fn open(&self, patience: Patience) -> Result<Session, Error> {
        Session::connect(&self.target, &self.identities, patience).await
    }

    /// One attempt, at the machine's own port and then at the one where the installer listens.
    pub(crate) async fn knock(&self, attempt: Duration) -> Result<Session, Error> {
        let first = self.open(Patience::once(attempt)).await;
        match first {
            Err(error) if error.passing() && self.target.port != INSTALLER_PORT => {
                let mut other = self.target.clone();
                other.port = INSTALLER_PORT;
                // Whatever else may listen there: only the machine itself, known by its key, counts.
                Session::connect(&other, &self.identities, Patience::once(attempt))
                    .await
                    .map_err(|_| error)
            }
            other => other,
        }
    }
}

/// A failure of a connection as a step's. What passes by itself may be tried again by the engine.
pub(crate) fn step_error(machine: &str, error: &Error) -> StepError {
    let message = format!("{machine}: {error}");
    let step = if error.passing() {
        StepError::passing(message)
    } else {
        StepError::remote(message)
    };
    match error.hint() {
        Some(hint) => step.hint(hint),
        None => step,
    }
}

/// The same for a wait that has used up its deadline: trying again at once would only double it.
pub(crate) fn final_error(machine: &str, error: &Error) -> StepError {
    let mut step = step_error(machine, error);
    step.retry = hoist_model::Retry::No;
    step
}
