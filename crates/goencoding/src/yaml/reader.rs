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
    layout: Layout,
}

/// How the text was encoded.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// How long the mark of the encoding was.
    mark: usize,
    /// Whether it was UTF-16.
    wide: bool,
}

impl Layout {
    /// How many bytes the character was encoded in that now begins with this one.
    fn width(self, lead: u8) -> usize {
        match lead {
            _ if !self.wide => width(lead),
            0xF0.. => 4,
            _ => 2,
        }
    }

    /// How many bytes were read for a piece of text.
    fn length(self, piece: &[u8]) -> usize {
        if !self.wide {
            return piece.len();
        }
        let leads = piece.iter().filter(|&&byte| byte & 0xC0 != 0x80);
        leads.map(|&lead| self.width(lead)).sum()
    }

    /// How many bytes are read for the chunk that begins at a place.
    fn chunk(self, start: usize) -> usize {
        if start == 0 { CHUNK - self.mark } else { CHUNK }
    }

    /// Where the chunk ends that begins at a place. A character that does not fit whole is left to the next one.
    fn chunk_end(self, text: &[u8], start: usize) -> usize {
        let mut left = self.chunk(start);
        let mut end = start;
        while let Some(&lead) = text.get(end) {
            let size = self.width(lead);
            if size > left {
                break;
            }
            left -= size;
            end += width(lead);
        }
        end
    }
}

fn watched(fault: Option<Fault>, layout: Layout) -> Watch {
    Watch {
        fault,
        start: 0,
        end: 0,
        layout,
    }
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
    if text.chunks(PIECE).all(is_harmless) {
        return Input {
            text: Cow::Borrowed(text),
            watch: None,
        };
    }
    let layout = Layout { mark, wide: false };
    let fault = fault(text, layout);
    Input {
        text: Cow::Borrowed(text),
        watch: (has_marks(text) || fault.is_some()).then(|| watched(fault, layout)),
    }
}

fn has_marks(text: &[u8]) -> bool {
    text.contains(&0xEF) && text.windows(MARK.len()).any(|window| window == MARK)
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
            self.end = self.layout.chunk_end(text, self.end).min(last);
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

/// The first character that is not allowed.
fn fault(text: &[u8], layout: Layout) -> Option<Fault> {
    let (valid, broken) = match std::str::from_utf8(text) {
        Ok(_) => (text.len(), false),
        Err(error) => (error.valid_up_to(), true),
    };
    let (offset, problem) = match control(text.get(..valid)?) {
        Some(offset) => (offset, CONTROL),
        None if broken => (valid, invalid(text.get(valid..)?)),
        None => return None,
    };
    let needed = text.get(offset).map_or(1, |&lead| layout.width(lead));
    let whole = layout.wide || offset + needed <= text.len();
    Some(Fault {
        limit: readable(text, layout, offset, whole.then_some(needed)),
        problem,
    })
}

/// Up to where text is read before the character at an offset is met, for which so many bytes have to be read; more than
/// there are, where there is no number.
fn readable(text: &[u8], layout: Layout, offset: usize, needed: Option<usize>) -> usize {
    let mut start = 0;
    loop {
        let before = layout.length(text.get(start..offset).unwrap_or_default());
        let size = layout.chunk(start);
        if before < size {
            return match needed {
                Some(needed) if before + needed <= size => start,
                _ => offset,
            };
        }
        start = layout.chunk_end(text, start).min(offset);
    }
}

/// How much text is looked at in one go.
const PIECE: usize = 256;

/// Whether there are only printable characters of ASCII and line feeds. Without branches, so that it is done many bytes
/// at once.
fn is_harmless(piece: &[u8]) -> bool {
    let is_plain = |byte: u8| (byte.wrapping_sub(b' ') < 0x5F) | (byte == b'\n');
    piece.iter().fold(true, |plain, &byte| plain & is_plain(byte))
}

/// The first control character of valid UTF-8.
fn control(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for piece in text.chunks(PIECE) {
        if !is_harmless(piece) {
            let suspects = (at..at + piece.len()).find(|&at| is_control(text.get(at..).unwrap_or_default()));
            if suspects.is_some() {
                return suspects;
            }
        }
        at += piece.len();
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

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Input<'static> {
    let layout = Layout { mark: 2, wide: true };
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    // What is wrong, and how many bytes have to be read before it is seen.
    let wrong = loop {
        let value = match rest {
            [] => break None,
            [_] => break Some(("incomplete UTF-16 character", None)),
            [first, second, ..] => unit([*first, *second]),
        };
        let mut code = u32::from(value);
        let mut size = 2;
        match value & 0xFC00 {
            0xDC00 => break Some(("unexpected low surrogate area", Some(2))),
            0xD800 => {
                let Some(&[third, fourth]) = rest.get(2..4) else {
                    break Some(("incomplete UTF-16 surrogate pair", None));
                };
                let low = unit([third, fourth]);
                if low & 0xFC00 != 0xDC00 {
                    break Some(("expected low surrogate area", Some(4)));
                }
                code = 0x1_0000 + (u32::from(value & 0x3FF) << 10) + u32::from(low & 0x3FF);
                size = 4;
            }
            _ => {}
        }
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        rest = rest.get(size..).unwrap_or_default();
    };
    let text = text.into_bytes();
    let fault = fault(&text, layout).or_else(|| {
        let (problem, needed) = wrong?;
        Some(Fault {
            limit: readable(&text, layout, text.len(), needed),
            problem,
        })
    });
    Input {
        watch: (has_marks(&text) || fault.is_some()).then(|| watched(fault, layout)),
        text: Cow::Owned(text),
    }
}
