//! The functions of Masterminds/sprig as Helm hands them to charts, on Go's values.
//!
//! Every function is a [`Func`] with sprig's own Go signature: the evaluator checks arguments against it as Go's
//! reflection does. Each module lists its functions in a table `FUNCTIONS`; [`functions`] is all of them. What Go's
//! functions panic with is an error here, with the same text. `env` and `expandenv` are not there: Helm removes them;
//! nor are `toJson`, `mustToJson` and `fromJson`, in whose place Helm has its own.

use hoist_govalue::Func;

mod cast;
mod copy;
mod crypto;
mod dates;
mod def;
mod defaults;
mod dicts;
mod draw;
mod encoding;
mod json;
mod lists;
mod math;
mod merge;
mod network;
mod paths;
mod random;
mod reflection;
mod regex;
pub mod semver;
mod strings;
mod text;
mod unicode;
mod url;

pub use dates::values as time;

/// All functions, in no particular order; each name is there once.
pub fn functions() -> impl Iterator<Item = &'static Func> {
    [
        copy::FUNCTIONS,
        crypto::FUNCTIONS,
        dates::FUNCTIONS,
        defaults::FUNCTIONS,
        dicts::FUNCTIONS,
        encoding::FUNCTIONS,
        json::FUNCTIONS,
        math::FUNCTIONS,
        merge::FUNCTIONS,
        network::FUNCTIONS,
        paths::FUNCTIONS,
        random::FUNCTIONS,
        reflection::FUNCTIONS,
        regex::FUNCTIONS,
        semver::FUNCTIONS,
        url::FUNCTIONS,
    ]
    .iter()
    .chain(strings::FUNCTIONS)
    .chain(lists::FUNCTIONS)
    .copied()
    .flatten()
}
