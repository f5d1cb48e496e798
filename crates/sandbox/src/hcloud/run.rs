//! Carries the steps of actions out, beside the requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Inner;
use super::action::{Outcome, Step, Work};
use super::call::Chain;
use crate::seams::{Power, SeamError};

/// Runs a chain to its end; the emulator's shutdown ends it early.
pub(super) async fn chain(inner: Arc<Inner>, chain: Chain) {
    let stop = inner.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = steps(&inner, chain) => {}
    }
}

async fn steps(inner: &Inner, chain: Chain) {
    let mut failed: Option<(String, String)> = None;
    for step in chain {
        if failed.is_none() {
            failed = one(inner, step).await.err();
        } else if let Some((code, message)) = &failed {
            abandon(inner, step, code.clone(), message.clone());
        }
    }
}

async fn one(inner: &Inner, mut step: Step) -> Result<(), (String, String)> {
    let begun = Instant::now();
    let length = Duration::from_secs_f64((step.seconds * inner.scale).max(0.0));
    {
        let mut state = inner.state();
        if let Some(action) = step.action.and_then(|id| state.actions.get_mut(&id)) {
            action.clock = Some((begun, length));
        }
        if let Some(begin) = step.begin.take() {
            begin(&mut state);
        }
    }
    let done = match step.fail.take() {
        Some(failure) => Err(failure),
        None => perform(inner, step.work)
            .await
            .map_err(|error| ("action_failed".to_owned(), error.to_string())),
    };
    tokio::time::sleep(length.saturating_sub(begun.elapsed())).await;
    if let Err((code, message)) = done {
        tracing::debug!(code, message, "an action failed");
        abandon(inner, step, code.clone(), message.clone());
        return Err((code, message));
    }
    let mut state = inner.state();
    if let Some(finish) = step.finish.take() {
        finish(&mut state);
    }
    if let Some(id) = step.action {
        state.end_action(id, Outcome::Success);
    }
    drop(state);
    inner.ended.send_replace(());
    Ok(())
}

fn abandon(inner: &Inner, step: Step, code: String, message: String) {
    let mut state = inner.state();
    if let Some(undo) = step.undo {
        undo(&mut state);
    }
    if let Some(id) = step.action {
        state.end_action(id, Outcome::Error { code, message });
    }
    drop(state);
    inner.ended.send_replace(());
}

async fn perform(inner: &Inner, work: Work) -> Result<(), SeamError> {
    let machines = &inner.machines;
    match work {
        Work::Nothing => Ok(()),
        Work::Boot(id) if inner.made(id) => machines.power(id, Power::On).await,
        Work::Boot(id) | Work::Remake(id) => {
            let spec = super::server::machine_spec(&inner.state(), id);
            let Some(spec) = spec else { return Ok(()) };
            machines.create(spec).await?;
            if let Some(server) = inner.state().servers.get_mut(&id) {
                server.made = true;
            }
            Ok(())
        }
        Work::GoOff(id, switched) if !super::server::untouched(&inner.state(), id, switched) => Ok(()),
        Work::Off(id) | Work::GoOff(id, _) if inner.made(id) => machines.power(id, Power::Off).await,
        Work::Reset(id) if inner.made(id) => machines.power(id, Power::Reset).await,
        Work::Private(id) if inner.made(id) => {
            let address = inner
                .state()
                .servers
                .get(&id)
                .and_then(super::server::Server::private_ipv4);
            machines.set_private_ipv4(id, address).await
        }
        // Also where making it failed: something may be left of it.
        Work::Delete(id) => machines.delete(id).await,
        Work::Off(_) | Work::GoOff(..) | Work::Reset(_) | Work::Private(_) => Ok(()),
    }
}
