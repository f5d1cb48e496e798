//! The decimal digits of floating-point numbers: the fewest that tell one from its neighbours, or a number of them.

use std::fmt::Write;

/// No finite number has more digits than this, before or after its point, that are not zero.
pub(super) const MOST_DIGITS: usize = 1100;

/// The decimal digits of a number, without zeros at either end, and where its point is: 0.d₁d₂… times ten to `point`.
pub(super) struct Digits {
    text: Text,
    /// Where the point is.
    pub(super) point: i64,
}

impl Digits {
    /// As few as tell it from its neighbours.
    pub(super) fn shortest(value: f64, bits: u32) -> Self {
        #[allow(clippy::cast_possible_truncation)]
        let (digits, many) = if bits == 32 {
            (Self::read(format_args!("{:e}", value as f32)), 7)
        } else {
            (Self::read(format_args!("{value:e}")), 16)
        };
        // With so many digits the number may lie in the middle of two that are as short. Then Go takes the even one, and
        // Rust the other. With fewer digits the two would be further apart than the number's neighbours are.
        if digits.count() < many {
            return digits;
        }
        // The one power of two among these, as a search through all of them found: Go's way for powers takes the odd.
        if bits == 32 && value == f64::from(2f32.powi(-12)) {
            return digits;
        }
        let even = Self::exact(value, digits.count());
        if even.text.bytes() != digits.text.bytes() && even.is(value, bits) {
            return even;
        }
        digits
    }

    /// Whether these digits are read as a number.
    #[allow(clippy::cast_possible_truncation)]
    fn is(&self, value: f64, bits: u32) -> bool {
        let text = format!("0.{}e{}", String::from_utf8_lossy(self.text.bytes()), self.point);
        if bits == 32 {
            text.parse() == Ok(value as f32)
        } else {
            text.parse() == Ok(value)
        }
    }

    /// At most so many, rounded to even.
    pub(super) fn exact(value: f64, count: usize) -> Self {
        let places = count.min(MOST_DIGITS).saturating_sub(1);
        Self::read(format_args!("{value:.places$e}"))
    }

    /// Takes apart `d.dddde-dd`.
    fn read(number: std::fmt::Arguments<'_>) -> Self {
        let mut text = Text {
            short: [0; 40],
            length: 0,
            long: Vec::new(),
        };
        // Writing to memory does not fail.
        let _ = text.write_fmt(number);
        let bytes = text.bytes();
        let end = bytes.iter().position(|byte| *byte == b'e').unwrap_or(bytes.len());
        let exponent: i64 = std::str::from_utf8(bytes.get(end + 1..).unwrap_or_default())
            .ok()
            .and_then(|exponent| exponent.parse().ok())
            .unwrap_or_default();
        text.truncate(end);
        text.remove_point();
        Self {
            point: if text.bytes().is_empty() { 0 } else { exponent + 1 },
            text,
        }
    }

    pub(super) fn count(&self) -> usize {
        self.text.bytes().len()
    }

    pub(super) fn get(&self, range: std::ops::Range<usize>) -> &[u8] {
        let digits = self.text.bytes();
        let end = range.end.min(digits.len());
        digits.get(range.start.min(end)..end).unwrap_or_default()
    }
}

/// A buffer that is on the stack for what is usual.
struct Text {
    short: [u8; 40],
    length: usize,
    long: Vec<u8>,
}

impl Text {
    fn bytes(&self) -> &[u8] {
        if self.long.is_empty() {
            self.short.get(..self.length).unwrap_or_default()
        } else {
            &self.long
        }
    }

    fn truncate(&mut self, length: usize) {
        self.long.truncate(length);
        self.length = self.length.min(length);
    }

    /// Removes the point after the first digit, and zeros at the end; of zero nothing is left.
    fn remove_point(&mut self) {
        if self.bytes().get(1) == Some(&b'.') {
            if self.long.is_empty() {
                self.short.copy_within(2.., 1);
                self.length -= 1;
            } else {
                self.long.remove(1);
            }
        }
        let zeros = self.bytes().iter().rev().take_while(|digit| **digit == b'0').count();
        self.truncate(self.bytes().len() - zeros);
    }
}

impl std::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        match self.short.get_mut(self.length..end) {
            Some(place) if self.long.is_empty() => {
                place.copy_from_slice(text.as_bytes());
                self.length = end;
            }
            _ => {
                if self.long.is_empty() {
                    self.long
                        .extend_from_slice(self.short.get(..self.length).unwrap_or_default());
                }
                self.long.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }
}
