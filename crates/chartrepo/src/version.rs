//! Versions and constraints as Helm understands them: semantic versions, read leniently, and Masterminds' ranges.

use std::cmp::Ordering;
use std::fmt;

/// No version is longer, so that a hostile index costs little.
const LONGEST_VERSION: usize = 256;

/// A semantic version. Missing parts are zero, a leading `v` and leading zeros are let pass.
///
/// Two versions are compared by precedence, so that versions which differ in their build metadata only are equal.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: [u64; 3],
    pre: String,
    text: String,
    strict: bool,
}

impl Version {
    /// Reads a version; `None` when the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_VERSION {
            return None;
        }
        let (scan, rest) = Scan::read(text)?;
        if !rest.is_empty() {
            return None;
        }
        let mut numbers = [0; 3];
        for (number, part) in numbers.iter_mut().zip(scan.parts) {
            if let Some(part) = part {
                *number = number_of(part)?;
            }
        }
        let pre = scan.pre.unwrap_or_default();
        if !pre.is_empty() && !pre.split('.').all(is_pre_part) {
            return None;
        }
        let strict = !scan.has_v && scan.parts.iter().all(|part| part.is_some_and(is_plain_number));
        Some(Self {
            numbers,
            pre: pre.to_owned(),
            text: text.to_owned(),
            strict,
        })
    }

    /// Whether the text has all three numbers, no `v` and no leading zeros, which Helm asks of an OCI tag.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether it is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }

    /// The text that it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn core(&self) -> [u64; 3] {
        self.numbers
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_pre(&self.pre, &other.pre),
            })
    }
}

/// By parts; numbers are below words, and a longer list is above its own beginning.
fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) if a == b => Ordering::Equal,
            (Some(a), Some(b)) => match (number_of(a), number_of(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn number_of(part: &str) -> Option<u64> {
    // `parse` lets a sign pass.
    part.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| part.parse().ok())?
}

fn is_plain_number(part: &str) -> bool {
    number_of(part).is_some() && (part == "0" || !part.starts_with('0'))
}

fn is_pre_part(part: &str) -> bool {
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    !(part.is_empty() || digits && part.len() > 1 && part.starts_with('0'))
}

/// The parts of something that looks like a version, or like a version with an `x` in it.
struct Scan<'a> {
    has_v: bool,
    parts: [Option<&'a str>; 3],
    pre: Option<&'a str>,
    whole: &'a str,
}

impl<'a> Scan<'a> {
    /// As much of the text's beginning as belongs to one version, and the rest.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let unprefixed = text.strip_prefix('v').unwrap_or(text);
        let has_v = unprefixed.len() != text.len();
        let (first, mut rest) = take(unprefixed, is_number_byte)?;
        let mut parts = [Some(first), None, None];
        for part in &mut parts[1..] {
            let Some((digits, after)) = rest.strip_prefix('.').and_then(|rest| take(rest, is_number_byte)) else {
                break;
            };
            *part = Some(digits);
            rest = after;
        }
        let mut pre = None;
        if let Some((taken, after)) = rest.strip_prefix('-').and_then(dotted) {
            pre = Some(taken);
            rest = after;
        }
        if let Some((_, after)) = rest.strip_prefix('+').and_then(dotted) {
            rest = after;
        }
        let whole = &text[..text.len() - rest.len()];
        let scan = Self {
            has_v,
            parts,
            pre,
            whole,
        };
        Some((scan, rest))
    }
}

fn is_number_byte(byte: u8) -> bool {
    // The bar is in Masterminds' own pattern; with it, `1 - 2||3 - 4` is refused as Helm refuses it.
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

fn take(text: &str, belongs: fn(u8) -> bool) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Words joined by dots, as long as they go on.
fn dotted(text: &str) -> Option<(&str, &str)> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let (_, mut rest) = take(text, word)?;
    while let Some((_, after)) = rest.strip_prefix('.').and_then(|rest| take(rest, word)) {
        rest = after;
    }
    Some(text.split_at(text.len() - rest.len()))
}

/// A range of versions: `^1.2`, `~1.18`, `1.x`, `>=1, <2`, `1.2 - 1.4`, and several joined by `||`.
///
/// Pre-releases are in it only where one of the bounds is a pre-release.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Vec<Bound>>,
}

/// A text is no constraint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a version nor a range of versions")]
pub struct ConstraintError {
    /// The text.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    NotEqual,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Tilde,
    Caret,
}

/// The longer before the shorter that it begins with.
const OPS: &[(&str, Op)] = &[
    ("!=", Op::NotEqual),
    (">=", Op::AtLeast),
    ("=>", Op::AtLeast),
    ("<=", Op::AtMost),
    ("=<", Op::AtMost),
    ("~>", Op::Tilde),
    ("=", Op::Equal),
    (">", Op::Greater),
    ("<", Op::Less),
    ("~", Op::Tilde),
    ("^", Op::Caret),
    ("", Op::Equal),
];

