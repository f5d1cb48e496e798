//! Deletes one object, if it is ours, and says which objects may be pruned at all.

use std::time::Instant;

use serde_json::Value;

use crate::mark::{ANNOTATION_SKIP_DELETE, label_value};
use crate::{Api, DeployError, LABEL_DISCRIMINATOR, ObjectId, wait_gone};

/// What happens to the objects that a deleted one owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// They go first; the object stays until they are gone.
    Foreground,
    /// They go after it.
    Background,
    /// They stay.
    Orphan,
}

/// Why an object that nobody desires is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Keep {
    /// It does not carry our discriminator.
    #[error("it does not carry our label")]
    NotOurs,
    /// Another object owns it and will remove it.
    #[error("{0} owns it")]
    Owned(String),
    /// An annotation says so.
    #[error("its annotation {0} says so")]
    Annotated(String),
}

/// Whether an object may be pruned.
pub fn prunable(live: &Value, discriminator: &str) -> Result<(), Keep> {
    let metadata = &live["metadata"];
    if discriminator.is_empty() || metadata["labels"][LABEL_DISCRIMINATOR] != *label_value(discriminator) {
        return Err(Keep::NotOurs);
    }
    if let Some(owner) = metadata["ownerReferences"].get(0) {
        let text = |field: &str| owner[field].as_str().unwrap_or("?").to_owned();
        return Err(Keep::Owned(format!("{} {}", text("kind"), text("name"))));
    }
    for key in [ANNOTATION_SKIP_DELETE, "kluctl.io/skip-delete"] {
        if metadata["annotations"][key] == "true" {
            return Err(Keep::Annotated(key.to_owned()));
        }
    }
    if metadata["annotations"]["helm.sh/resource-policy"] == "keep" {
        return Err(Keep::Annotated("helm.sh/resource-policy".to_owned()));
    }
    Ok(())
}

/// Deletes one object and waits until it is gone. With a discriminator it looks first: an object that is not ours, or
/// has lost our label since the plan, is left alone, and one of the same name made meanwhile too. Without one it
/// deletes anybody's object, which only the end of a whole cluster asks for. Already gone is fine: answers false.
pub async fn delete(
    api: &Api,
    id: &ObjectId,
    discriminator: Option<&str>,
    propagation: Propagation,
    deadline: Instant,
    says: impl FnMut(&str),
) -> Result<bool, DeployError> {
    let Some(live) = api.get(id).await? else {
        return Ok(false);
    };
    if let Some(discriminator) = discriminator {
        prunable(&live, discriminator).map_err(|keep| DeployError::NotOurs {
            id: id.clone(),
            why: keep.to_string(),
        })?;
    }
    remove(api, id, &live, propagation, deadline, says).await
}

async fn remove(
    api: &Api,
    id: &ObjectId,
    live: &Value,
    propagation: Propagation,
    deadline: Instant,
    says: impl FnMut(&str),
) -> Result<bool, DeployError> {
    let uid = live["metadata"]["uid"].as_str();
    if live["metadata"]["deletionTimestamp"].is_null() {
        let policy = match propagation {
            Propagation::Foreground => "Foreground",
            Propagation::Background => "Background",
            Propagation::Orphan => "Orphan",
        };
        match api.delete(id, uid, policy).await {
            Ok(()) => {}
            Err(DeployError::NotFound { .. } | DeployError::NoNamespace { .. } | DeployError::NotServed { .. }) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    wait_gone(api, id, uid, deadline, says).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(metadata: Value, expect: &str) {
        let found = prunable(&json!({"metadata": metadata}), "mine");
        assert_eq!(
            found.map_or_else(|keep| keep.to_string(), |()| "goes".to_owned()),
            expect
        );
    }

    #[test]
    fn only_what_is_ours_and_not_held_goes() {
        let labels = json!({"hoist.dev/discriminator": "mine"});
        check(json!({"labels": labels}), "goes");
        check(json!({}), "it does not carry our label");
        check(
            json!({"labels": {"hoist.dev/discriminator": "theirs"}}),
            "it does not carry our label",
        );
        check(
            json!({"labels": labels, "ownerReferences": [{"kind": "Job", "name": "a"}]}),
            "Job a owns it",
        );
        for key in ["hoist.dev/skip-delete", "kluctl.io/skip-delete"] {
            check(
                json!({"labels": labels, "annotations": {key: "true"}}),
                &format!("its annotation {key} says so"),
            );
        }
        let keep = json!({"helm.sh/resource-policy": "keep"});
        check(
            json!({"labels": labels, "annotations": keep}),
            "its annotation helm.sh/resource-policy says so",
        );
        assert_eq!(
            prunable(&json!({"metadata": {"labels": {"hoist.dev/discriminator": ""}}}), ""),
            Err(Keep::NotOurs)
        );
    }
}
