//! Semantic versions and constraints with the rules of Masterminds/semver.
//!
//! They are public: the same rules choose a chart's version and check `kubeVersion`.

mod constraint;
mod object;
mod scan;
mod version;

use std::rc::Rc;

use hoist_govalue::{Args, Body, Func, FuncError, FuncResult, Type, Value};

pub use constraint::{Constraint, ConstraintError, MAX_CONSTRAINT, MAX_GROUPS};
pub use version::{MAX_VERSION, Version, VersionError};

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    Func {
        name: "semver",
        params: &[Type::Str],
        variadic: false,
        body: Body::Pure(semver),
    },
    Func {
        name: "semverCompare",
        params: &[Type::Str, Type::Str],
        variadic: false,
        body: Body::Pure(semver_compare),
    },
];

fn semver(args: Args<'_>) -> FuncResult {
    let version = Version::parse(args.str(0)?.as_bytes())?;
    Ok(Value::Object(Rc::new(object::Pointer(version))))
}

fn semver_compare(args: Args<'_>) -> FuncResult {
    let constraint = Constraint::parse(args.str(0)?.as_bytes())?;
    let version = Version::parse(args.str(1)?.as_bytes())?;
    Ok(Value::Bool(constraint.check(&version)))
}

impl From<VersionError> for FuncError {
    fn from(error: VersionError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<ConstraintError> for FuncError {
    fn from(error: ConstraintError) -> Self {
        Self::new(error.to_string())
    }
}
