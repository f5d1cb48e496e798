//! Keys, quoted where they have to be.

use hoist_govalue::Str;

/// Appends a string between double quotes.
pub(super) fn append_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        let letter = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            0..0x20 | 0x7f => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', letter]);
    }
    out.push(b'"');
}

/// Appends one part of a key.
pub(super) fn append_part(out: &mut Vec<u8>, part: &[u8]) {
    let bare = part
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare && !part.is_empty() {
        out.extend_from_slice(part);
    } else {
        append_quoted(out, part);
    }
}

/// A whole key, its parts joined with dots.
pub(super) fn join(parts: &[Str]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push(b'.');
        }
        append_part(&mut out, part);
    }
    out
}
