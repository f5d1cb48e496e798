//! IP addresses, with the refusals of Go's netip.

use hoist_govalue::strconv;
use memchr::memchr;

/// What kind of address it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Version {
    Four,
    Six,
}

/// What is wrong, and the text from the place on where it is wrong.
type Wrong<'a> = (&'static str, &'a [u8]);

/// Whether this is an address, and which.
pub(super) fn check(text: &[u8]) -> Result<Version, String> {
    let mark = text.iter().find(|byte| matches!(byte, b'.' | b':' | b'%'));
    let checked = match mark {
        Some(b'.') => four(text).map(|()| Version::Four),
        Some(b':') => six(text).map(|()| Version::Six),
        Some(_) => Err(("missing IPv6 address", &b""[..])),
        None => Err(("unable to parse IP", &b""[..])),
    };
    checked.map_err(|(what, at)| {
        let place = if at.is_empty() {
            String::new()
        } else {
            format!(" (at {})", strconv::quote(at))
        };
        format!("ParseAddr({}): {what}{place}", strconv::quote(text))
    })
}

fn four(text: &[u8]) -> Result<(), Wrong<'_>> {
    let (mut value, mut digits, mut fields) = (0_u32, 0, 0);
    for (at, byte) in text.iter().enumerate() {
        let here = || text.get(at..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(("IPv4 field has octet with leading zero", b""));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", b""));
                }
            }
            b'.' if digits == 0 || at + 1 == text.len() => {
                return Err(("IPv4 field must have at least one digit", here()));
            }
            b'.' if fields == 3 => return Err(("IPv4 address too long", b"")),
            b'.' => (value, digits, fields) = (0, 0, fields + 1),
            _ => return Err(("unexpected character", here())),
        }
    }
    if fields < 3 {
        return Err(("IPv4 address too short", b""));
    }
    Ok(())
}

fn six(text: &[u8]) -> Result<(), Wrong<'_>> {
    let mut rest = match memchr(b'%', text) {
        Some(percent) if percent + 1 == text.len() => return Err(("zone must be a non-empty string", b"")),
        Some(percent) => text.get(..percent).unwrap_or_default(),
        None => text,
    };
    let mut gap = false;
    let mut bytes = 0;
    if let Some(after) = rest.strip_prefix(b"::") {
        gap = true;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    while bytes < 16 {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 4 {
            return Err(("each group must have 4 or less digits", rest));
        }
        if digits == 0 {
            return Err(("each colon-separated field must have at least one digit", rest));
        }
        if rest.get(digits) == Some(&b'.') {
            if !gap && bytes != 12 {
                let what = "embedded IPv4 address must replace the final 2 fields of the address";
                return Err((what, rest));
            }
            if bytes > 12 {
                let what = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return Err((what, rest));
            }
            four(rest)?;
            rest = b"";
            bytes += 4;
            break;
        }
        bytes += 2;
        rest = rest.get(digits..).unwrap_or_default();
        match rest {
            [] => break,
            [b':'] => return Err(("colon must be followed by more characters", rest)),
            [b':', after @ ..] => rest = after,
            _ => return Err(("unexpected character, want colon", rest)),
        }
        if let [b':', after @ ..] = rest {
            if gap {
                return Err(("multiple :: in address", rest));
            }
            gap = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return Err(("trailing garbage after address", rest));
    }
    match (bytes < 16, gap) {
        (true, false) => Err(("address string too short", b"")),
        (false, true) => Err(("the :: must expand to at least one field of zeros", b"")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        assert_eq!(check(b"::1"), Ok(Version::Six));
        assert_eq!(check(b"fe80::1%eth0"), Ok(Version::Six));
        assert_eq!(check(b"::ffff:1.2.3.4"), Ok(Version::Six));
        assert_eq!(check(b"1.2.3.4"), Ok(Version::Four));
        for wrong in [
            &b"1.2.3"[..],
            b"1:2",
            b"1::2::3",
            b"12345::",
            b"::1%",
            b"1.2.3.400",
            b"g::",
        ] {
            assert!(check(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