/// Which part of a bound was left open, as with `x` or by writing nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Patch,
    Minor,
    All,
}

#[derive(Clone, Debug)]
struct Bound {
    op: Op,
    version: Version,
    open: Open,
}

impl Constraint {
    /// Reads a constraint. The empty text is every release.
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        let error = || ConstraintError { text: text.to_owned() };
        if text.len() > 512 {
            return Err(error());
        }
        let spelled = if text.is_empty() { "*" } else { text };
        let spelled = spell_out_ranges(spelled);
        let groups: Option<Vec<_>> = spelled.split("||").map(group).collect();
        let groups = groups.filter(|groups| groups.len() <= 32).ok_or_else(error)?;
        Ok(Self { groups })
    }

    /// Whether a version is in the range.
    pub fn allows(&self, version: &Version) -> bool {
        self.groups.iter().any(|bounds| {
            let pre = bounds.iter().any(|bound| bound.version.is_prerelease());
            (pre || !version.is_prerelease()) && bounds.iter().all(|bound| bound.allows(version))
        })
    }
}

/// Bounds that hold together, with spaces or commas between them.
fn group(text: &str) -> Option<Vec<Bound>> {
    let mut bounds = Vec::new();
    let mut rest = skip_spaces(text);
    loop {
        let (op, after) = OPS
            .iter()
            .find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?)))?;
        let (scan, after) = Scan::read(skip_spaces(after))?;
        bounds.push(Bound::new(op, &scan)?);
        let next = skip_spaces(after);
        if next.is_empty() {
            return Some(bounds);
        }
        rest = match next.strip_prefix(',') {
            Some(next) => skip_spaces(next),
            None if next.len() < after.len() => next,
            None => return None,
        };
    }
}

/// The white space of a regular expression, which is less than Unicode's.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

fn skip_spaces(text: &str) -> &str {
    text.trim_start_matches(|char: char| u8::try_from(char).is_ok_and(is_space))
}

