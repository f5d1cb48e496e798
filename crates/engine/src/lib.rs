//! Carries out the steps of a plan: in order of their needs, in parallel lanes, with bounded retries and deadlines.
//!
//! The engine knows steps and keys, never what they mean: it is generic over the operation and is handed a
//! [`Performer`]. What happens is told as typed [`Event`]s, which the terminal, the plain log, `-o json` and the
//! journal all read.

mod event;
mod journal;
mod lane;
mod observe;
mod order;
mod run;
mod stop;

pub use event::{Event, Sink, Stamped, Tee};
pub use journal::{Journal, JournalError};
pub use lane::Lane;
pub use observe::{FaultHook, NoFaults};
pub use order::{Cycle, linearize};
pub use run::{Engine, Failure, Performer, Report};
pub use stop::Stop;
