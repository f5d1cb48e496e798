//! A semantic version, read as leniently as charts write them.

use std::cmp::Ordering;
use std::fmt;

use super::scan;

/// The most bytes that a version may have.
pub const MAX_VERSION: usize = 256;

/// Why a text is not a version. The texts are those that Helm shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum VersionError {
    #[error("invalid semantic version")]
    Invalid,
    #[error("version string empty")]
    Empty,
    #[error("invalid characters in version")]
    Characters,
    #[error("version segment starts with 0")]
    LeadingZero,
    #[error("invalid metadata string")]
    Metadata,
    #[error("invalid prerelease string")]
    Prerelease,
    #[error("version string is too long (max {MAX_VERSION} bytes)")]
    TooLong,
    #[error("error parsing version segment: strconv.ParseUint: parsing \"{0}\": value out of range")]
    Segment(String),
    #[error("strconv.ParseUint: parsing \"{0}\": {1}")]
    Number(String, &'static str),
}

/// A version. Two are equal when neither comes before the other: build metadata does not count.
#[derive(Clone, Debug)]
pub struct Version {
    pub(super) major: u64,
    pub(super) minor: u64,
    pub(super) patch: u64,
    pub(super) pre: String,
    pub(super) metadata: String,
    pub(super) original: String,
}

impl Version {
    /// Reads a version as Helm does: a leading `v` is allowed, as are a missing minor or patch number and leading
    /// zeros.
    ///
    /// # Errors
    /// See [`VersionError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, VersionError> {
        let text = text.as_ref();
        if text.len() > MAX_VERSION {
            return Err(VersionError::TooLong);
        }
        let parts = scan::version(text).ok_or(VersionError::Invalid)?;
        let segment = |digits: &str| -> Result<u64, VersionError> {
            if digits.is_empty() {
                return Ok(0);
            }
            digits.parse().map_err(|_| VersionError::Segment(digits.to_owned()))
        };
        let version = Self {
            major: segment(parts.major)?,
            minor: segment(parts.minor)?,
            patch: segment(parts.patch)?,
            pre: parts.pre.to_owned(),
            metadata: parts.metadata.to_owned(),
            original: parts.whole.to_owned(),
        };
        if !version.pre.is_empty() {
            check_prerelease(&version.pre)?;
        }
        if !version.metadata.is_empty() {
            check_metadata(&version.metadata)?;
        }
        Ok(version)
    }

    /// Reads a version that follows the specification to the letter: all three numbers, no leading `v`.
    ///
    /// # Errors
    /// See [`VersionError`].
    pub fn parse_strict(text: impl AsRef<[u8]>) -> Result<Self, VersionError> {
        let bytes = text.as_ref();
        if bytes.is_empty() {
            return Err(VersionError::Empty);
        }
        if bytes.len() > MAX_VERSION {
            return Err(VersionError::TooLong);
        }
        let text = String::from_utf8_lossy(bytes);
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VersionError::Invalid);
        };
        let (rest, metadata) = rest
            .split_once('+')
            .map_or((rest, None), |(rest, metadata)| (rest, Some(metadata)));
        if let Some(metadata) = metadata {
            check_metadata(metadata)?;
        }
        let (patch, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(patch, pre)| (patch, Some(pre)));
        if let Some(pre) = pre {
            check_prerelease(pre)?;
        }
        for part in [major, minor, patch] {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VersionError::Characters);
            }
            if part.len() > 1 && part.starts_with('0') {
                return Err(VersionError::LeadingZero);
            }
        }
        let number = |digits: &str| -> Result<u64, VersionError> {
            digits.parse().map_err(|_| {
                let why = if digits.is_empty() {
                    "invalid syntax"
                } else {
                    "value out of range"
                };
                VersionError::Number(digits.to_owned(), why)
            })
        };
        Ok(Self {
            major: number(major)?,
            minor: number(minor)?,
            patch: number(patch)?,
            pre: pre.unwrap_or_default().to_owned(),
            metadata: metadata.unwrap_or_default().to_owned(),
            original: text.into_owned(),
        })
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.major
    }

    /// The second number; 0 where the text had none.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// The third number; 0 where the text had none.
    pub fn patch(&self) -> u64 {
        self.patch
    }

    /// What follows `-`: empty for a release.
    pub fn prerelease(&self) -> &str {
        &self.pre
    }

    /// What follows `+`.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text that was read.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The same version with other parts; the text becomes the full form, with a leading `v` where there was one.
    pub(super) fn with(&self, numbers: (u64, u64, u64), pre: &str, metadata: &str) -> Self {
        let mut next = Self {
            major: numbers.0,
            minor: numbers.1,
            patch: numbers.2,
            pre: pre.to_owned(),
            metadata: metadata.to_owned(),
            original: String::new(),
        };
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        next.original = format!("{prefix}{next}");
        next
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prerelease(&self.pre, &other.pre),
            })
    }
}

/// The order of two pre-releases, part by part.
pub(super) fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (one, other) = (a.next(), b.next());
        if one.is_none() && other.is_none() {
            return Ordering::Equal;
        }
        let order = compare_part(one.unwrap_or_default(), other.unwrap_or_default());
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_part(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if a.is_empty() || b.is_empty() {
        return a.len().cmp(&b.len());
    }
    // Numbers that do not fit count as words, as they do for Helm.
    match (number(a), number(b)) {
        (None, None) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (Some(a), Some(b)) if a > b => Ordering::Greater,
        (Some(_), Some(_)) => Ordering::Less,
    }
}

fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

pub(super) fn check_prerelease(text: &str) -> Result<(), VersionError> {
    for part in text.split('.') {
        if part.is_empty() || !is_word(part) {
            return Err(VersionError::Prerelease);
        }
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(VersionError::LeadingZero);
        }
    }
    Ok(())
}

pub(super) fn check_metadata(text: &str) -> Result<(), VersionError> {
    if text.split('.').all(|part| !part.is_empty() && is_word(part)) {
        Ok(())
    } else {
        Err(VersionError::Metadata)
    }
}
