//! The bytes of a YAML text: their encoding, and what of them is not allowed.

use std::borrow::Cow;

use super::chars::width;

/// A text in UTF-8, without the mark of its encoding.
pub(super) struct Input<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// Where it matters how go-yaml reads it.
    pub(super) watch: Option<Watch>,
}

/// A character that may not stand in a YAML text.
///
/// go-yaml reads ahead in chunks and meets it only when a chunk is read, so that a mistake before it is told first, and
/// one in a document that is never read is not told at all.
#[derive(Clone, Copy, Debug)]
struct Fault {
    /// What can be read before the chunk with the fault is.
    limit: usize,
    problem: &'static str,
}

/// What go-yaml's buffer holds. It is followed only in texts with a fault or with a mark of their encoding in their
/// midst: go-yaml takes a line for one that begins with such a mark, and skips its first character, while its buffer
/// begins with one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    fault: Option<Fault>,
    start: usize,
    end: usize,
    /// How much longer the text was before it began.
    mark: usize,
}

/// How much go-yaml reads at a time.
const CHUNK: usize = 512;

const MARK: &[u8] = b"\xEF\xBB\xBF";

const CONTROL: &str = "control characters are not allowed";

pub(super) fn prepare(bytes: &[u8]) -> Input<'_> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest, MARK.len()),
        _ => utf8(bytes, 0),
    }
}

fn utf8(text: &[u8], mark: usize) -> Input<'_> {
    let fault = fault(text, mark);
    let marked = text.contains(&0xEF) && text.windows(MARK.len()).any(|window| window == MARK);
    let watch = Watch {
        fault,
        start: 0,
        end: 0,
        mark,
    };
    Input {
        text: Cow::Borrowed(text),
        watch: (marked || fault.is_some()).then_some(watch),
    }
}

impl Watch {
    /// Reads on until there are so many characters at a place.
    pub(super) fn need(&mut self, text: &[u8], pos: usize, characters: usize) -> Result<(), &'static str> {
        if available(text, pos, self.end) >= characters {
            return Ok(());
        }
        if let Some(fault) = self.fault
            && available(text, pos, fault.limit) < characters
        {
            return Err(fault.problem);
        }
        // Where the scanner has gone on for a while, it was short of characters first when it came to the end.
        self.start = pos;
        if pos >= self.end {
            self.start = self.end;
            for _ in 1..characters {
                self.start = before(text, self.start);
            }
        }
        let last = self.fault.map_or(text.len(), |fault| fault.limit);
        while available(text, pos, self.end) < characters && self.end < last {
            self.end = chunk_end(text, self.mark, self.end).min(last);
        }
        Ok(())
    }

    /// Whether the buffer begins with a mark.
    pub(super) fn is_marked(&self, text: &[u8]) -> bool {
        text.get(self.start..).is_some_and(|rest| rest.starts_with(MARK))
    }
}

/// How many characters begin between two places.
fn available(text: &[u8], from: usize, to: usize) -> usize {
    let readable = text.get(from..to).unwrap_or_default();
    // No more than a chunk is ever asked for.
    readable.iter().take(CHUNK).filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// Where the character before a place begins.
fn before(text: &[u8], at: usize) -> usize {
    let mut at = at.saturating_sub(1);
    while at > 0 && text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}

/// Where the chunk ends that begins at a place. A character that does not fit whole is left to the next one.
fn chunk_end(text: &[u8], mark: usize, start: usize) -> usize {
    let size = if start == 0 { CHUNK - mark } else { CHUNK };
    let mut end = (start + size).min(text.len());
    while end > start && text.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
        end -= 1;
    }
    // Only a text that is not UTF-8 has more of these bytes than a chunk.
    if end == start { text.len() } else { end }
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
        limit: readable(text, mark, offset),
        problem,
    })
}

/// Up to where text is read before the byte at an offset is met, before which all is valid.
fn readable(text: &[u8], mark: usize, offset: usize) -> usize {
    let length = text.get(offset).map_or(1, |&lead| width(lead));
    let mut start = 0;
    loop {
        let size = if start == 0 { CHUNK - mark } else { CHUNK };
        let full = (start + size).min(text.len());
        if offset < full {
            return if offset + length > full { offset } else { start };
        }
        let end = chunk_end(text, mark, start);
        if end >= text.len() {
            return start;
        }
        start = end;
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
        watch: Some(Watch {
            fault: Some(Fault { limit: 0, problem }),
            start: 0,
            end: 0,
            mark: 0,
        }),
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
        watch: None,
    }
}
