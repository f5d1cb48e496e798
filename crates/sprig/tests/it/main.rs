//! The functions against the real sprig.

mod crypto;
mod dates;
mod random;
mod regex;
mod semver;
