//! What an observation says of one thing: there, not there, or not known.

use serde::Serialize;

/// Why something could not be observed, in one line fit for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Why(pub String);

impl<T: Into<String>> From<T> for Why {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The observation of one thing. Unknown is not absent: it blocks itself and what depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Lookup<T> {
    /// It is there, and this is what it is.
    Present(T),
    /// It is certain not to be there. A child of an absent parent is absent.
    #[default]
    Absent,
    /// It could not be looked at.
    Unknown(Why),
}

impl<T> Lookup<T> {
    /// What is there, if anything is known to be.
    pub fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is certain not to be there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Why it is not known, if it is not.
    pub fn unknown(&self) -> Option<&Why> {
        match self {
            Self::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// The same lookup of a part or a view of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Self::Present(value) => Lookup::Present(f(value)),
            Self::Absent => Lookup::Absent,
            Self::Unknown(why) => Lookup::Unknown(why),
        }
    }

    /// Borrows the value.
    pub fn as_ref(&self) -> Lookup<&T> {
        match self {
            Self::Present(value) => Lookup::Present(value),
            Self::Absent => Lookup::Absent,
            Self::Unknown(why) => Lookup::Unknown(why.clone()),
        }
    }
}
