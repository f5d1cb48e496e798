//! Decimal numbers of any length, as shopspring/decimal keeps them: an integer times a power of ten.

use hoist_govalue::FuncError;
use num_bigint::{BigInt, Sign};

/// How many digits after the point a division keeps.
const DIVISION_DIGITS: i64 = 16;

/// How far a number may reach before it is refused: ten thousand digits are more than any template means.
const MAX_EXPONENT: i64 = 10_000;

/// `digits` times ten to the `exponent`.
#[derive(Clone, Debug)]
pub(super) struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    /// From the shortest digits that mean the number.
    pub(super) fn from_float(number: f64) -> Result<Self, FuncError> {
        if !number.is_finite() {
            let name = match (number.is_nan(), number > 0.0) {
                (true, _) => "NaN",
                (_, true) => "+Inf",
                (_, false) => "-Inf",
            };
            return Err(FuncError::new(format!("Cannot create a Decimal from {name}")));
        }
        // The shortest digits, as in "1.25e-7".
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let places = i64::try_from(fraction.len()).unwrap_or(0);
        Self {
            digits: format!("{whole}{fraction}").parse().unwrap_or_default(),
            exponent: exponent - places,
        }
        .checked()
    }

    fn checked(self) -> Result<Self, FuncError> {
        if self.exponent.abs() > MAX_EXPONENT {
            return Err(FuncError::new(format!(
                "a decimal number with exponent {} is more than hoist reckons with",
                self.exponent
            )));
        }
        Ok(self)
    }

    /// The digits, where the exponent is to be a smaller one.
    fn at(&self, exponent: i64) -> BigInt {
        let more = u32::try_from(self.exponent - exponent).unwrap_or(0);
        &self.digits * BigInt::from(10).pow(more)
    }

    fn zipped(self, other: Self, with: fn(BigInt, BigInt) -> BigInt) -> Result<Self, FuncError> {
        let exponent = self.exponent.min(other.exponent);
        Self {
            digits: with(self.at(exponent), other.at(exponent)),
            exponent,
        }
        .checked()
    }

    pub(super) fn add(self, other: Self) -> Result<Self, FuncError> {
        self.zipped(other, |a, b| a + b)
    }

    pub(super) fn sub(self, other: Self) -> Result<Self, FuncError> {
        self.zipped(other, |a, b| a - b)
    }

    pub(super) fn mul(self, other: Self) -> Result<Self, FuncError> {
        Self {
            digits: self.digits * other.digits,
            exponent: self.exponent + other.exponent,
        }
        .checked()
    }

    /// With so many digits after the point; half goes away from zero.
    pub(super) fn div(self, other: Self) -> Result<Self, FuncError> {
        if other.digits.sign() == Sign::NoSign {
            return Err(FuncError::new("decimal division by 0"));
        }
        let shift = self.exponent - other.exponent + DIVISION_DIGITS;
        let ten = || BigInt::from(10).pow(u32::try_from(shift.unsigned_abs()).unwrap_or(0));
        let (dividend, divisor) = if shift < 0 {
            (self.digits, other.digits * ten())
        } else {
            (self.digits * ten(), other.digits)
        };
        let mut quotient = &dividend / &divisor;
        let remainder = &dividend % &divisor;
        if remainder.magnitude() * 2_u32 >= *divisor.magnitude() {
            if dividend.sign() == divisor.sign() || dividend.sign() == Sign::NoSign {
                quotient += 1;
            } else {
                quotient -= 1;
            }
        }
        Self {
            digits: quotient,
            exponent: -DIVISION_DIGITS,
        }
        .checked()
    }

    /// The nearest float.
    pub(super) fn to_float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(number: f64) -> Decimal {
        Decimal::from_float(number).unwrap()
    }

    #[test]
    fn sums_are_of_decimals_not_of_floats() {
        assert_eq!(decimal(0.1).add(decimal(0.2)).unwrap().to_float(), 0.3);
    }

    #[test]
    fn quotients_keep_sixteen_digits_and_round_half_away_from_zero() {
        assert_eq!(
            decimal(1.0).div(decimal(3.0)).unwrap().digits.to_string(),
            "3333333333333333"
        );
        assert_eq!(
            decimal(-2.0).div(decimal(3.0)).unwrap().digits.to_string(),
            "-6666666666666667"
        );
        assert!(decimal(1.0).div(decimal(0.0)).is_err());
    }

    #[test]
    fn numbers_that_grow_without_end_are_refused() {
        let mut number = decimal(1e300);
        let refused = (0..100).any(|_| match number.clone().mul(decimal(1e300)) {
            Ok(next) => {
                number = next;
                false
            }
            Err(_) => true,
        });
        assert!(refused);
    }
}
