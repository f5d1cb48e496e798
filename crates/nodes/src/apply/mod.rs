//! Carrying out one step on one machine. Each part looks at the host first and does what is still to do, so that each
//! is safe to repeat.

mod install;
mod rotate;
mod stage;
mod unit;
mod update;
mod wait;

use std::time::{Duration, Instant};

use hoist_model::{ErrorKind, Facts, HostKeyPins, Lookup, Outcome, Retry, ServerFacts, StepCx, StepError};
use hoist_ssh::{Error, Patience, Session};

use crate::desired::{Desired, Node};
use crate::host::HostFacts;
use crate::op::Op;
use crate::options::Options;
use crate::phase::Nodes;
use crate::reach::{Door, final_error, step_error};

pub(crate) async fn perform(
    nodes: &Nodes,
    op: &Op,
    desired: &Desired,
    facts: &Facts,
    cx: &StepCx,
) -> Result<Outcome, StepError> {
    let machine = op.machine();
    if let Op::RemoveNode { .. } = op {
        let Lookup::Present(access) = &facts.cluster else {
            return Err(StepError::passing(format!("{machine}: the cluster's API is not known"))
                .hint("run `hoist apply` again"));
        };
        return crate::drain::remove(&access.kubeconfig, machine, cx).await;
    }
    let server = facts.server(machine).ok_or_else(|| {
        StepError::passing(format!("{machine}: its server is not known yet")).hint("run `hoist apply` again")
    })?;
    let node = desired
        .node(machine)
        .ok_or_else(|| StepError::internal(format!("{machine} is not among the desired machines")))?;
    let work = Work {
        options: &nodes.options,
        desired,
        node,
        facts,
        server,
        machine,
        cx,
    };
    match op {
        Op::AwaitHost { .. } => work.await_host().await,
        Op::RotateHostKey { .. } => work.rotate().await,
        Op::Install { cluster, .. } => work.install(cluster).await,
        Op::Update { .. } => work.update().await,
        Op::AwaitNode { .. } | Op::RemoveNode { .. } => work.await_node().await.map(|()| Outcome::done()),
    }
}

/// One step's surroundings.
struct Work<'a> {
    options: &'a Options,
    desired: &'a Desired,
    node: &'a Node,
    facts: &'a Facts,
    server: &'a ServerFacts,
    machine: &'a str,
    cx: &'a StepCx,
}

impl Work<'_> {
    /// The pins as they are now: an earlier step of this run may have changed them.
    async fn pins(&self) -> Result<HostKeyPins, StepError> {
        self.options
            .pins
            .read(self.machine)
            .await
            .map_err(|error| StepError::passing(error.to_string()))
    }

    async fn write_pins(&self, pins: &HostKeyPins) -> Result<(), StepError> {
        self.options
            .pins
            .write(self.machine, pins)
            .await
            .map_err(|error| StepError::passing(error.to_string()))
    }

    fn door(&self, pins: &HostKeyPins) -> Result<Door, StepError> {
        Door::new(self.server, pins, self.desired.port, &self.desired.identities)
            .map_err(|why| StepError::remote(format!("{}: {why}", self.machine)))
    }

    /// Connects, waiting for up to `patience` for a host that is booting, and asks for its facts.
    async fn connect(&self, patience: Duration) -> Result<(Session, HostFacts), StepError> {
        let door = self.door(&self.pins().await?)?;
        let begun = Instant::now();
        let patience = self.within(patience);
        self.cx.progress(&format!("waiting for SSH on {}", door.host()));
        let mut pause = Duration::from_millis(200);
        loop {
            let looked = async {
                let session = door.knock(self.options.deadlines.look).await?;
                let facts = HostFacts::read(&session).await?;
                Ok::<_, Error>((session, facts))
            };
            match looked.await {
                Ok(found) => return Ok(found),
                Err(error) if !error.passing() => return Err(step_error(self.machine, &error)),
                Err(error) if begun.elapsed() + pause >= patience => {
                    let error = Error::TimedOut {
                        host: door.host(),
                        waiting_for: "SSH".into(),
                        after: patience,
                        last: Some(last(&error)),
                    };
                    return Err(final_error(self.machine, &error));
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// A deadline within the step's own.
    fn within(&self, deadline: Duration) -> Duration {
        deadline.min(self.cx.remaining())
    }

    fn ssh(&self, error: Error) -> StepError {
        step_error(self.machine, &error)
    }

    fn fail(&self, message: impl std::fmt::Display) -> StepError {
        StepError::remote(format!("{}: {message}", self.machine))
    }

    fn timed_out(&self, waiting_for: &str, after: Duration, last: &str) -> StepError {
        StepError {
            kind: ErrorKind::Remote,
            message: format!(
                "{}: timed out after {} s waiting for {waiting_for} (last seen: {last})",
                self.machine,
                after.as_secs()
            ),
            hint: None,
            retry: Retry::No,
        }
    }

    async fn await_host(&self) -> Result<Outcome, StepError> {
        self.connect(self.options.deadlines.boot).await?;
        Ok(Outcome::done())
    }
}

/// What an attempt met, in few words.
fn last(error: &Error) -> String {
    match error {
        Error::Unreachable { why, .. } | Error::Lost { why, .. } => why.clone(),
        Error::TimedOut { .. } => "no answer".into(),
        other => other.to_string(),
    }
}

/// A patience for hosts that should be there.
fn once(options: &Options) -> Patience {
    Patience::once(options.deadlines.look)
}
