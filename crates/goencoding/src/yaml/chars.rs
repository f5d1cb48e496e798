//! The classes of characters that YAML's syntax knows.

/// How many bytes the line break at the start of `rest` has; 0 where there is none. CR LF counts as one break.
pub(super) fn break_width(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        [0xC2, 0x85, ..] => 2,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// A line break, or the end of the text.
pub(super) fn is_breakz(rest: &[u8]) -> bool {
    rest.is_empty() || break_width(rest) > 0
}

/// A blank, a line break, or the end of the text.
pub(super) fn is_blankz(rest: &[u8]) -> bool {
    is_blank(rest) || is_breakz(rest)
}

/// A space or a tab.
pub(super) fn is_blank(rest: &[u8]) -> bool {
    matches!(rest, [b' ' | b'\t', ..])
}

/// What a name of an anchor or a tag's handle is made of.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether a line begins with the indicator of a document's start or end.
pub(super) fn is_document_indicator(rest: &[u8]) -> bool {
    match rest {
        [b'-', b'-', b'-', tail @ ..] | [b'.', b'.', b'.', tail @ ..] => is_blankz(tail),
        _ => false,
    }
}

/// Whether the character at the start of `rest` is written as it is. go-yaml counts no character beyond the basic plane
/// among them.
pub(super) fn is_printable(rest: &[u8]) -> bool {
    match rest {
        [b'\n' | 0x20..=0x7E, ..] => true,
        [0xC2, second, ..] => *second >= 0xA0,
        [0xC3..=0xEC, ..] => true,
        [0xED, second, ..] => *second < 0xA0,
        [0xEE, ..] => true,
        [0xEF, 0xBB, 0xBF, ..] => false,
        [0xEF, 0xBF, third, ..] => *third < 0xBE,
        [0xEF, ..] => true,
        _ => false,
    }
}

/// How many bytes the character has that begins with this one.
pub(super) fn width(lead: u8) -> usize {
    match lead {
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF8 => 4,
        _ => 1,
    }
}
