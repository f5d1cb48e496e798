//! Semantic versions and constraints with the rules of Masterminds/semver.

use hoist_govalue::Func;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[];
