//! Random strings, bytes and numbers.

use hoist_govalue::Func;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[];