/// Writes each `a - b` as `>= a, <= b`.
fn spell_out_ranges(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((from, to, after)) = range(rest) {
            out.push_str(">= ");
            out.push_str(from);
            out.push_str(", <= ");
            out.push_str(to);
            out.push(' ');
            rest = after;
        } else {
            let mut chars = rest.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out
}

fn range(text: &str) -> Option<(&str, &str, &str)> {
    let (from, rest) = Scan::read(skip_spaces(text))?;
    let dash = skip_spaces(rest);
    let after = dash.strip_prefix('-').filter(|_| dash.len() < rest.len())?;
    let to = skip_spaces(after);
    let (to, rest) = Scan::read(to).filter(|_| to.len() < after.len())?;
    Some((from.whole, to.whole, skip_spaces(rest)))
}

impl Bound {
    fn new(op: Op, scan: &Scan<'_>) -> Option<Self> {
        let is_open = |part: Option<&str>| part.is_none_or(|part| matches!(part, "x" | "X" | "*"));
        let [major, minor, patch] = scan.parts;
        let pre = scan.pre.map(|pre| format!("-{pre}")).unwrap_or_default();
        let (open, text) = if is_open(major) {
            (Open::All, format!("0.0.0{pre}"))
        } else if is_open(minor) {
            (Open::Minor, format!("{}.0.0{pre}", major?))
        } else if is_open(patch) {
            (Open::Patch, format!("{}.{}.0{pre}", major?, minor?))
        } else {
            (Open::Nothing, scan.whole.to_owned())
        };
        Some(Self {
            op,
            version: Version::parse(&text)?,
            open,
        })
    }

    fn allows(&self, version: &Version) -> bool {
        let bound = &self.version;
        let [major, minor, patch] = bound.core();
        let same_major = version.core()[0] == major;
        let same_minor = version.core()[1] == minor;
        match self.op {
            Op::Equal if self.open == Open::Nothing => version == bound,
            Op::Equal | Op::Tilde => {
                let any = bound.core() == [0, 0, 0] && matches!(self.open, Open::Nothing | Open::All);
                version >= bound && (any || same_major && (same_minor || self.open == Open::Minor))
            }
            Op::NotEqual => match self.open {
                Open::Nothing => version != bound,
                _ if !same_major => true,
                Open::Minor => false,
                _ if !same_minor => true,
                Open::Patch => compare_pre_or_none(version, bound) != Ordering::Equal,
                // `!=*` is read as `!=0.0.0` with the minor and the patch closed.
                Open::All => version != bound,
            },
            Op::Greater => match self.open {
                Open::Minor => version.core()[0] > major,
                Open::Patch => (version.core()[0], version.core()[1]) > (major, minor),
                Open::Nothing | Open::All => version > bound,
            },
            Op::Less => version < bound,
            Op::AtLeast => version >= bound,
            Op::AtMost => match self.open {
                Open::Nothing => version <= bound,
                Open::Minor => version.core()[0] <= major,
                Open::Patch | Open::All => (version.core()[0], version.core()[1]) <= (major, minor),
            },
            Op::Caret => {
                version >= bound
                    && if major > 0 || self.open == Open::Minor {
                        same_major
                    } else if minor > 0 || self.open == Open::Patch {
                        same_major && same_minor
                    } else {
                        same_major && same_minor && version.core()[2] == patch
                    }
            }
        }
    }
}

fn compare_pre_or_none(a: &Version, b: &Version) -> Ordering {
    match (a.is_prerelease(), b.is_prerelease()) {
        (false, false) => Ordering::Equal,
        (true, true) => compare_pre(&a.pre, &b.pre),
        (a, b) => a.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(constraint: &str, version: &str) -> bool {
        let constraint = Constraint::parse(constraint).unwrap_or_else(|error| panic!("{error}"));
        constraint.allows(&Version::parse(version).unwrap_or_else(|| panic!("{version} is no version")))
    }

    #[test]
    fn versions_are_ordered_by_precedence() {
        let ascending = [
            "0.0.1",
            "v1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-2.a",
            "1.0.0-rc.2",
            "1.0.0-rc.11",
            "1",
            "1.0.1",
            "1.2",
            "v1.10",
            "2.0.0-0",
        ];
        let mut versions: Vec<Version> = ascending.iter().map(|text| Version::parse(text).unwrap()).collect();
        versions.sort();
        let texts: Vec<&str> = versions.iter().map(Version::as_str).collect();
        assert_eq!(
            texts,
            [
                "0.0.1",
                "1.0.0-2.a",
                "v1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-rc.2",
                "1.0.0-rc.11",
                "1",
                "1.0.1",
                "1.2",
                "v1.10",
                "2.0.0-0",
            ]
        );
        assert_eq!(Version::parse("1.2.3+a"), Version::parse("v1.2.3+b"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "v",
            "x",
            "1.x",
            "1.2.3.4",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3+",
            " 1",
            "1 ",
            "+1",
            "-1",
            "1.-2",
            "99999999999999999999",
            "latest",
            "1.2.3-ä",
        ] {
            assert!(Version::parse(text).is_none(), "{text:?}");
        }
        assert!(Version::parse(&"1".repeat(300)).is_none());
        for (text, strict) in [
            ("1.2.3", true),
            ("1.2.3-a+b", true),
            ("v1.2.3", false),
            ("1.2", false),
            ("01.2.3", false),
        ] {
            assert_eq!(Version::parse(text).unwrap().is_strict(), strict, "{text}");
        }
    }

    #[test]
    fn a_prerelease_is_allowed_only_where_a_bound_is_one() {
        assert!(!allows(">=1.0.0", "1.1.0-rc.1"));
        assert!(allows(">=1.0.0-0", "1.1.0-rc.1"));
        assert!(allows(">0.0.0-0 || 9", "1.1.0-rc.1"));
        assert!(!allows("9.0.0-0 || >0", "1.1.0-rc.1"));
        assert!(!allows("", "1.0.0-a"));
    }

    #[test]
    fn what_is_no_constraint_is_refused() {
        for text in [
            "latest",
            "==1",
            ">",
            "1.2.3.4",
            "1 2.",
            "1,,2",
            ",1",
            "1,",
            "||",
            "1||",
            "1 - 2||3 - 4",
            ">=v",
            "1|2",
            "= =1",
            "^1.2.3-",
            "1.2.3-01",
            "99999999999999999999",
            "~1.2.3 garbage",
            "&1",
            ">= 1 <",
        ] {
            assert!(Constraint::parse(text).is_err(), "{text:?}");
        }
        assert!(Constraint::parse(&"1 ".repeat(300)).is_err());
        assert!(Constraint::parse(&"1||".repeat(40).trim_end_matches('|').to_owned()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9xX*v.|, <>=~^!a-]{0,40}", other in ".{0,20}", version in "v?[0-9]{1,3}(\\.[0-9]{1,3}){0,2}(-[a-z0-9.]{1,6})?") {
            if let (Ok(constraint), Some(version)) = (Constraint::parse(&text), Version::parse(&version)) {
                constraint.allows(&version);
            }
            let _ = Constraint::parse(&other);
            let _ = Version::parse(&other);
        }
    }
}
