//! The functions of Masterminds/sprig as Helm hands them to charts, on Go's values.
//!
//! Every function is a [`Func`] with sprig's own Go signature: the evaluator checks arguments against it as Go's
//! reflection does. Each module lists its functions in a table `FUNCTIONS`; [`functions`] is all of them.

use hoist_govalue::Func;

mod crypto;
mod dates;
mod random;
mod regex;
pub mod semver;

/// All functions, in no particular order; each name is there once.
pub fn functions() -> impl Iterator<Item = &'static Func> {
    [
        regex::FUNCTIONS,
        semver::FUNCTIONS,
        dates::FUNCTIONS,
        crypto::FUNCTIONS,
        random::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}
