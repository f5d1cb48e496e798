//! Constant numbers: read once into every type that can hold them, as Go's ideal constants are.

use hoist_govalue::strconv;

use crate::tree::Span;

/// A number in a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) text: Span,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    /// What it is where no type is asked for.
    pub(crate) ideal: Ideal,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    /// It fits an unsigned integer only.
    Overflow,
    /// It has an imaginary part: that is no value here, so it may stand in a text but not be evaluated.
    Complex,
}

/// Reads a character between single quotes.
pub(crate) fn character(text: Span, literal: &[u8]) -> Result<Number, String> {
    let inside = literal.get(1..).unwrap_or_default();
    let unquoted = strconv::unquote_char(inside, b'\'').ok_or("invalid syntax")?;
    if unquoted.rest != b"'" {
        return Err(format!(
            "malformed character constant: {}",
            String::from_utf8_lossy(literal)
        ));
    }
    let value = i64::from(unquoted.value);
    Ok(Number {
        text,
        int: Some(value),
        uint: Some(u64::from(unquoted.value)),
        float: Some(f64::from(unquoted.value)),
        ideal: Ideal::Int(value),
    })
}

/// Reads an integer, a float, or a complex number (a `pair` of two numbers is one).
pub(crate) fn number(text: Span, literal: &[u8], pair: bool) -> Result<Number, String> {
    let shown = || strconv::quote(literal);
    if let Some((b'i', real)) = literal.split_last()
        && (pair || strconv::parse_float(real, 64).is_ok())
    {
        return Ok(Number {
            text,
            int: None,
            uint: None,
            float: None,
            ideal: Ideal::Complex,
        });
    }
    let has = |set: &[u8]| literal.iter().any(|byte| set.contains(byte));
    let mut uint = strconv::parse_uint(literal, 0, 64).ok();
    let mut int = strconv::parse_int(literal, 0, 64).ok();
    if int == Some(0) {
        uint = Some(0);
    }
    #[allow(clippy::cast_precision_loss)]
    let float = match (int, uint) {
        (Some(int), _) => Some(int as f64),
        (None, Some(uint)) => Some(uint as f64),
        (None, None) => {
            let float = strconv::parse_float(literal, 64).ok();
            if let Some(float) = float {
                if !has(b".eEpP") {
                    return Err(format!("integer overflow: {}", shown()));
                }
                int = whole(float);
                uint = whole_unsigned(float);
            }
            float
        }
    };
    let hex = has(b"xX") && literal.len() > 2 && literal.first() == Some(&b'0') && !has(b"pP");
    let ideal = match (float, int, uint) {
        (Some(float), _, _) if !hex && has(b".eEpP") => Ideal::Float(float),
        (_, Some(int), _) => Ideal::Int(int),
        (_, None, Some(_)) => Ideal::Overflow,
        _ => return Err(format!("illegal number syntax: {}", shown())),
    };
    Ok(Number {
        text,
        int,
        uint,
        float,
        ideal,
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn whole(float: f64) -> Option<i64> {
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&float);
    (fits && float as i64 as f64 == float).then_some(float as i64)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn whole_unsigned(float: f64) -> Option<u64> {
    let fits = (0.0..18_446_744_073_709_551_616.0).contains(&float);
    (fits && float as u64 as f64 == float).then_some(float as u64)
}

#[cfg(test)]
mod tests {
    use super::{Ideal, character, number};
    use crate::tree::Span;

    const SPAN: Span = Span { start: 0, end: 0 };

    #[test]
    fn a_constant_is_all_that_it_can_be() {
        let read = |text: &str| number(SPAN, text.as_bytes(), false).map(|n| (n.int, n.uint, n.float, n.ideal));
        assert_eq!(read("7"), Ok((Some(7), Some(7), Some(7.0), Ideal::Int(7))));
        assert_eq!(read("-7"), Ok((Some(-7), None, Some(-7.0), Ideal::Int(-7))));
        assert_eq!(read("-0"), Ok((Some(0), Some(0), Some(0.0), Ideal::Int(0))));
        assert_eq!(read("1e3"), Ok((Some(1000), Some(1000), Some(1e3), Ideal::Float(1e3))));
        assert_eq!(read("1.5"), Ok((None, None, Some(1.5), Ideal::Float(1.5))));
        assert_eq!(
            read("9.3e18"),
            Ok((
                None,
                Some(9_300_000_000_000_000_000),
                Some(9.3e18),
                Ideal::Float(9.3e18)
            ))
        );
        assert_eq!(read("0x1e"), Ok((Some(30), Some(30), Some(30.0), Ideal::Int(30))));
        let most = u64::MAX;
        assert_eq!(
            read("18446744073709551615"),
            Ok((None, Some(most), Some(18_446_744_073_709_551_615.0), Ideal::Overflow))
        );
        assert_eq!(read("1e"), Err("illegal number syntax: \"1e\"".to_owned()));
        assert_eq!(
            read("99999999999999999999"),
            Err("integer overflow: \"99999999999999999999\"".to_owned())
        );
        assert_eq!(read("2i"), Ok((None, None, None, Ideal::Complex)));
        assert_eq!(read("xi"), Err("illegal number syntax: \"xi\"".to_owned()));
    }

    #[test]
    fn a_character_is_a_number() {
        let read = |text: &str| character(SPAN, text.as_bytes()).map(|number| number.int);
        assert_eq!(read("'a'"), Ok(Some(97)));
        assert_eq!(read("'\\n'"), Ok(Some(10)));
        assert_eq!(read("'é'"), Ok(Some(233)));
        assert_eq!(read("'ab'"), Err("malformed character constant: 'ab'".to_owned()));
        assert_eq!(read("''"), Err("invalid syntax".to_owned()));
    }
}
