//! Numbers: integers of 64 bits that wrap around, floats, and conversions by spf13/cast.

mod decimal;

use hoist_govalue::{Args, Func, FuncError, FuncResult, Type, Value, strconv};

use crate::cast::{to_float64, to_int64};
use crate::def::{pure, variadic};
use crate::text::print;
use decimal::Decimal;

const ANY: &[Type] = &[Type::Any];
const ANY_ANY: &[Type] = &[Type::Any, Type::Any];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("int", ANY, |args| Ok(Value::int(to_int64(args.any(0))))),
    pure("int64", ANY, |args| Ok(Value::int64(to_int64(args.any(0))))),
    pure("float64", ANY, |args| Ok(Value::float(to_float64(args.any(0))))),
    pure("atoi", &[Type::Str], atoi),
    pure("toDecimal", ANY, to_decimal),
    variadic("add", ANY, |args| Ok(folded(0, args.all(), i64::wrapping_add))),
    pure("add1", ANY, |args| {
        Ok(Value::int64(to_int64(args.any(0)).wrapping_add(1)))
    }),
    pure("sub", ANY_ANY, |args| {
        Ok(Value::int64(to_int64(args.any(0)).wrapping_sub(to_int64(args.any(1)))))
    }),
    variadic("mul", ANY_ANY, |args| {
        Ok(folded(to_int64(args.any(0)), args.rest(1), i64::wrapping_mul))
    }),
    pure("div", ANY_ANY, |args| divided(args, i64::wrapping_div)),
    pure("mod", ANY_ANY, |args| divided(args, i64::wrapping_rem)),
    variadic("max", ANY_ANY, max),
    variadic("biggest", ANY_ANY, max),
    variadic("min", ANY_ANY, |args| {
        Ok(folded(to_int64(args.any(0)), args.rest(1), i64::min))
    }),
    variadic("addf", ANY, |args| exact(&Value::float(0.0), args.all(), Decimal::add)),
    pure("add1f", ANY, |args| exact(args.any(0), &[Value::int(1)], Decimal::add)),
    variadic("subf", ANY_ANY, |args| exact(args.any(0), args.rest(1), Decimal::sub)),
    variadic("mulf", ANY_ANY, |args| exact(args.any(0), args.rest(1), Decimal::mul)),
    variadic("divf", ANY_ANY, |args| exact(args.any(0), args.rest(1), Decimal::div)),
    variadic("maxf", ANY_ANY, |args| Ok(chosen(args, larger))),
    variadic("minf", ANY_ANY, |args| Ok(chosen(args, |a, b| -larger(-a, -b)))),
    pure("floor", ANY, |args| Ok(Value::float(to_float64(args.any(0)).floor()))),
    pure("ceil", ANY, |args| Ok(Value::float(to_float64(args.any(0)).ceil()))),
    variadic("round", &[Type::Any, Type::INT, Type::FLOAT64], round),
];

/// `strconv.Atoi` without its error: what is no number is 0, what is too big the biggest.
fn atoi(args: Args<'_>) -> FuncResult {
    let number = strconv::atoi(args.str(0)?);
    Ok(Value::int(number.unwrap_or_else(|error| error.nearest_int())))
}

/// The text of anything, read as octal.
fn to_decimal(args: Args<'_>) -> FuncResult {
    let text = print(args.any(0))?;
    Ok(Value::int64(strconv::parse_int(&text, 8, 64).unwrap_or(0)))
}

fn folded(first: i64, rest: &[Value], with: fn(i64, i64) -> i64) -> Value {
    Value::int64(rest.iter().map(to_int64).fold(first, with))
}

fn divided(args: Args<'_>, with: fn(i64, i64) -> i64) -> FuncResult {
    match to_int64(args.any(1)) {
        0 => Err(FuncError::new("runtime error: integer divide by zero")),
        divisor => Ok(Value::int64(with(to_int64(args.any(0)), divisor))),
    }
}

fn max(args: Args<'_>) -> FuncResult {
    Ok(folded(to_int64(args.any(0)), args.rest(1), i64::max))
}

