//! Constraints on versions: `>=1.25.0-0`, `^1.2`, `1.2 - 1.4 || ~2.1, !=2.1.3`.

use hoist_govalue::strconv;

use super::scan::{self, is_space};
use super::version::{Version, compare_prerelease};

/// The most bytes that a constraint may have.
pub const MAX_CONSTRAINT: usize = 512;

/// The most alternatives (`||`) that a constraint may have.
pub const MAX_GROUPS: usize = 32;

/// Why a text is not a constraint. The texts are those that Helm shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum ConstraintError {
    #[error("constraint string is too long (max {MAX_CONSTRAINT} bytes)")]
    TooLong,
    #[error("too many constraint groups (max {MAX_GROUPS})")]
    TooManyGroups,
    #[error("improper constraint: {0}")]
    Improper(String),
    #[error("constraint parser error")]
    Version,
}

/// What versions are wanted: any of several groups, in each of which every condition must hold.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    conditions: Vec<Condition>,
    /// Whether a condition names a pre-release: only then are pre-releases considered at all.
    prereleases: bool,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    /// How much of the version was left open, by omission or by a wildcard.
    open: Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    Major,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

const OPERATORS: [(&[u8], Operator); 12] = [
    (b"!=", Operator::NotEqual),
    (b">=", Operator::GreaterEqual),
    (b"=>", Operator::GreaterEqual),
    (b"<=", Operator::LessEqual),
    (b"=<", Operator::LessEqual),
    (b"~>", Operator::Tilde),
    (b"=", Operator::Equal),
    (b">", Operator::Greater),
    (b"<", Operator::Less),
    (b"~", Operator::Tilde),
    (b"^", Operator::Caret),
    (b"", Operator::Equal),
];

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// See [`ConstraintError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ConstraintError> {
        let text = text.as_ref();
        if text.len() > MAX_CONSTRAINT {
            return Err(ConstraintError::TooLong);
        }
        let text = without_ranges(text);
        let alternatives = split_bars(&text);
        if alternatives.len() > MAX_GROUPS {
            return Err(ConstraintError::TooManyGroups);
        }
        let groups = alternatives.into_iter().map(Group::parse);
        Ok(Self {
            groups: groups.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a version is wanted.
    pub fn check(&self, version: &Version) -> bool {
        self.groups.iter().any(|group| {
            group
                .conditions
                .iter()
                .all(|condition| condition.check(version, group.prereleases))
        })
    }
}

impl Group {
    fn parse(text: &[u8]) -> Result<Self, ConstraintError> {
        let words = conditions(text).ok_or_else(|| ConstraintError::Improper(quoted(text)))?;
        let conditions = words
            .into_iter()
            .map(|(operator, parts)| Condition::new(operator, parts))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            prereleases: conditions.iter().any(|condition| !condition.version.pre.is_empty()),
            conditions,
        })
    }
}

fn quoted(text: &[u8]) -> String {
    strconv::quote(text)
}

/// The conditions of a group, between which there is space or a comma; `None` if there is anything else.
fn conditions(text: &[u8]) -> Option<Vec<(Operator, scan::Parts<'_>)>> {
    let mut rest = trim(text);
    let mut found = Vec::new();
    loop {
        let (sign, operator) = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign))?;
        rest = trim(rest.get(sign.len()..)?);
        let parts = scan::pattern(rest)?;
        rest = rest.get(parts.whole.len()..)?;
        found.push((*operator, parts));

        let next = trim(rest);
        if next.is_empty() {
            return Some(found);
        }
        if next.first() == Some(&b',') {
            rest = trim(next.get(1..)?);
        } else if next.len() < rest.len() {
            rest = next;
        } else {
            return None;
        }
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_space(*byte));
    text.get(start.unwrap_or(text.len())..).unwrap_or_default()
}

fn split_bars(text: &[u8]) -> Vec<&[u8]> {
    let mut groups = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"||") {
        let (group, after) = rest.split_at(at);
        groups.push(group);
        rest = after.get(2..).unwrap_or_default();
    }
    groups.push(rest);
    groups
}

