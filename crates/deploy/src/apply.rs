//! Applies one object for real: forces only over managers that are people's tools, retries what passes, and stops at
//! a deadline.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::Value;

use crate::service_ip::free_leftovers;
use crate::{Api, DeployError, Object, Passing};

/// Managers whose fields are taken without asking: tools by which a person changed something by hand, and the deploy
/// tool that hoist replaces. Controllers are not among them.
pub(crate) fn may_overwrite(manager: &str) -> bool {
    ["hoist", "kubectl", "kluctl", "rancher", "k9s"].iter().any(|tool| {
        manager
            .strip_prefix(tool)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

/// Applies one object and answers with what it has become. Requests that fail in a way that passes (no answer, a
/// silent webhook, 409, 429, 5xx, a kind not served yet) are repeated until the deadline; `says` hears why.
pub async fn apply_one(
    api: &Api,
    object: &Object,
    deadline: Instant,
    mut says: impl FnMut(&str),
) -> Result<Value, DeployError> {
    let mut delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times()
        .with_jitter()
        .build();
    let mut force = false;
    let mut freed = false;
    loop {
        let error = match api.apply(object, false, force).await {
            Ok(live) => return Ok(live),
            Err(DeployError::Conflict { conflicts, .. })
                if !force && conflicts.iter().all(|conflict| may_overwrite(&conflict.manager)) =>
            {
                force = true;
                continue;
            }
            Err(error) => error,
        };
        if !freed && free_leftovers(api, object, &error).await? {
            freed = true;
            says("its address was reserved by a request that was cut off, and is free again");
            continue;
        }
        let least = match error.passing() {
            Passing::No => return Err(error),
            Passing::Soon => Duration::ZERO,
            Passing::After(delay) => delay,
        };
        let Some(delay) = delays.next().map(|delay| delay.max(least)) else {
            return Err(error);
        };
        if Instant::now() + delay >= deadline {
            return Err(error);
        }
        says(&format!("trying again: {error}"));
        tokio::time::sleep(delay).await;
    }
}

#[cfg(test)]
mod tests {
    use super::may_overwrite;

    #[test]
    fn peoples_tools_give_way_and_controllers_do_not() {
        for manager in [
            "kubectl",
            "kubectl-edit",
            "kubectl-client-side-apply",
            "kluctl",
            "k9s",
            "rancher",
        ] {
            assert!(may_overwrite(manager), "{manager}");
        }
        for manager in ["kube-controller-manager", "kubectlx", "cainjector", "helm", "hoister"] {
            assert!(!may_overwrite(manager), "{manager}");
        }
    }
}
