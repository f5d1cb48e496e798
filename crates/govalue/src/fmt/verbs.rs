//! How single numbers, strings and truths are written, with their flags, width and precision.

use super::printer::Printer;
use crate::strconv;
use crate::{FuncError, utf8};

/// What stands between a percent sign and its verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`, where the plus is no sign before numbers.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
}

/// The digits of hexadecimal numbers.
fn digits(upper: bool) -> &'static [u8; 16] {
    if upper {
        b"0123456789ABCDEF"
    } else {
        b"0123456789abcdef"
    }
}

impl Printer<'_> {
    fn padding(&mut self, count: usize) -> Result<(), FuncError> {
        self.room(count)?;
        let byte = if self.flags.zero && !self.flags.minus {
            b'0'
        } else {
            b' '
        };
        self.out.resize(self.out.len() + count, byte);
        Ok(())
    }

    /// Writes text in the width that is asked for, counted in characters.
    pub(super) fn pad(&mut self, text: &[u8]) -> Result<(), FuncError> {
        let missing = match self.flags.width {
            None | Some(0) => return self.write(text),
            Some(width) => width.saturating_sub(utf8::count(text)),
        };
        if self.flags.minus {
            self.write(text)?;
            self.padding(missing)
        } else {
            self.padding(missing)?;
            self.write(text)
        }
    }

    /// As [`Self::pad`], with spaces whatever the flags say.
    fn pad_with_spaces(&mut self, text: &[u8]) -> Result<(), FuncError> {
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text)?;
        self.flags.zero = zero;
        Ok(())
    }

    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(most) = self.flags.precision else {
            return text;
        };
        match utf8::runes(text).nth(most) {
            Some((at, ..)) => text.get(..at).unwrap_or(text),
            None => text,
        }
    }

    /// `%s`.
    pub(super) fn text(&mut self, text: &[u8]) -> Result<(), FuncError> {
        self.pad(self.truncated(text))
    }

    /// `%q` of a string.
    pub(super) fn quoted(&mut self, text: &[u8]) -> Result<(), FuncError> {
        let text = self.truncated(text);
        self.room(text.len())?;
        let mut quoted = Vec::with_capacity(text.len() + 2);
        if self.flags.sharp && strconv::can_backquote(text) {
            quoted.push(b'`');
            quoted.extend_from_slice(text);
            quoted.push(b'`');
        } else if self.flags.plus {
            strconv::append_quote_to_ascii(&mut quoted, text);
        } else {
            strconv::append_quote(&mut quoted, text);
        }
        self.pad(&quoted)
    }

    /// `%x` of a string.
    pub(super) fn hex_text(&mut self, text: &[u8], upper: bool) -> Result<(), FuncError> {
        let count = self
            .flags
            .precision
            .map_or(text.len(), |precision| precision.min(text.len()));
        let text = text.get(..count).unwrap_or(text);
        let width = self.flags.width.unwrap_or_default();
        if text.is_empty() {
            return self.padding(width);
        }
        let prefix: &[u8] = match (self.flags.sharp, upper) {
            (false, _) => b"",
            (true, false) => b"0x",
            (true, true) => b"0X",
        };
        let length = if self.flags.space {
            (prefix.len() + 3) * count - 1
        } else {
            prefix.len() + 2 * count
        };
        let missing = width.saturating_sub(length);
        if !self.flags.minus {
            self.padding(missing)?;
        }
        self.room(length)?;
        let digits = digits(upper);
        for (index, byte) in text.iter().enumerate() {
            if index > 0 && self.flags.space {
                self.out.push(b' ');
            }
            if index == 0 || self.flags.space {
                self.out.extend_from_slice(prefix);
            }
            let pair = [byte >> 4, byte & 15].map(|digit| digits[usize::from(digit)]);
            self.out.extend_from_slice(&pair);
        }
        if self.flags.minus {
            self.padding(missing)?;
        }
        Ok(())
    }

    /// An integer in base 2, 8, 10 or 16.
    pub(super) fn integer(&mut self, negative: bool, number: u64, base: u8, verb: char) -> Result<(), FuncError> {
        let flags = self.flags;
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => Some(b'-'),
            (_, true, _) => Some(b'+'),
            (_, _, true) => Some(b' '),
            _ => None,
        };
        let least = match (flags.precision, flags.width) {
            (Some(0), _) if number == 0 => {
                // No digit is wanted, and zero has none; only the width is kept.
                let zero = std::mem::take(&mut self.flags.zero);
                self.padding(flags.width.unwrap_or_default())?;
                self.flags.zero = zero;
                return Ok(());
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => width.saturating_sub(usize::from(sign.is_some())),
            _ => 0,
        };
        let mut buffer = [0; 64];
        let mut start = buffer.len();
        let mut rest = number;
        let base = u64::from(base);
        loop {
            start -= 1;
            buffer[start] = digits(verb == 'X')[usize::try_from(rest % base).unwrap_or_default()];
            rest /= base;
            if rest == 0 {
                break;
            }
        }
        let number = &buffer[start..];
        if least <= number.len() && flags.width.is_none() && !flags.sharp && verb != 'O' {
            // The usual case needs no further buffer.
            self.room(number.len() + 1)?;
            self.out.extend(sign);
            self.out.extend_from_slice(number);
            return Ok(());
        }
        let zeros = least.saturating_sub(number.len());
        self.room(zeros)?;
        let mut text = Vec::with_capacity(number.len() + zeros + 5);
        text.extend(sign);
        if verb == 'O' {
            text.extend_from_slice(b"0o");
        }
        if flags.sharp {
            match base {
                2 => text.extend_from_slice(b"0b"),
                8 if zeros == 0 && number.first() != Some(&b'0') => text.push(b'0'),
                16 if verb == 'X' => text.extend_from_slice(b"0X"),
                16 => text.extend_from_slice(b"0x"),
                _ => {}
            }
        }
        text.resize(text.len() + zeros, b'0');
        text.extend_from_slice(number);
        self.pad_with_spaces(&text)
    }

    /// `%U`.
    pub(super) fn unicode(&mut self, number: u64) -> Result<(), FuncError> {
        let least = self.flags.precision.unwrap_or_default().max(4);
        self.room(least)?;
        let hex = format!("{number:X}");
        let mut text = Vec::with_capacity(least + 8);
        text.extend_from_slice(b"U+");
        text.resize(2 + least.saturating_sub(hex.len()), b'0');
        text.extend_from_slice(hex.as_bytes());
        let rune = u32::try_from(number).ok().and_then(char::from_u32);
        if let Some(rune) = rune.filter(|rune| self.flags.sharp && strconv::is_print(*rune)) {
            text.extend_from_slice(b" '");
            utf8::push(&mut text, rune);
            text.push(b'\'');
        }
        self.pad_with_spaces(&text)
    }

    /// `%c`.
    pub(super) fn character(&mut self, number: u64) -> Result<(), FuncError> {
        self.pad(utf8::rune(number).encode_utf8(&mut [0; 4]).as_bytes())
    }

    /// `%q` of a number.
    pub(super) fn quoted_character(&mut self, number: u64) -> Result<(), FuncError> {
        let mut text = Vec::new();
        if self.flags.plus {
            strconv::append_quote_rune_to_ascii(&mut text, utf8::rune(number));
        } else {
            strconv::append_quote_rune(&mut text, utf8::rune(number));
        }
        self.pad(&text)
    }

    /// A floating-point number in a format of strconv's.
    pub(super) fn float(
        &mut self,
        value: f64,
        bits: u32,
        format: u8,
        precision: Option<usize>,
    ) -> Result<(), FuncError> {
        let flags = self.flags;
        let precision = flags.precision.or(precision);
        self.room(precision.unwrap_or_default())?;
        let mut text = Vec::with_capacity(26);
        text.push(b'+');
        strconv::append_float(&mut text, value, format, precision, bits);
        // The first byte is always a sign, and what follows it the number.
        if matches!(text.get(1), Some(b'-' | b'+')) {
            text.remove(0);
        }
        if let Some(sign) = text.first_mut().filter(|sign| **sign == b'+')
            && flags.space
            && !flags.plus
        {
            *sign = b' ';
        }
        let signed = flags.plus || text.first() != Some(&b'+');
        let unsigned = text.get(1..).unwrap_or_default();
        match unsigned.first() {
            Some(b'N') if !flags.space && !flags.plus => return self.pad_with_spaces(unsigned),
            // An infinity keeps its sign.
            Some(b'N' | b'I') => return self.pad_with_spaces(&text),
            _ => {}
        }
        if flags.sharp && format != b'b' {
            text = with_point(&text, format, precision);
        }
        let unsigned = text.get(1..).unwrap_or_default();
        if !signed {
            return self.pad(unsigned);
        }
        match flags.width {
            // The sign stands before the zeros.
            Some(width) if flags.zero && !flags.minus && width > text.len() => {
                self.write(text.get(..1).unwrap_or_default())?;
                self.padding(width - text.len())?;
                self.write(unsigned)
            }
            _ => self.pad(&text),
        }
    }
}

/// What the sharp flag asks for: a point in each number, and the zeros at its end that were left out. The first byte
/// is the sign.
fn with_point(text: &[u8], format: u8, precision: Option<usize>) -> Vec<u8> {
    let hexadecimal = matches!(format, b'x' | b'X');
    let tail = text
        .iter()
        .skip(1)
        .position(|byte| matches!(byte, b'p' | b'P') || !hexadecimal && matches!(byte, b'e' | b'E'))
        .map_or(text.len(), |at| at + 1);
    let (number, tail) = text.split_at(tail);
    let mut missing = match format {
        b'g' | b'G' | b'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let mut significant = number
        .iter()
        .skip(1)
        .filter(|byte| **byte != b'.')
        .skip_while(|byte| **byte == b'0')
        .count();
    let has_point = number.contains(&b'.');
    if !has_point && matches!(number, [_, b'0']) {
        significant += 1;
    }
    missing = missing.saturating_sub(significant);
    let mut out = number.to_vec();
    if !has_point {
        out.push(b'.');
    }
    out.resize(out.len() + missing, b'0');
    out.extend_from_slice(tail);
    out
}
