//! Numbers and quotes, compared with Go's.

use hoist_govalue::{Value, fmt, strconv, utf8};
use proptest::prelude::*;

use crate::peer::{ask, literal};
use crate::values;

/// Every code point there is, in strings of 2048.
#[test]
fn every_character_is_quoted_as_go_quotes_it() {
    let mut expressions = Vec::new();
    let mut ours = Vec::new();
    for start in (0..0x11_0000u32).step_by(2048) {
        let text: String = (start..start + 2048).filter_map(char::from_u32).collect();
        // What is told to Go is the text itself, not our quoting of it.
        let raw = text
            .replace(['`', '\r', '\0', '"', '\\', '\n'], " ")
            .replace("}}", "} }");
        expressions.push(format!("printf \"%q\" \"{raw}\""));
        ours.push(strconv::quote(raw.as_bytes()));
    }
    for ((theirs, ours), expression) in ask(&expressions).iter().zip(&ours).zip(&expressions) {
        let theirs = String::from_utf8_lossy(theirs);
        if *ours != theirs {
            let at = ours
                .chars()
                .zip(theirs.chars())
                .position(|(ours, theirs)| ours != theirs);
            panic!("{at:?} in {expression}");
        }
    }
}

fn floats(numbers: &[f64]) {
    let formats = [
        "%v", "%e", "%.0e", "%.3f", "%.0f", "%.17g", "%.3g", "%g", "%x", "%.2x", "%X", "%b", "%.25f", "%.60e", "%#g",
    ];
    let mut expressions = Vec::new();
    let mut ours = Vec::new();
    for number in numbers {
        for format in formats {
            let value = Value::float(*number);
            expressions.push(format!("printf \"{format}\" {}", literal(&value)));
            ours.push(fmt::sprintf(format.as_bytes(), &[value]).unwrap());
        }
    }
    for ((theirs, ours), expression) in ask(&expressions).iter().zip(&ours).zip(&expressions) {
        assert_eq!(
            String::from_utf8_lossy(ours),
            String::from_utf8_lossy(theirs),
            "{expression}"
        );
    }
}

#[test]
fn floats_are_written_as_go_writes_them() {
    let mut numbers = vec![
        0.5,
        1.5,
        2.5,
        0.125,
        0.375,
        1e22,
        1e23,
        9007199254740993.0,
        2f64.powi(-44),
        2f64.powi(100),
    ];
    numbers.extend((-1074..1024).step_by(37).map(|power| 2f64.powi(power)));
    numbers.extend([
        0.3,
        2.0 / 3.0,
        4.35,
        0.000_001,
        123_456_789.0,
        1e-7,
        99999.5,
        999_999.5,
        f64::MIN_POSITIVE,
    ]);
    numbers.extend(values::sample(&values::float(), 60));
    floats(&numbers);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn floats_long() {
    for part in values::sample(&values::float(), 20_000).chunks(2000) {
        floats(part);
    }
}

/// Texts that are numbers, nearly.
fn numerals() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[-+]?[0-9]{0,20}(\\.[0-9]{0,25})?([eE][-+]?[0-9]{0,3})?",
        1 => "[-+]?0[xX][0-9a-fA-F_]{0,18}(\\.[0-9a-f]{0,8})?(p[-+]?[0-9]{1,4})?",
        1 => "[-+]?[0-9_.eE]{0,8}",
        1 => "[-+]?(?i:inf|infinity|nan|infi|in)[a-z]?",
        1 => "[0-9]{300,420}(e-3[0-9]{2})?",
    ]
}

/// `float64` tells what strconv.ParseFloat reads, and 0 where it reads nothing.
fn parse_floats(texts: &[String]) {
    let expressions: Vec<_> = texts
        .iter()
        .map(|text| format!("printf \"%x\" (float64 {})", strconv::quote(text.as_bytes())))
        .collect();
    for (text, theirs) in texts.iter().zip(ask(&expressions)) {
        let ours = strconv::parse_float(text.as_bytes(), 64).unwrap_or(0.0);
        let ours = fmt::sprintf(b"%x", &[Value::float(ours)]).unwrap();
        assert_eq!(
            String::from_utf8_lossy(&ours),
            String::from_utf8_lossy(&theirs),
            "{text}"
        );
    }
}

