//! Percent-encoding: which bytes stand for themselves in which part of a URL.

use hoist_govalue::strconv;

/// A part of a URL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Path,
    Host,
    Zone,
    UserPassword,
    Fragment,
}

/// Whether a byte has to be written as `%XX`.
fn must_escape(byte: u8, mode: Mode) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    let allowed: &[u8] = match mode {
        Mode::Path => b"$&+,/:;=@",
        Mode::Host | Mode::Zone => b"!$&'()*+,;=:[]<>\"",
        Mode::UserPassword => b"$&+,;=",
        Mode::Fragment => b"$&+,/:;=?@!()*",
    };
    !allowed.contains(&byte)
}

pub(super) fn escape(text: &[u8], mode: Mode) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if must_escape(*byte, mode) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

pub(super) fn unescape(text: &[u8], mode: Mode) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        if *byte != b'%' {
            if matches!(mode, Mode::Host | Mode::Zone) && byte.is_ascii() && must_escape(*byte, mode) {
                let quoted = strconv::quote(&[*byte]);
                return Err(format!("invalid character {quoted} in host name"));
            }
            out.push(*byte);
            rest = after;
            continue;
        }
        let shown = rest.get(..3).unwrap_or(rest);
        let wrong = || format!("invalid URL escape {}", strconv::quote(shown));
        let [_, high, low] = shown else {
            return Err(wrong());
        };
        let (high, low) = digit(*high).zip(digit(*low)).ok_or_else(wrong)?;
        let decoded = high << 4 | low;
        let allowed = match mode {
            // In a host only what is not ASCII may be encoded, and the percent sign before a zone.
            Mode::Host => decoded >= 0x80 || shown == b"%25",
            Mode::Zone => shown == b"%25" || decoded == b' ' || !must_escape(decoded, Mode::Host),
            _ => true,
        };
        if !allowed {
            return Err(wrong());
        }
        out.push(decoded);
        rest = rest.get(3..).unwrap_or_default();
    }
    Ok(out)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
