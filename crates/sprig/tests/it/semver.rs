//! Tests of the functions in `semver`.
