//! PEM, read as leniently as Go reads it.

use data_encoding::BASE64;

use crate::encoding::decode64;

/// A block between its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What it is said to be: `CERTIFICATE`.
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
}

/// A block as text, 64 characters a line.
pub(super) fn encode(kind: &str, bytes: &[u8]) -> String {
    let data = BASE64.encode(bytes);
    let mut out = String::with_capacity(data.len() + data.len() / 64 + 2 * kind.len() + 40);
    out.push_str(&format!("-----BEGIN {kind}-----\n"));
    for line in data.as_bytes().chunks(64) {
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
        out.push('\n');
    }
    out.push_str(&format!("-----END {kind}-----\n"));
    out
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The first block that is well formed; text before and after it is no matter.
pub(super) fn decode(text: &[u8]) -> Option<Block> {
    let mut rest = text;
    loop {
        let end = find(rest, END)?;
        let next = rest.get(end + END.len()..)?;
        if let Some(block) = block(rest, end) {
            return Some(block);
        }
        rest = next;
    }
}

/// The block that ends at a place, at the newline before its last line.
fn block(text: &[u8], end: usize) -> Option<Block> {
    let before = text.get(..end)?;
    let begin = before.windows(BEGIN.len()).rposition(|window| window == BEGIN)?;
    if begin > 0 && text.get(begin - 1) != Some(&b'\n') {
        return None;
    }
    // With the newline of the last line: the first line may be right before it.
    let (first, mut body) = line(text.get(begin + BEGIN.len()..end + 1)?);
    let kind = first.strip_suffix(DASHES)?;
    loop {
        let (header, after) = line(body);
        if !header.contains(&b':') {
            break;
        }
        body = after;
    }
    let last = text.get(end + END.len()..)?;
    let after = last.strip_prefix(kind)?.strip_prefix(DASHES)?;
    if !line(after).0.is_empty() {
        return None;
    }
    let data: Vec<u8> = body
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b' ' | b'\t'))
        .collect();
    Some(Block {
        kind: String::from_utf8_lossy(kind).into_owned(),
        bytes: decode64(&data).ok()?,
    })
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// The first line, without spaces at its end, and the rest.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n');
    let (line, rest) = match end {
        Some(end) => (
            text.get(..end).unwrap_or_default(),
            text.get(end + 1..).unwrap_or_default(),
        ),
        None => (text, &[][..]),
    };
    let line = line.strip_suffix(b"\r").filter(|_| end.is_some()).unwrap_or(line);
    let length = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |at| at + 1);
    (line.get(..length).unwrap_or_default(), rest)
}
