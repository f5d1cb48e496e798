//! The use cases: plan, apply, destroy, status. Takes three phases and makes one plan, one run and one answer of them.
//!
//! Generic over the phases, which meet here and nowhere else; the command line names the real ones.

mod apply;
mod approve;
mod op;
mod plan;
mod saved;
mod select;
mod survey;
mod weave;

pub use apply::{Applied, PhaseTime};
pub use approve::Approvals;
pub use op::{Op, Phases};
pub use plan::{Plan, PlanStep};
pub use saved::SavedPlan;
pub use select::Filter;
pub use survey::{Stand, Survey};

use hoist_engine::Cycle;
use hoist_model::{Diagnostics, Key, PhaseName};

/// What keeps a plan or a run from being made at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The spec, or something that it names, is wrong.
    #[error(transparent)]
    Spec(#[from] Diagnostics),
    /// Steps need each other in a ring: a defect of a phase.
    #[error(transparent)]
    Ring(#[from] Cycle),
    /// Two steps have one key: a defect of a phase.
    #[error("phase {phase} plans {key} twice")]
    Twice {
        /// The phase.
        phase: PhaseName,
        /// The key.
        key: Key,
    },
    /// A saved plan does not hold any more.
    #[error("the saved plan does not hold any more: {}", .0.join("; "))]
    Stale(Vec<String>),
    /// A saved plan cannot be read.
    #[error("cannot read the saved plan: {0}")]
    Unreadable(String),
}
