//! The one error that the command line knows: a kind, a message and a hint.

use hoist_app::AppError;
use hoist_model::{Diagnostics, ErrorKind, StepError};

/// What went wrong, for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::User, message)
    }

    pub(crate) fn remote(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Remote, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self {
            kind: error.kind,
            message: error.message,
            hint: error.hint,
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::new(ErrorKind::Spec, diagnostics.to_string())
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Spec(diagnostics) => diagnostics.into(),
            AppError::Stale(_) => Self::user(error.to_string()).hint("look at a fresh `hoist plan`, and save that one"),
            AppError::Unreadable(_) => {
                Self::user(error.to_string()).hint("write it anew with `hoist plan --save FILE`")
            }
            _ => Self::internal(error.to_string()),
        }
    }
}
