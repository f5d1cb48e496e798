//! The bytes of a YAML text: their encoding, and what of them is not allowed.

use std::borrow::Cow;

/// A text in UTF-8, without the mark of its encoding.
pub(super) struct Input<'a> {
    pub(super) text: Cow<'a, [u8]>,
    pub(super) fault: Option<Fault>,
}

/// A character that may not stand in a YAML text.
///
/// go-yaml reads ahead in chunks and meets it only when a chunk is read, so that a mistake before it is told first, and
/// one in a document that is never read is not told at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// What can be read before the chunk with the fault is.
    pub(super) limit: usize,
    pub(super) problem: &'static str,
}

/// How much go-yaml reads at a time.
const CHUNK: usize = 512;

const CONTROL: &str = "control characters are not allowed";

pub(super) fn prepare(bytes: &[u8]) -> Input<'_> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => Input {
            text: Cow::Borrowed(rest),
            fault: fault(rest, 3),
        },
        _ => Input {
            text: Cow::Borrowed(bytes),
            fault: fault(bytes, 0),
        },
    }
}

/// The first character that is not allowed, in a text that follows a mark of so many bytes.
fn fault(text: &[u8], mark: usize) -> Option<Fault> {
    let (valid, broken) = match std::str::from_utf8(text) {
        Ok(_) => (text.len(), false),
        Err(error) => (error.valid_up_to(), true),
    };
    let (offset, problem) = match control(text.get(..valid)?) {
        Some(offset) => (offset, CONTROL),
        None if broken => (valid, invalid(text.get(valid..)?)),
        None => return None,
    };
    Some(Fault {
        limit: chunk_start(text, mark, offset),
        problem,
    })
}

/// Where the chunk begins that holds the byte at an offset; all before it is valid.
fn chunk_start(text: &[u8], mark: usize, offset: usize) -> usize {
    let mut start = 0;
    let mut end = CHUNK - mark;
    loop {
        // A character that does not fit whole is left to the next chunk.
        let mut next = end.min(text.len());
        while next > start && text.get(next).is_some_and(|byte| byte & 0xC0 == 0x80) {
            next -= 1;
        }
        if offset < next || next <= start || next >= text.len() {
            return start;
        }
        start = next;
        end = next + CHUNK;
    }
}

/// The first control character of valid UTF-8.
fn control(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for chunk in text.chunks(64) {
        // Without branches, so that it is done many bytes at once.
        let suspects = chunk
            .iter()
            .filter(|&&byte| byte < 0x20 && byte != b'\n' || byte == 0x7F || byte == 0xC2 || byte == 0xEF)
            .count();
        if suspects > 0 {
            for offset in at..at + chunk.len() {
                if is_control(text.get(offset..).unwrap_or_default()) {
                    return Some(offset);
                }
            }
        }
        at += chunk.len();
    }
    None
}

fn is_control(rest: &[u8]) -> bool {
    match rest {
        [b'\t' | b'\n' | b'\r', ..] => false,
        [0..0x20 | 0x7F, ..] => true,
        [0xC2, second, ..] => *second < 0xA0 && *second != 0x85,
        [0xEF, 0xBF, third, ..] => *third >= 0xBE,
        _ => false,
    }
}

/// What is wrong with a sequence that is not UTF-8.
fn invalid(rest: &[u8]) -> &'static str {
    let lead = rest.first().copied().unwrap_or_default();
    let (width, bits) = match lead {
        0..0x80 => (1, lead),
        0xC0..0xE0 => (2, lead & 0x1F),
        0xE0..0xF0 => (3, lead & 0x0F),
        0xF0..0xF8 => (4, lead & 0x07),
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(sequence) = rest.get(..width) else {
        return "incomplete UTF-8 octet sequence";
    };
    let mut value = u32::from(bits);
    for byte in sequence.iter().skip(1) {
        if byte & 0xC0 != 0x80 {
            return "invalid trailing UTF-8 octet";
        }
        value = value << 6 | u32::from(byte & 0x3F);
    }
    let least = [0, 0, 0x80, 0x800, 0x1_0000];
    if least.get(width).is_some_and(|least| value < *least) {
        return "invalid length of a UTF-8 sequence";
    }
    "invalid Unicode character"
}

/// Reads UTF-16. What is wrong with it is told at once, wherever it stands.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Input<'static> {
    let refuse = |problem| Input {
        text: Cow::Owned(Vec::new()),
        fault: Some(Fault { limit: 0, problem }),
    };
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, second, tail @ ..] = rest {
        rest = tail;
        let value = unit([*first, *second]);
        let mut code = u32::from(value);
        match value & 0xFC00 {
            0xDC00 => return refuse("unexpected low surrogate area"),
            0xD800 => {
                let [third, fourth, tail @ ..] = rest else {
                    return refuse("incomplete UTF-16 surrogate pair");
                };
                rest = tail;
                let low = unit([*third, *fourth]);
                if low & 0xFC00 != 0xDC00 {
                    return refuse("expected low surrogate area");
                }
                code = 0x1_0000 + (u32::from(value & 0x3FF) << 10) + u32::from(low & 0x3FF);
            }
            _ => {}
        }
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        return refuse("incomplete UTF-16 character");
    }
    if control(text.as_bytes()).is_some() {
        return refuse(CONTROL);
    }
    Input {
        text: Cow::Owned(text.into_bytes()),
        fault: None,
    }
}
