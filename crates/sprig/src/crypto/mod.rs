//! Hashes, encryption, keys and certificates.

use hoist_govalue::Func;

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[];
