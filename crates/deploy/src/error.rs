//! How a request to the API server fails: what happened to which object, why, what to do, and whether it passes.

use std::time::Duration;

use serde_json::Value;

use crate::{Kind, ObjectId};

/// One field that another manager holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The field, as the API writes it: `.spec.replicas`.
    pub field: String,
    /// The manager that owns it.
    pub manager: String,
}

/// One object that was not ready in time, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillWaiting {
    /// The object.
    pub id: ObjectId,
    /// What it waits for.
    pub reason: String,
}

/// Whether the same request may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// No: it will fail the same way.
    No,
    /// Yes, soon.
    Soon,
    /// Yes, not before this long.
    After(Duration),
}

/// What went wrong. Messages never hold a value of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The kubeconfig is no good.
    #[error("cannot use the kubeconfig: {0}")]
    Kubeconfig(String),
    /// No answer: a connection that failed, or one that broke off.
    #[error("{what}: the API server did not answer: {why}")]
    NoAnswer {
        /// What was asked.
        what: String,
        /// What the connection said.
        why: String,
    },
    /// The API server does not serve the kind, or not in this version.
    #[error("{what}: the API server does not serve {kind}{}", version.as_ref().map(|v| format!(" in version {v}")).unwrap_or_default())]
    NotServed {
        /// What was asked.
        what: String,
        /// The kind.
        kind: Kind,
        /// The version asked for, where other versions are served.
        version: Option<String>,
    },
    /// Other managers hold fields that shall be changed.
    #[error("{id}: {} held by another manager: {}", if conflicts.len() == 1 { "a field is" } else { "fields are" }, list(conflicts))]
    Conflict {
        /// The object.
        id: ObjectId,
        /// The fields.
        conflicts: Vec<Conflict>,
    },
    /// A field cannot be changed once the object exists.
    #[error("{id}: cannot be changed in place: {message}")]
    Immutable {
        /// The object.
        id: ObjectId,
        /// What the API server said.
        message: String,
    },
    /// The object is not valid.
    #[error("{id}: refused as invalid: {message}")]
    Invalid {
        /// The object.
        id: ObjectId,
        /// What the API server said.
        message: String,
    },
    /// A webhook did not answer.
    #[error("{id}: {message}")]
    WebhookSilent {
        /// The object.
        id: ObjectId,
        /// What the API server said.
        message: String,
    },
    /// The namespace does not exist.
    #[error("{id}: its namespace does not exist")]
    NoNamespace {
        /// The object.
        id: ObjectId,
    },
    /// The thing is not there.
    #[error("{what}: not found")]
    NotFound {
        /// What was asked.
        what: String,
    },
    /// Any other refusal.
    #[error("{what}: {code} {reason}: {message}")]
    Refused {
        /// What was asked.
        what: String,
        /// The HTTP status.
        code: u16,
        /// The API's reason, such as `Forbidden`.
        reason: String,
        /// What the API server said.
        message: String,
        /// Whether it passes.
        passing: Passing,
    },
    /// An object failed for good while it was waited for.
    #[error("{id} failed: {reason}")]
    Failed {
        /// The object.
        id: ObjectId,
        /// Why.
        reason: String,
    },
    /// Objects were not ready, or not gone, in time.
    #[error("not {state} after {} s: {}", waited.as_secs(), waiting.iter().map(|w| format!("{}: {}", w.id, w.reason)).collect::<Vec<_>>().join("; "))]
    Deadline {
        /// `ready` or `gone`.
        state: &'static str,
        /// How long it was waited for.
        waited: Duration,
        /// Each object and its reason.
        waiting: Vec<StillWaiting>,
    },
    /// It was to be deleted and is not ours.
    #[error("{id}: not deleted: {why}")]
    NotOurs {
        /// The object.
        id: ObjectId,
        /// Why it is not.
        why: String,
    },
    /// An answer that cannot be understood.
    #[error("{what}: the answer cannot be understood: {why}")]
    Garbled {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}

fn list(conflicts: &[Conflict]) -> String {
    let texts: Vec<String> = conflicts
        .iter()
        .map(|c| format!("{} ({})", c.field, c.manager))
        .collect();
    texts.join(", ")
}

