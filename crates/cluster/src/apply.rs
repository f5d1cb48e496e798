//! Carries out one operation. Safe to repeat: an apply of what is applied changes nothing, a delete of what is gone
//! is done.

use std::time::{Duration, Instant};

use hoist_deploy::{
    Api, DeployError, LABEL_DISCRIMINATOR, Object, ObjectId, Propagation, StillWaiting, Wait, apply_one, delete,
    wait_ready,
};
use hoist_model::{Outcome, StepCx, StepError};

use crate::desired::Desired;
use crate::failure::step_error;
use crate::observe::simulated;
use crate::op::Op;
use crate::plan::awaited;

/// Kept of a step's time for saying what it waited for.
const LAST_WORDS: Duration = Duration::from_secs(8);

/// Carries out one operation.
pub(crate) async fn perform(api: &Api, op: &Op, desired: &Desired, cx: &StepCx) -> Result<Outcome, StepError> {
    match op {
        Op::Apply(id) => apply(api, body(desired, id)?, cx).await,
        Op::Replace(id) => {
            let object = body(desired, id)?;
            let gone = remove(api, id, Some(&desired.discriminator), cx);
            cx.effect("delete", async { gone.await.map_err(|error| step_error(&error)) })
                .await?;
            apply(api, object, cx).await
        }
        Op::Prune(id) => prune(api, id, Some(&desired.discriminator), cx).await,
        Op::Release(id) => prune(api, id, None, cx).await,
        Op::Preflight(component) => {
            let preflight = desired.part(component).and_then(|part| part.preflight.as_ref());
            let Some(preflight) = preflight else {
                return Err(StepError::internal(format!("component {component} has no preflight")));
            };
            cx.progress(preflight.what());
            Ok(Outcome::note(preflight.check().await?))
        }
        Op::Await(component) => wait(api, component, desired, cx).await,
    }
}

fn body<'a>(desired: &'a Desired, id: &ObjectId) -> Result<&'a Object, StepError> {
    let entry = desired.objects.get(id);
    entry
        .map(|entry| &entry.object)
        .ok_or_else(|| StepError::internal(format!("{id} is not desired")))
}

/// Some time before the step's own deadline, so that the error is ours and names what was waited for.
fn deadline(cx: &StepCx) -> Instant {
    let end = cx.deadline();
    if cx.remaining() > LAST_WORDS * 2 {
        end - LAST_WORDS
    } else {
        end - cx.remaining() / 4
    }
}

async fn apply(api: &Api, object: &Object, cx: &StepCx) -> Result<Outcome, StepError> {
    let id = object.id();
    apply_one(api, object, deadline(cx), |why| cx.progress(why))
        .await
        .map_err(|error| step_error(&error))?;
    if matches!(&*id.kind, "Namespace" | "CustomResourceDefinition") {
        let ids = [id.clone()];
        let wait = Wait {
            ids: &ids,
            selector: "",
            deadline: deadline(cx),
        };
        wait_ready(api, wait, |still| cx.progress(&progress(still)))
            .await
            .map_err(|error| step_error(&error))?;
    }
    Ok(Outcome::done())
}

async fn remove(api: &Api, id: &ObjectId, discriminator: Option<&str>, cx: &StepCx) -> Result<bool, DeployError> {
    // A workload's pods go before what they run as and read.
    let propagation = match &*id.group {
        "apps" | "batch" => Propagation::Foreground,
        _ => Propagation::Background,
    };
    delete(api, id, discriminator, propagation, deadline(cx), |why| {
        cx.progress(&format!("{id} {why}"))
    })
    .await
}

async fn prune(api: &Api, id: &ObjectId, discriminator: Option<&str>, cx: &StepCx) -> Result<Outcome, StepError> {
    let deleted = remove(api, id, discriminator, cx)
        .await
        .map_err(|error| step_error(&error))?;
    Ok(if deleted { Outcome::done() } else { Outcome::unchanged() })
}

async fn wait(api: &Api, component: &str, desired: &Desired, cx: &StepCx) -> Result<Outcome, StepError> {
    let Some(part) = desired.part(component) else {
        return Err(StepError::internal(format!("component {component} is not desired")));
    };
    let simulated = simulated(api).await.map_err(|error| step_error(&error))?;
    let (ids, left_out): (Vec<ObjectId>, Vec<ObjectId>) =
        part.ids.iter().cloned().partition(|id| awaited(id, simulated));
    // Only ours are waited for: a namespace that others made has no label of ours.
    let (labelled, others): (Vec<ObjectId>, Vec<ObjectId>) = ids.into_iter().partition(|id| id.kind != "Namespace");
    let selector = format!("{LABEL_DISCRIMINATOR}={}", label(desired));
    let (first, second) = (deadline(cx), deadline(cx));
    let waits = async {
        let say = |still: &[StillWaiting]| cx.progress(&progress(still));
        wait_ready(
            api,
            Wait {
                ids: &others,
                selector: "",
                deadline: first,
            },
            say,
        )
        .await?;
        wait_ready(
            api,
            Wait {
                ids: &labelled,
                selector: &selector,
                deadline: second,
            },
            say,
        )
        .await
    };
    waits.await.map_err(|error| step_error(&error))?;
    let apis: Vec<String> = left_out
        .iter()
        .filter(|id| id.kind == "APIService")
        .map(|id| id.name.clone())
        .collect();
    Ok(match apis.as_slice() {
        [] => Outcome::done(),
        apis => Outcome::note(format!("{} not awaited: the nodes are simulated", apis.join(", "))),
    })
}

/// The discriminator as the labels hold it.
fn label(desired: &Desired) -> String {
    let mut objects = desired.objects.values();
    let label = objects.next().and_then(|entry| entry.object.label(LABEL_DISCRIMINATOR));
    label.unwrap_or(&desired.discriminator).to_owned()
}

fn progress(still: &[StillWaiting]) -> String {
    match still {
        [] => "done".to_owned(),
        [one] => format!("waiting for {}: {}", one.id, one.reason),
        [one, rest @ ..] => format!("waiting for {}: {} (and {} more)", one.id, one.reason, rest.len()),
    }
}
