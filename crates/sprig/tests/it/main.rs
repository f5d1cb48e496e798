//! The functions against the real sprig.

mod crypto;
mod dates;
mod dicts;
mod direct;
mod flow;
mod lists;
mod math;
mod places;
mod random;
mod regex;
mod semver;
mod strings;
mod template;