impl DeployError {
    /// Whether the same request may succeed later.
    pub fn passing(&self) -> Passing {
        match self {
            Self::NoAnswer { .. } | Self::WebhookSilent { .. } | Self::NoNamespace { .. } | Self::NotServed { .. } => {
                Passing::Soon
            }
            Self::Refused { passing, .. } => *passing,
            _ => Passing::No,
        }
    }

    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Kubeconfig(_) => "fetch it again with `hoist kubeconfig`".to_owned(),
            Self::NoAnswer { .. } => "check that the API server runs and is reachable from here".to_owned(),
            Self::NotServed { version: Some(_), .. } => {
                "write the object in a version that the cluster serves: kubectl api-resources".to_owned()
            }
            Self::NotServed { kind, .. } => format!("add the component that brings the CRD of {kind}"),
            Self::Conflict { conflicts, id } => format!(
                "let {} give the field up, or take it out of the desired {}",
                conflicts.first().map_or("the manager", |conflict| &conflict.manager),
                id.kind
            ),
            Self::Immutable { id, .. } => {
                format!("undo the change, or delete {id} yourself (it is then made anew; what it holds may be lost)")
            }
            Self::Invalid { .. } => "correct the field in the component's values or manifest".to_owned(),
            Self::WebhookSilent { .. } => "see whether the pods behind the webhook's Service run".to_owned(),
            Self::Refused { code: 401, .. } => {
                "the credentials are not accepted (any more): fetch the kubeconfig again".to_owned()
            }
            Self::Refused { code: 403, .. } => "the kubeconfig's user lacks the right to do this".to_owned(),
            Self::Failed { id, .. } => describe(id),
            Self::Deadline { waiting, .. } => describe(&waiting.first()?.id),
            Self::NoNamespace { id } => format!(
                "make the Namespace {} in a component, or name one that exists",
                id.namespace.as_deref().unwrap_or_default()
            ),
            Self::NotOurs { id, .. } => format!("where it shall go all the same: {}", kubectl("delete", id)),
            Self::NotFound { .. } => "somebody deleted it meanwhile: look at the plan again".to_owned(),
            Self::Garbled { .. } => {
                "see that the kubeconfig's server is a Kubernetes API server, and no proxy answers in its place"
                    .to_owned()
            }
            Self::Refused { passing, .. } if *passing != Passing::No => {
                "the API server is busy or starting: try again in a moment".to_owned()
            }
            Self::Refused { .. } => return None,
        })
    }
}

/// The command that shows an object and its events.
fn describe(id: &ObjectId) -> String {
    format!("look at it: {}", kubectl("describe", id))
}

/// The command line of kubectl that does something with one object.
pub fn kubectl(verb: &str, id: &ObjectId) -> String {
    let place = id
        .namespace
        .as_ref()
        .map(|namespace| format!(" -n {namespace}"))
        .unwrap_or_default();
    format!("kubectl{place} {verb} {} {}", id.of(), id.name)
}

/// Makes an error of a `Status` answer. `id` is the object of the request, where there is one.
pub(crate) fn from_status(
    what: &str,
    id: Option<&ObjectId>,
    code: u16,
    status: &Value,
    retry_after: Option<Duration>,
) -> DeployError {
    let said = status["message"].as_str().unwrap_or("no message").trim();
    let reason = status["reason"].as_str().unwrap_or("Unknown").to_owned();
    let causes: &[Value] = status["details"]["causes"].as_array().map_or(&[], Vec::as_slice);
    // Refusals of a value quote it. A Secret's are cut down to the fields that they name.
    let quotes = id.is_some_and(ObjectId::is_secret) && (matches!(code, 400 | 422) || said.contains("typed patch"));
    let message = if quotes {
        let fields: Vec<&str> = causes.iter().filter_map(|cause| cause["field"].as_str()).collect();
        format!(
            "{} (the message may quote the Secret and is left out)",
            fields.join(", ")
        )
        .trim_start()
        .to_owned()
    } else {
        said.to_owned()
    };
    if let Some(id) = id {
        let id = id.clone();
        let conflicts: Vec<Conflict> = causes
            .iter()
            .filter(|cause| cause["reason"] == "FieldManagerConflict")
            .map(|cause| Conflict {
                field: cause["field"].as_str().unwrap_or_default().to_owned(),
                manager: manager_of(cause["message"].as_str().unwrap_or_default()),
            })
            .collect();
        if code == 409 && !conflicts.is_empty() {
            return DeployError::Conflict { id, conflicts };
        }
        if code == 422 && is_immutable(said) {
            return DeployError::Immutable { id, message };
        }
        let bad_field = said.contains("not declared in schema")
            || said.contains("typed patch object")
            || said.contains("strict decoding error");
        if matches!(code, 400 | 422) || (code == 500 && bad_field) {
            return DeployError::Invalid { id, message };
        }
        if code == 500 && said.contains("failed calling webhook") {
            return DeployError::WebhookSilent { id, message };
        }
        if code == 404 && said.starts_with("namespaces ") {
            return DeployError::NoNamespace { id };
        }
        if code == 404 && said.contains("could not find the requested resource") {
            return DeployError::NotServed {
                what: what.to_owned(),
                kind: id.of(),
                version: None,
            };
        }
    }
    if code == 404 {
        return DeployError::NotFound { what: what.to_owned() };
    }
    let ending = causes.iter().any(|cause| cause["reason"] == "NamespaceTerminating");
    let passing = match code {
        429 => Passing::After(retry_after.unwrap_or(Duration::from_secs(1))),
        409 | 408 => Passing::Soon,
        403 if ending => Passing::After(Duration::from_secs(1)),
        500.. => retry_after.map_or(Passing::Soon, Passing::After),
        _ => Passing::No,
    };
    DeployError::Refused {
        what: what.to_owned(),
        code,
        reason,
        message,
        passing,
    }
}

