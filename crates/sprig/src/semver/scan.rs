//! The shapes of versions in text: those of versions proper and those of constraints, which have wildcards.

/// The parts of a version, without the dots and signs before them; empty where it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) whole: &'a str,
    pub(super) major: &'a str,
    pub(super) minor: &'a str,
    pub(super) patch: &'a str,
    pub(super) pre: &'a str,
    pub(super) metadata: &'a str,
}

/// The whole of the text as a version.
pub(super) fn version(text: &[u8]) -> Option<Parts<'_>> {
    prefix(text, |byte| byte.is_ascii_digit()).filter(|parts| parts.whole.len() == text.len())
}

/// The longest version with wildcards that the text starts with.
pub(super) fn pattern(text: &[u8]) -> Option<Parts<'_>> {
    // A bar counts as part of a number here, as it does for Helm; reading the number then fails.
    prefix(text, |byte| {
        byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
    })
}

/// What Go's regular expressions call space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

fn prefix(text: &[u8], numeral: impl Fn(u8) -> bool) -> Option<Parts<'_>> {
    let mut at = usize::from(text.first() == Some(&b'v'));
    let run = |from: usize, accept: &dyn Fn(u8) -> bool| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !accept(*byte)).unwrap_or(rest.len())
    };
    let slice = |from: usize, to: usize| {
        let bytes = text.get(from..to).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    };
    let mut parts = Parts::default();

    let end = run(at, &numeral);
    if end == at {
        return None;
    }
    parts.major = slice(at, end);
    at = end;
    for part in [&mut parts.minor, &mut parts.patch] {
        if text.get(at) != Some(&b'.') {
            break;
        }
        let end = run(at + 1, &numeral);
        if end == at + 1 {
            break;
        }
        *part = slice(at + 1, end);
        at = end;
    }

    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    for (sign, part) in [(b'-', &mut parts.pre), (b'+', &mut parts.metadata)] {
        if text.get(at) != Some(&sign) {
            continue;
        }
        let start = at + 1;
        let mut end = run(start, &word);
        if end == start {
            continue;
        }
        while text.get(end) == Some(&b'.') {
            let next = run(end + 1, &word);
            if next == end + 1 {
                break;
            }
            end = next;
        }
        *part = slice(start, end);
        at = end;
    }
    parts.whole = slice(0, at);
    Some(parts)
}
