//! UTF-8 as Go reads it: strings need not be valid, and each byte that is not part of a character counts as one.

/// What stands for bytes that are no character.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The first character and its length in bytes. Where the bytes are not UTF-8 it is U+FFFD, one byte long; where
/// there are none it is U+FFFD, no byte long.
pub fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else {
        return (REPLACEMENT, 0);
    };
    let length = match first {
        0..0x80 => return (char::from(first), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return (REPLACEMENT, 1),
    };
    bytes
        .get(..length)
        .and_then(|sequence| std::str::from_utf8(sequence).ok())
        .and_then(|text| text.chars().next())
        .map_or((REPLACEMENT, 1), |rune| (rune, length))
}

/// The last character and its length in bytes, by the rules of [`decode`].
pub fn decode_last(bytes: &[u8]) -> (char, usize) {
    for length in (1..=bytes.len().min(4)).rev() {
        let tail = bytes.get(bytes.len() - length..).unwrap_or_default();
        let (rune, size) = decode(tail);
        if size == length {
            return (rune, size);
        }
    }
    (REPLACEMENT, 0)
}

/// How many characters there are.
pub fn count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    runes(bytes).count()
}

/// The characters, each with the place where it begins and its length in bytes.
pub fn runes(bytes: &[u8]) -> Runes<'_> {
    Runes { bytes, at: 0 }
}

/// An iterator over characters; see [`runes`].
#[derive(Clone, Debug)]
pub struct Runes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Iterator for Runes<'_> {
    type Item = (usize, char, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (rune, size) = decode(self.bytes.get(self.at..)?);
        if size == 0 {
            return None;
        }
        let at = self.at;
        self.at += size;
        Some((at, rune, size))
    }
}

/// Appends a character.
pub fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The character of a number; U+FFFD where it is none.
pub fn rune(number: u64) -> char {
    u32::try_from(number)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or(REPLACEMENT)
}