#[test]
fn floats_are_read_as_go_reads_them() {
    let texts = [
        "",
        "1",
        "+1",
        "-0",
        ".5",
        "5.",
        ".",
        "-",
        "+",
        "e5",
        "1e",
        "1e+",
        "1e5",
        "1E-5",
        "1_000",
        "1_000.5",
        "_1",
        "1_",
        "1__0",
        "1e1_0",
        "0x",
        "0x1",
        "0x1p",
        "0x1p4",
        "0x1.8p1",
        "0x.8p0",
        "0x.p0",
        "0x_1p0",
        "0x1p-1074",
        "0x1p-1075",
        "0x1.8p-1075",
        "0x1.fffffffffffff8p1023",
        "0x1p1024",
        "0x1.00000000000008p0",
        "0x1.00000000000018p0",
        "0x1.000000000000080001p0",
        "0x1fffffffffffffffffp0",
        "inf",
        "-Inf",
        "+INFINITY",
        "infinit",
        "nan",
        "NaN",
        "+nan",
        "-nan",
        "1e308",
        "1.8e308",
        "1e309",
        "-1e400",
        "1e-400",
        "4.9e-324",
        "2.4e-324",
        "2.5e-324",
        "1e99999999999",
        "1e-99999999999",
        "0e999999",
        "0x0p9999",
        "9007199254740993",
        "9007199254740992.99999999999999999999999",
        "1.7976931348623158e308",
        "1 ",
        " 1",
        "1f",
        "0b1",
        "0o7",
    ];
    parse_floats(&texts.map(str::to_owned));
    parse_floats(&values::sample(&numerals(), 400));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn floats_read_long() {
    parse_floats(&values::sample(&numerals(), 20_000));
}

#[test]
fn integers_are_read() {
    let read = |text: &str, base, bits| {
        strconv::parse_int(text.as_bytes(), base, bits).map_err(|error| (error.to_string(), error.nearest_int()))
    };
    for (text, base, bits, number) in [
        ("0", 10, 64, 0),
        ("-42", 10, 0, -42),
        ("+7", 10, 64, 7),
        ("ff", 16, 64, 255),
        ("0xFF", 0, 64, 255),
        ("-0b101", 0, 64, -5),
        ("0o17", 0, 64, 15),
        ("017", 0, 64, 15),
        ("1_000", 0, 64, 1000),
        ("0x_f", 0, 64, 15),
        ("0_7", 0, 64, 7),
        ("zz", 36, 64, 1295),
        ("127", 10, 8, 127),
        ("-128", 10, 8, -128),
        ("9223372036854775807", 10, 64, i64::MAX),
        ("-9223372036854775808", 10, 64, i64::MIN),
    ] {
        assert_eq!(read(text, base, bits), Ok(number), "{text}");
    }
    for (text, base, bits, message, nearest) in [
        ("", 10, 64, "parsing \"\": invalid syntax", 0),
        ("-", 10, 64, "parsing \"-\": invalid syntax", 0),
        ("x\n", 10, 64, "parsing \"x\\n\": invalid syntax", 0),
        ("08", 0, 64, "parsing \"08\": invalid syntax", 0),
        ("1_000", 10, 64, "parsing \"1_000\": invalid syntax", 0),
        ("1__0", 0, 64, "parsing \"1__0\": invalid syntax", 0),
        ("_1", 0, 64, "parsing \"_1\": invalid syntax", 0),
        ("0x", 0, 64, "parsing \"0x\": invalid syntax", 0),
        ("1", 1, 64, "parsing \"1\": invalid base 1", 0),
        ("128", 10, 8, "parsing \"128\": value out of range", 127),
        ("-129", 10, 8, "parsing \"-129\": value out of range", -128),
        (
            "9223372036854775808",
            10,
            64,
            "parsing \"9223372036854775808\": value out of range",
            i64::MAX,
        ),
        (
            "-99999999999999999999",
            10,
            0,
            "parsing \"-99999999999999999999\": value out of range",
            i64::MIN,
        ),
    ] {
        assert_eq!(
            read(text, base, bits),
            Err((format!("strconv.ParseInt: {message}"), nearest)),
            "{text}"
        );
    }
    let error = strconv::atoi(b"1.5").unwrap_err();
    assert_eq!(error.to_string(), "strconv.Atoi: parsing \"1.5\": invalid syntax");
    let error = strconv::parse_uint(b"-1", 10, 64).unwrap_err();
    assert_eq!(error.to_string(), "strconv.ParseUint: parsing \"-1\": invalid syntax");
    let error = strconv::parse_uint(b"256", 10, 8).unwrap_err();
    assert_eq!(error.nearest_uint(), 255);
    let error = strconv::parse_float(b"-1e999", 64).unwrap_err();
    assert_eq!(
        error.to_string(),
        "strconv.ParseFloat: parsing \"-1e999\": value out of range"
    );
    assert_eq!(error.nearest_float(), f64::NEG_INFINITY);
    let error = strconv::parse_bool(b"yes").unwrap_err();
    assert_eq!(error.to_string(), "strconv.ParseBool: parsing \"yes\": invalid syntax");
    assert_eq!(strconv::parse_bool(b"T"), Ok(true));
}

/// A template's strings are read by strconv.Unquote.
#[test]
fn literals_are_unquoted_as_go_does() {
    let literals = [
        r#""""#,
        r#""a""#,
        r#""\a\b\f\n\r\t\v\\\"""#,
        r#""\x41\101\u00e9\U0001F600""#,
        r#""\xff\377""#,
        r#""é日""#,
        "`raw \\n \"q\"`",
        "`a\r\nb`",
        r#""\ud7ff\ue000""#,
        r#""it's""#,
    ];
    let expressions: Vec<_> = literals.iter().map(|literal| format!("print {literal}")).collect();
    for (literal, theirs) in literals.iter().zip(ask(&expressions)) {
        assert_eq!(strconv::unquote(literal.as_bytes()), Some(theirs), "{literal}");
    }
    let broken = [
        "",
        "\"",
        "a",
        "\"a",
        "a\"",
        "\"a\"b",
        "\"\\q\"",
        "\"\\'\"",
        "\"\\x4\"",
        "\"\\400\"",
        "\"\\18\"",
        "\"\\ud800\"",
        "\"\\U00110000\"",
        "\"a\nb\"",
        "`a",
        "`a`b`",
        "'ab'",
        "'\\\"'",
        "'",
        "\"\\\"",
    ];
    for literal in broken {
        assert_eq!(strconv::unquote(literal.as_bytes()), None, "{literal}");
    }
    assert_eq!(strconv::unquote(b"'\\''"), Some(b"'".to_vec()));
    assert_eq!(strconv::unquote("'é'".as_bytes()), Some("é".into()));
}

proptest! {
    #[test]
    fn what_is_quoted_can_be_unquoted(bytes: Vec<u8>) {
        prop_assert_eq!(strconv::unquote(strconv::quote(&bytes).as_bytes()), Some(bytes.clone()));
        let ascii = strconv::quote_to_ascii(&bytes);
        prop_assert!(ascii.is_ascii());
        prop_assert_eq!(strconv::unquote(ascii.as_bytes()), Some(bytes));
    }

    #[test]
    fn runes_are_those_of_std_where_it_has_them(text: String) {
        let runes: String = utf8::runes(text.as_bytes()).map(|(_, rune, _)| rune).collect();
        prop_assert_eq!(utf8::count(text.as_bytes()), text.chars().count());
        prop_assert_eq!(utf8::decode_last(text.as_bytes()).0, text.chars().next_back().unwrap_or('\u{fffd}'));
        prop_assert_eq!(runes, text);
    }

    #[test]
    fn nothing_panics(text: Vec<u8>, number: f64, places in 0usize..400, base in 0u32..40, bits in 0u32..70) {
        let _ = strconv::unquote(&text);
        let _ = strconv::unquote_char(&text, b'"');
        let _ = strconv::parse_int(&text, base, bits);
        let _ = strconv::parse_float(&text, bits);
        for format in *b"beEfgGxXz" {
            for bits in [32, 64] {
                strconv::format_float(number, format, Some(places), bits);
                strconv::format_float(number, format, None, bits);
            }
        }
        let _ = fmt::sprintf(&text, &[Value::float(number), Value::str(text.clone())]);
    }
}
