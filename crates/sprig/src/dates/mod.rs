//! Times, durations and Go's layouts.

use hoist_govalue::Func;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[];
