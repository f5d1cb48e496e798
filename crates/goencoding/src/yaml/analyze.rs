//! Which styles a string can be written in.

use super::chars::{break_width, is_blank, is_blankz, is_printable, width};
use super::resolve::Dialect;

/// What is possible with a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    /// It has line breaks.
    pub(super) multiline: bool,
    /// It can stand without quotes.
    pub(super) plain: bool,
    /// It can stand in single quotes.
    pub(super) single: bool,
    /// It can be a block.
    pub(super) block: bool,
}

pub(super) fn analyze(text: &[u8], dialect: Dialect) -> Analysis {
    let Some((&first, _)) = text.split_first() else {
        return Analysis {
            multiline: false,
            plain: true,
            single: true,
            block: false,
        };
    };
    let mut indicators = text.starts_with(b"---") || text.starts_with(b"...");
    let mut breaks = false;
    let mut special = false;
    let mut tabs = false;
    let mut space_before_break = false;
    let mut break_before_space = false;
    let mut after_space = false;
    let mut after_break = false;
    let mut after_white = true;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if is_ordinary(byte) {
            after_space = false;
            after_break = false;
            after_white = false;
            at += 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let length = width(byte);
        let next = rest.get(length..).unwrap_or_default();
        let before_white = next.is_empty() || is_blank(next);
        indicators |= match byte {
            b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' => {
                at == 0
            }
            b'?' | b'-' => at == 0 && before_white,
            b':' => before_white,
            b'#' => at == 0 || after_white,
            _ => false,
        };
        if byte == b'\t' && dialect == Dialect::V3 {
            tabs = true;
        } else if !is_printable(rest) {
            special = true;
        }
        if byte == b' ' {
            break_before_space |= after_break;
            after_space = true;
            after_break = false;
        } else if break_width(rest) > 0 {
            breaks = true;
            space_before_break |= after_space;
            after_space = false;
            after_break = true;
        } else {
            after_space = false;
            after_break = false;
        }
        after_white = is_blankz(rest);
        at += length;
    }
    let leading = first == b' ' || break_width(text) > 0;
    let trailing = after_space || after_break;
    Analysis {
        multiline: breaks,
        plain: !(leading
            || trailing
            || break_before_space
            || space_before_break
            || special
            || tabs
            || breaks
            || indicators),
        single: !(break_before_space || space_before_break || special || tabs),
        block: !(after_space || space_before_break || special),
    }
}

/// Whether a byte is a character that means nothing, wherever it stands.
fn is_ordinary(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'/' | b'_' | b'=' | b'(' | b')' | b'$' | b'+' | b';' | b'<' | b'~'
        )
}
