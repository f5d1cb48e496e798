//! Regular expressions with the rules of Go's regexp.

use hoist_govalue::Func;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[];
