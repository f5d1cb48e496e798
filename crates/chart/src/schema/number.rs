//! Numbers as the decimal fractions that they are written as: 0.3 is a multiple of 0.1.

use std::cmp::Ordering;

use hoist_govalue::{Value, strconv};
use serde_json::Value as Json;

/// The most digits that are compared exactly.
const MAX_DIGITS: i32 = 36;

/// A number, as digits and the power of ten that they are multiplied with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    float: f64,
    digits: i128,
    exponent: i32,
}

impl Number {
    pub(super) fn of_json(value: &Json) -> Option<Self> {
        match value {
            Json::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    pub(super) fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number, _) => Self::parse(&number.to_string()),
            Value::Uint(number, _) => Self::parse(&number.to_string()),
            Value::Float(number, _) => Self::parse(&strconv::format_float(*number, b'g', None, 64)),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let float: f64 = text.parse().ok()?;
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, power.parse().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let mut exponent: i32 = i32::checked_sub(power, i32::try_from(fraction.len()).ok()?)?;
        while digits != 0 && digits % 10 == 0 {
            digits /= 10;
            exponent = exponent.checked_add(1)?;
        }
        if digits == 0 {
            exponent = 0;
        }
        Some(Self {
            float,
            digits,
            exponent,
        })
    }

    pub(super) fn float(self) -> f64 {
        self.float
    }

    pub(super) fn is_whole(self) -> bool {
        self.exponent >= 0
    }

    pub(super) fn is_negative(self) -> bool {
        self.digits < 0
    }

    pub(super) fn is_positive(self) -> bool {
        self.digits > 0
    }

    /// The digits of both at the same power of ten, where they fit.
    fn aligned(self, other: Self) -> Option<(i128, i128)> {
        let scale = |number: Self, to: i32| {
            let by = u32::try_from(number.exponent - to).ok()?;
            number.digits.checked_mul(10_i128.checked_pow(by)?)
        };
        if (self.exponent - other.exponent).abs() > MAX_DIGITS {
            return None;
        }
        let to = self.exponent.min(other.exponent);
        Some((scale(self, to)?, scale(other, to)?))
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match self.aligned(other) {
            Some((a, b)) => a.cmp(&b),
            None => self.float.total_cmp(&other.float),
        }
    }

    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        match self.aligned(other) {
            Some((_, 0)) => false,
            Some((a, b)) => a % b == 0,
            None => self.digits == 0 || (self.exponent > other.exponent && (self.float / other.float).fract() == 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimals() {
        let number = |text: &str| Number::parse(text).unwrap();
        assert!(number("0.3").is_multiple_of(number("0.1")));
        assert!(!number("0.35").is_multiple_of(number("0.1")));
        assert!(number("1e+06").is_whole() && number("1.0").is_whole() && !number("1.5").is_whole());
        assert_eq!(number("1e3").compare(number("1000")), Ordering::Equal);
        assert_eq!(number("-1e300").compare(number("1e-300")), Ordering::Less);
    }
}
