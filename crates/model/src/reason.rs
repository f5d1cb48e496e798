//! Why a step is in a plan: typed, so that tests and people read the same decision.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One field that differs. The values are texts for a person; a secret's are absent and `hidden` is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The path, as the thing's own API writes it: `spec.replicas`, `server_type`, `data.token`.
    pub path: String,
    /// What is there now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old: Option<String>,
    /// What shall be there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new: Option<String>,
    /// The field holds a secret: that it changes is said, its values are not.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub hidden: bool,
}

impl FieldChange {
    /// A change whose values may be shown.
    pub fn new(path: impl Into<String>, old: Option<impl Into<String>>, new: Option<impl Into<String>>) -> Self {
        Self {
            path: path.into(),
            old: old.map(Into::into),
            new: new.map(Into::into),
            hidden: false,
        }
    }

    /// A change of a secret field.
    pub fn hidden(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            old: None,
            new: None,
            hidden: true,
        }
    }
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden {
            return write!(f, "{} changed (secret)", self.path);
        }
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} → {new}", self.path),
            (None, Some(new)) => write!(f, "{}: + {new}", self.path),
            (Some(old), None) => write!(f, "{}: - {old}", self.path),
            (None, None) => write!(f, "{} changed", self.path),
        }
    }
}

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[non_exhaustive]
pub enum Reason {
    /// It does not exist.
    Missing,
    /// It exists and differs in these fields.
    Changed {
        /// What differs, sorted by path.
        fields: Vec<FieldChange>,
    },
    /// It is ours and nothing asks for it any more.
    NotDesired {
        /// What was taken away: `disabled in hoist.yaml`, `no longer in the component`.
        because: String,
    },
    /// It is there and not ready: others wait for it.
    NotReady {
        /// What it still waits for.
        waiting_for: String,
    },
    /// A Secret that it reads has changed.
    SecretChanged {
        /// The Secret's key.
        secret: String,
    },
    /// It exists, and the person asked to take it over.
    Import,
    /// The person asked for it by name.
    Asked {
        /// What was asked: `replace`, `destroy`.
        word: String,
    },
    /// It was needed for a while and is not any more.
    Finished {
        /// What it was for.
        purpose: String,
    },
    /// Another step of the same thing makes this one necessary.
    FollowsFrom {
        /// What that is.
        cause: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("does not exist"),
            Self::Changed { fields } => {
                for (index, field) in fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    field.fmt(f)?;
                }
                Ok(())
            }
            Self::NotDesired { because } => f.write_str(because),
            Self::NotReady { waiting_for } => write!(f, "not ready: {waiting_for}"),
            Self::SecretChanged { secret } => write!(f, "{secret} changes, which it reads"),
            Self::Import => f.write_str("taken over as asked"),
            Self::Asked { word } => write!(f, "asked for: {word}"),
            Self::Finished { purpose } => write!(f, "no longer needed: {purpose}"),
            Self::FollowsFrom { cause } => f.write_str(cause),
        }
    }
}