/// Reckons in decimals, from the shortest digits of each number.
fn exact(first: &Value, rest: &[Value], with: fn(Decimal, Decimal) -> Result<Decimal, FuncError>) -> FuncResult {
    let mut result = Decimal::from_float(to_float64(first))?;
    for value in rest {
        result = with(result, Decimal::from_float(to_float64(value))?)?;
    }
    Ok(Value::float(result.to_float()))
}

fn chosen(args: Args<'_>, with: fn(f64, f64) -> f64) -> Value {
    let first = to_float64(args.any(0));
    Value::float(args.rest(1).iter().map(to_float64).fold(first, with))
}

/// `math.Max`: infinity over NaN, NaN over numbers, 0 over -0.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b && a.is_sign_negative() || a < b {
        b
    } else {
        a
    }
}

/// Rounds to a number of places; a last digit from `.5` or a third argument on goes up.
#[allow(clippy::cast_precision_loss)]
fn round(args: Args<'_>) -> FuncResult {
    let round_up_from = if args.rest(2).is_empty() { 0.5 } else { args.float(2)? };
    let scale = power_of_ten(args.int(1)? as f64);
    let scaled = scale * to_float64(args.any(0));
    // Go's Modf leaves nothing of an infinity but NaN.
    let fraction = if scaled.is_infinite() { f64::NAN } else { scaled.fract() };
    let rounded = if fraction >= round_up_from {
        scaled.ceil()
    } else {
        scaled.floor()
    };
    Ok(Value::float(rounded / scale))
}

/// `math.Pow(10, exponent)` of a whole exponent, by Go's own way of squaring, whose last digit differs from others'.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn power_of_ten(exponent: f64) -> f64 {
    const BEYOND: i32 = 1 << 12;
    if exponent == 0.0 {
        return 1.0;
    }
    let mut left = exponent.abs() as u64;
    if left >= 1 << 63 {
        return if exponent < 0.0 { 0.0 } else { f64::INFINITY };
    }
    // 10 is 0.625 times 2 to the 4th.
    let (mut square, mut square_exponent) = (0.625_f64, 4_i32);
    let (mut mantissa, mut binary) = (1.0_f64, 0_i32);
    while left != 0 {
        if square_exponent > BEYOND {
            binary += square_exponent;
            break;
        }
        if left & 1 == 1 {
            mantissa *= square;
            binary += square_exponent;
        }
        square *= square;
        square_exponent <<= 1;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        left >>= 1;
    }
    if exponent < 0.0 {
        scaled_by_two(1.0 / mantissa, -binary)
    } else {
        scaled_by_two(mantissa, binary)
    }
}

/// `math.Ldexp`: rounds at most once, into the numbers next to zero.
fn scaled_by_two(mut number: f64, mut exponent: i32) -> f64 {
    let two_to = |exponent: i32| f64::from_bits(u64::try_from(exponent + 1023).unwrap_or(0) << 52);
    if exponent > 1100 {
        return f64::INFINITY;
    }
    if exponent < -1200 {
        return 0.0;
    }
    while exponent > 1023 {
        number *= two_to(1023);
        exponent -= 1023;
    }
    if exponent < -1022 {
        // The first step is exact: the number stays between 2^-970 and 1.
        number *= two_to(-900);
        exponent += 900;
    }
    number * two_to(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_reach_from_nothing_to_infinity() {
        assert_eq!(power_of_ten(3.0), 1000.0);
        assert_eq!(power_of_ten(22.0), 1e22);
        assert_eq!(power_of_ten(-2.0), 0.01);
        assert_eq!(power_of_ten(400.0), f64::INFINITY);
        assert_eq!(power_of_ten(-400.0), 0.0);
        assert_eq!(power_of_ten(f64::from(i32::MAX)), f64::INFINITY);
        assert!(power_of_ten(-320.0) > 0.0);
    }

    #[test]
    fn the_larger_of_zeros_is_the_positive_one() {
        assert!(larger(-0.0, 0.0).is_sign_positive());
        assert!(larger(0.0, -0.0).is_sign_positive());
        assert!(larger(f64::NAN, 1.0).is_nan());
    }
}