/// The manager in `conflict with "kubectl-edit" using apps/v1 at …`.
fn manager_of(message: &str) -> String {
    message.split('"').nth(1).unwrap_or(message).to_owned()
}

/// The API has no reason of its own for fields that cannot change: these are the words of its validations.
fn is_immutable(message: &str) -> bool {
    const WORDS: [&str; 7] = [
        "is immutable",
        "may not change once set",
        "cannot change roleRef",
        "spec for fields other than",
        "updates to parameters are forbidden",
        "updates to provisioner are forbidden",
        "pod updates may not change fields other than",
    ];
    WORDS.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &str, code: u16, status: Value, expect: &str) -> DeployError {
        let id = ObjectId::new("", kind, Some("ns"), "x");
        let error = from_status("apply it", Some(&id), code, &status, Some(Duration::from_secs(7)));
        assert_eq!(error.to_string(), expect);
        error
    }

    #[test]
    fn each_refusal_is_known_by_its_cause() {
        let conflict = json!({"message": "Apply failed with 1 conflict", "reason": "Conflict", "details": {"causes": [
            {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-edit\" using v1", "field": ".data.a"}]}});
        check(
            "ConfigMap",
            409,
            conflict,
            "ConfigMap/ns/x: a field is held by another manager: .data.a (kubectl-edit)",
        );
        let typo =
            json!({"message": "failed to create typed patch object (ns/x; v1): .dat: field not declared in schema"});
        let error = check(
            "ConfigMap",
            500,
            typo,
            "ConfigMap/ns/x: refused as invalid: failed to create typed patch object (ns/x; v1): .dat: field not declared in schema",
        );
        assert_eq!(error.passing(), Passing::No);
        let webhook =
            json!({"message": "Internal error occurred: failed calling webhook \"w\": no endpoints available"});
        let error = check(
            "ConfigMap",
            500,
            webhook,
            "ConfigMap/ns/x: Internal error occurred: failed calling webhook \"w\": no endpoints available",
        );
        assert_eq!(error.passing(), Passing::Soon);
        let namespace = json!({"message": "namespaces \"ns\" not found", "reason": "NotFound"});
        check(
            "ConfigMap",
            404,
            namespace,
            "ConfigMap/ns/x: its namespace does not exist",
        );
        let fixed = json!({"message": "Service \"x\" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set",
            "details": {"causes": [{"field": "spec.clusterIPs[0]"}]}});
        let error = check(
            "Service",
            422,
            fixed,
            "Service/ns/x: cannot be changed in place: Service \"x\" is invalid: spec.clusterIPs[0]: Invalid value: may not change once set",
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("Service/ns/x")));
        let busy = json!({"message": "try later", "reason": "TooManyRequests"});
        let error = check("Service", 429, busy, "apply it: 429 TooManyRequests: try later");
        assert_eq!(error.passing(), Passing::After(Duration::from_secs(7)));
    }

    #[test]
    fn a_refused_secret_does_not_quote_its_value() {
        let status = json!({"message": "Secret \"x\" is invalid: data[k]: Invalid value: \"hunter2\"", "reason": "Invalid",
            "details": {"causes": [{"field": "data[k]", "message": "Invalid value: \"hunter2\""}]}});
        check(
            "Secret",
            422,
            status,
            "Secret/ns/x: refused as invalid: data[k] (the message may quote the Secret and is left out)",
        );
    }
}
