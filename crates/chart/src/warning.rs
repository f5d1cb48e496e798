//! What Helm would tell on standard error and go on.

use std::fmt;

/// A warning; its text is Helm's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Values that contradict a chart's defaults and are left out, or the other way around.
    Values(String),
    /// A condition, tag or import of a dependency that cannot be followed.
    Dependency(String),
    /// Something old in a chart.
    Chart(String),
    /// A schema that is not looked at in whole.
    Schema(String),
    /// A hook that no release would run.
    Hook(String),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(text) | Self::Dependency(text) | Self::Chart(text) | Self::Schema(text) | Self::Hook(text) => {
                f.write_str(text)
            }
        }
    }
}