/// Writes each `1.2 - 1.4` as `>= 1.2, <= 1.4`.
fn without_ranges(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    let mut at = 0;
    while at < text.len() {
        let Some((length, from, to)) = range(text.get(at..).unwrap_or_default()) else {
            at += 1;
            continue;
        };
        let range = text.get(at..at + length).unwrap_or_default();
        let written = format!(">= {from}, <= {to} ");
        // The first place with this text is the one that changes, as for Helm: it matters when one range ends
        // another.
        if let Some(place) = out.windows(length).position(|window| window == range) {
            out.splice(place..place + length, written.into_bytes());
        }
        at += length;
    }
    out
}

/// A range at the start of the text: its length with the space around it, and its ends.
fn range(text: &[u8]) -> Option<(usize, &str, &str)> {
    let start = trim(text);
    let word = start.iter().position(|byte| is_space(*byte))?;
    let from = scan::pattern(start.get(..word)?).filter(|parts| parts.whole.len() == word)?;
    let dash = trim(start.get(word..)?);
    let after = dash.strip_prefix(b"-")?;
    let second = trim(after);
    if second.len() == after.len() {
        return None;
    }
    let to = scan::pattern(second)?;
    let end = trim(second.get(to.whole.len()..)?);
    Some((text.len() - end.len(), from.whole, to.whole))
}

impl Condition {
    fn new(operator: Operator, parts: scan::Parts<'_>) -> Result<Self, ConstraintError> {
        let open = if is_open(parts.major) {
            Open::Major
        } else if is_open(parts.minor) {
            Open::Minor
        } else if is_open(parts.patch) {
            Open::Patch
        } else {
            Open::Nothing
        };
        let sign = if parts.pre.is_empty() { "" } else { "-" };
        let text = match open {
            Open::Major => format!("0.0.0{sign}{}", parts.pre),
            Open::Minor => format!("{}.0.0{sign}{}", parts.major, parts.pre),
            Open::Patch => format!("{}.{}.0{sign}{}", parts.major, parts.minor, parts.pre),
            Open::Nothing => parts.whole.to_owned(),
        };
        let version = Version::parse(text).map_err(|_| ConstraintError::Version)?;
        Ok(Self {
            operator,
            version,
            open,
        })
    }

    fn check(&self, version: &Version, prereleases: bool) -> bool {
        if !version.pre.is_empty() && !prereleases {
            return false;
        }
        match self.operator {
            Operator::Equal if self.open == Open::Nothing => *version == self.version,
            Operator::Equal | Operator::Tilde => self.tilde(version),
            Operator::NotEqual => self.not_equal(version),
            Operator::Greater => self.greater(version),
            Operator::Less => *version < self.version,
            Operator::GreaterEqual => *version >= self.version,
            Operator::LessEqual => self.less_equal(version),
            Operator::Caret => self.caret(version),
        }
    }

    fn not_equal(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.open {
            Open::Nothing => version != wanted,
            _ if wanted.major != version.major => true,
            Open::Minor => false,
            _ if wanted.minor != version.minor => true,
            Open::Patch => {
                (!version.pre.is_empty() || !wanted.pre.is_empty())
                    && compare_prerelease(&version.pre, &wanted.pre).is_ne()
            }
            Open::Major => version != wanted,
        }
    }

    fn greater(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.open {
            Open::Nothing => version > wanted,
            _ if version.major != wanted.major => version.major > wanted.major,
            Open::Minor => false,
            Open::Patch => version.minor > wanted.minor,
            Open::Major => version > wanted,
        }
    }

    fn less_equal(&self, version: &Version) -> bool {
        let wanted = &self.version;
        match self.open {
            Open::Nothing => version <= wanted,
            _ if version.major != wanted.major => version.major < wanted.major,
            Open::Minor => true,
            _ => version.minor <= wanted.minor,
        }
    }

    fn tilde(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version < wanted {
            return false;
        }
        let zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
        if zero && !matches!(self.open, Open::Minor | Open::Patch) {
            // `*`; Helm takes `~0.0.0` for it as well.
            return true;
        }
        version.major == wanted.major && (self.open == Open::Minor || version.minor == wanted.minor)
    }

    fn caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version < wanted {
            return false;
        }
        if wanted.major > 0 || self.open == Open::Minor {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.open == Open::Patch {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}

fn is_open(number: &str) -> bool {
    matches!(number, "" | "x" | "X" | "*")
}
