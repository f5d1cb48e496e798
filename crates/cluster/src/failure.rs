//! Failures of the deploy engine in the words of a step.

use hoist_deploy::{DeployError, Passing};
use hoist_model::{Retry, StepError};

/// What a step says of a failed request.
pub(crate) fn step_error(error: &DeployError) -> StepError {
    let mut step = StepError::remote(error.to_string());
    step.hint = error.hint();
    step.retry = match error.passing() {
        Passing::No => Retry::No,
        Passing::Soon => Retry::Soon,
        Passing::After(delay) => Retry::After(delay),
    };
    step
}
