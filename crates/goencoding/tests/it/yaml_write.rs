//! Writing YAML: tables of values, each compared with what Helm writes.

use hoist_goencoding::yaml;
use hoist_govalue::{Kind, List, Map, Object, Str, Type, Value};
use serde_json::{Value as Json, json};

use crate::yaml_peer::{go_value, our_write, refusals, same, write};

/// Strings, each written alone, as a value, as an item and as a key.
#[rustfmt::skip]
const STRINGS: &[&str] = &[
    "", " ", "  ", "a", "a b", " a", "a ", " a ", "a  b", "\ta", "a\t", "a\tb", "\t", "\n", "\n\n", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\na", "a\nb", "a\nb\n", "a\n\nb", "a\n b", "a \nb", "a\n b\n", " a\nb", "  a\n b\n", "a\nb ",
    "a\nb \n", "a\tb\nc", "\ta\nb", "a\n\tb", "a\n \n", "a\n\n b", "a\r\nb", "a\rb", "\r", "\r\n", "a\u{85}b", "\u{85}", "a \u{85} b", "a\u{85}\u{85}b", "a\n\u{85}b", "\u{85}---\u{85}b", "\u{85}--- b", "a\u{2028}b", "\u{2028}", "a\u{2029}b\nc", "a \u{2028}b",
    "a\u{2028} b", "a\u{2028}\nb", "\u{2028}a\nb", "a\u{2028}", "true", "True", "TRUE", "tRUE", "false", "yes", "Yes", "no", "NO", "on", "off", "y", "Y", "n", "N", "~", "null", "Null", "nil", "0", "1", "-1", "+1", "01", "08", "0777", "0o7", "0o8", "0o-7", "-0o7", "0x1F", "0xg", "0b1",
    "0b-1", "-0b1", "1_000", "_1", "1.5", ".5", "1.", "1e3", "1e999", "1E5", "1e", "-", "--", "---", "--- a", "---a", "...", "....", "... a", "-a", "- a", "- ", "-\ta", "+", ".", ".inf", "-.inf", ".nan", "inf", "1:30", "1:60", "12:30:45", "1:2:3.5", "1:2.", "1:", ":1", "190:20:30", "-1:30", "1_0:30",
    "2001-01-01", "2001-1-1", "2001-02-30", "2001-01-01T10:00:00Z", "2001-01-01t1:2:3+01:00", "2001-01-01 10:00:00", "2001-01-01  10:00:00.5", "2001-01-01T10:00:00", "2001-13-01", "2001-01", "20010101", "0.1.0", "v1.2.3", "1.2.3", "10Gi", "100m", "1Ki", "5s", "#", "#a", "a#b", "a #b", "a# b", "a\t#b", ",", ",a", "a,b", "[", "[a", "a[b", "]", "{", "{a", "a{b", "}", "&", "&a",
    "a&b", "*", "*a", "a*", "!", "!a", "a!", "|", "|a", ">", ">a", "'", "'a'", "a'b", "it's", "\"", "\"a\"", "a\"b", "%", "%a", "a%", "@", "@a", "`", "`a", "?", "? a", "?a", "a?b", ":", ": a", ":a", "a:", "a: b", "a:b", "a :b", "a: 'b'", "::", "=", "<<", "< a", "\\", "\\n", "a\\b", "\"\\\"", "{{ a }}", "${a}", "$(a)", "a=b", "a;b", "a/b", "/", "~a", "(a)",
    "http://a:80/b", "k8s.io/a", "a.b/c: d", "quay.io/a/b:v1@sha256:0", "*.a.b", "0.0.0.0/0", "::/0", "fd00::/8", "10.0.0.0/8", "\0", "\u{1}", "\u{7}", "\u{8}", "\u{b}", "\u{c}", "\u{1b}", "\u{1f}", "\u{7f}", "\u{80}", "\u{9f}", "\u{a0}", "a\u{a0}b", "\u{ad}", "\u{e9}", "\u{e9}t\u{e9}", "\u{200b}", "\u{3000}", "日本語", "日本 語", "\u{d7ff}", "\u{e000}", "\u{fdd0}",
    "\u{feff}", "\u{feff}a b", "a\u{feff}b", "\u{feff}a\n\u{e9}", "\u{fffd}", "\u{fffe}", "\u{ffff}", "\u{10000}", "\u{1F600}", "a \u{1F600} b", "a\n\u{1F600}", "\u{10ffff}", "<a>", "a & b", "a<b>&c",
];

fn long_strings() -> Vec<String> {
    let mut strings = Vec::new();
    for word in [
        "a",
        "ab",
        "abcdefg",
        "é",
        "日本",
        "'",
        "\"",
        "#",
        "a:",
        "\u{1F600}",
        "-",
        "a\\",
        "true",
    ] {
        for count in [10, 27, 41, 42, 81] {
            strings.push(vec![word; count].join(" "));
            strings.push(vec![word; count].join("  "));
            strings.push(vec![word; count].join("\t"));
            strings.push(format!("{}\n{word}", vec![word; count].join(" ")));
            strings.push(format!(" {}", vec![word; count].join(" ")));
            strings.push(format!("{} ", vec![word; count].join(" ")));
            strings.push(format!("- {}", vec![word; count].join(" ")));
            strings.push(format!("{}: x", vec![word; count].join(" ")));
            strings.push(word.repeat(count));
        }
    }
    for length in [
        77, 78, 79, 80, 81, 82, 126, 127, 128, 129, 130, 500, 1020, 1021, 1022, 1023, 1024, 1025, 2000,
    ] {
        strings.push("k".repeat(length));
        strings.push(format!("{} b c", "k".repeat(length)));
        strings.push(format!("{}  b c", "k".repeat(length)));
        strings.push("é".repeat(length));
        strings.push("<".repeat(length / 6));
        strings.push(format!("\u{85}{}", "k".repeat(length)));
    }
    strings
}

fn around(text: &str) -> Vec<Json> {
    vec![
        json!(text),
        json!({ "a": text }),
        json!([text, text]),
        json!({ text: 1 }),
        json!({ text: { text: [text, { text: text }] } }),
        json!([[text]]),
        json!({ "a": [{ "b": text, "c": [text] }] }),
        json!({ text: [], "b": {}, "c": [{}, []] }),
    ]
}

fn compare(values: Vec<Json>) {
    for some in values.chunks(400) {
        same(some, &write(some), our_write);
    }
}

#[test]
fn strings() {
    compare(STRINGS.iter().flat_map(|text| around(text)).collect());
}

#[test]
fn long_strings_are_folded() {
    compare(long_strings().iter().flat_map(|text| around(text)).collect());
}

#[test]
fn numbers() {
    let mut numbers = vec![
        0.0,
        -0.0,
        0.1,
        1.5,
        1e-5,
        1e-6,
        1e-7,
        1.5e-7,
        1e5,
        123_456.0,
        1e6,
        1_234_567.0,
        123_456_789.5,
        1e14,
        1e15,
    ];
    numbers.extend([
        1e16,
        1e17,
        1e18,
        1e19,
        1e20,
        1e21,
        1e22,
        1.5e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        0.000_123,
        1.0 / 3.0,
    ]);
    for power in 50..66 {
        let number = 2f64.powi(power);
        numbers.extend([
            number,
            number - 1.0,
            number + 1.0,
            number * 1.1,
            number + 2f64.powi(power - 52),
        ]);
    }
    let negative: Vec<f64> = numbers.iter().map(|number| -number).collect();
    numbers.extend(negative);
    compare(
        numbers
            .iter()
            .flat_map(|number| [json!(number), json!({ "a": [number] })])
            .collect(),
    );
}

#[test]
fn nestings() {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!({"a": null}),
        json!({"a": {}}),
        json!({"a": []}),
        json!([[[1]]]),
        json!([[1, 2], [3]]),
        json!([[], [[], []]]),
        json!([null, null]),
        json!({"a": [[1], [2]]}),
        json!({"a": {"b": {"c": [1, {"d": [2]}]}}}),
        json!([{"a": 1, "b": 2}, {"c": [3]}]),
        json!([[{"a": 1}]]),
        json!({"a": [{"b": {"c": 1}}]}),
    ];
    let long = "k".repeat(200);
    values.extend([
        json!({ &long: 1 }),
        json!({ &long: { "a": 1 } }),
        json!({ &long: [1, 2] }),
        json!([{ &long: [1], "b": 2 }]),
        json!({ "a\nb": "c" }),
        json!({ "a\nb": { "c\nd": ["e\nf"] } }),
        json!([{ "a\nb": [1] }]),
        json!({ "a": { &long: [[1]] } }),
        json!({ "a\n": 1, "\nb": [2], " c\n": {} }),
    ]);
    compare(values);
}

#[test]
fn keys_in_order() {
    let keys: Vec<&str> = "a b A B aa ab a1 a2 a10 a01 a001 a1b a1a a10b a1.5 a1.10 1 2 10 01 001 1a 10a 1.5 1.10 _ _a - -a . .a / a/b a-b a_b \
        a.b ab1 ab-1 ab_1 é e è ea Z z Ω 日 本 ١ ٢ ١٠ a١ ² a² Ⅷ ǅ ʰ ª 0 00 a0 a00 a0b a00b b0a b00a x9999999999999999999999 x10000000000000000000000 \
        x99999999999999999999990 v1alpha1 v1beta1 v1 v2 v10 true null ~ ' \" # : a: \u{1F600} \u{301} a\u{301}"
        .split_whitespace()
        .collect();
    let mut values = Vec::new();
    for (index, first) in keys.iter().enumerate() {
        for second in &keys[index + 1..] {
            values.push(json!({ *first: 1, *second: 2 }));
        }
    }
    compare(values);
}

#[test]
fn go_types() {
    let plain = |value: Value| String::from_utf8(yaml::encode(&value).expect("it is written")).expect("UTF-8");
    let pretty = |value: Value| String::from_utf8(yaml::encode_pretty(&value).expect("it is written")).expect("UTF-8");
    // As Helm writes `b64dec "/w=="`, `list "a"`, `int64 5` and so on.
    assert_eq!(plain(Value::str(&b"\xFF"[..])), "\u{FFFD}\n");
    assert_eq!(pretty(Value::str(&b"\xFF"[..])), "!!binary /w==\n");
    assert_eq!(plain(Value::Bytes((*b"abc").into())), "YWJj\n");
    assert_eq!(pretty(Value::Bytes((*b"abc").into())), "- 97\n- 98\n- 99\n");
    assert_eq!(plain(Value::int64(i64::MIN)), "-9223372036854775808\n");
    assert_eq!(plain(Value::Uint(u64::MAX, Kind::Uint64)), "18446744073709551615\n");
    assert_eq!(plain(Value::Float(f64::from(0.1f32), Kind::Float32)), "0.1\n");
    assert_eq!(pretty(Value::Float(f64::from(0.1f32), Kind::Float32)), "0.1\n");
    assert_eq!(plain(Value::Map(Map::nil(Type::Map))), "null\n");
    assert_eq!(pretty(Value::Map(Map::nil(Type::Map))), "{}\n");
    assert_eq!(plain(Value::List(List::nil(Type::StrList))), "null\n");
    assert_eq!(pretty(Value::List(List::nil(Type::StrList))), "[]\n");
    assert_eq!(pretty(Value::float(1e6)), "1e+06\n");
    assert_eq!(pretty(Value::float(f64::NEG_INFINITY)), "-.inf\n");
}

/// A Go value of a named type, with what encoding/json makes of it.
#[derive(Debug)]
struct Named(Type, Value);

impl Object for Named {
    fn ty(&self) -> Type {
        self.0
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("GitVersion", Value::from("v1")),
            ("hidden", Value::from("x")),
            ("Major", Value::int(1)),
        ]
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        Some(vec![
            (Value::from("b.txt"), Value::from("2")),
            (Value::from("a.txt"), Value::Bytes((*b"1").into())),
        ])
    }

    fn text(&self) -> Option<Str> {
        Some("1h0m0s".into())
    }

    fn plain(&self) -> Value {
        self.1.clone()
    }

    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

/// As Helm writes `.Capabilities.KubeVersion`, `.Files`, `semver "1.2.3"`, `toDate …` and `mustToDuration …`.
#[test]
fn go_objects() {
    let written = |name, kind, plain| {
        let value = Value::Object(std::rc::Rc::new(Named(Type::Named(name, kind), plain)));
        let text =
            |written: Result<Vec<u8>, yaml::YamlError>| String::from_utf8(written.expect("written")).expect("UTF-8");
        (text(yaml::encode(&value)), text(yaml::encode_pretty(&value)))
    };
    let both = |plain: &str, pretty: &str| (plain.to_owned(), pretty.to_owned());
    let json = go_value(&json!({ "major": "1" }));
    assert_eq!(
        written("common.KubeVersion", Kind::Struct, json.clone()),
        both("major: \"1\"\n", "gitversion: v1\nmajor: 1\n")
    );
    assert_eq!(
        written("engine.files", Kind::Map, json),
        both("major: \"1\"\n", "a.txt:\n  - 49\nb.txt: \"2\"\n")
    );
    assert_eq!(
        written("*semver.Version", Kind::Ptr, Value::from("1.2.3")),
        both("1.2.3\n", "1.2.3\n")
    );
    let time = "2020-01-02T00:00:00Z";
    assert_eq!(
        written("time.Time", Kind::Struct, Value::from(time)),
        both(&format!("\"{time}\"\n"), &format!("{time}\n"))
    );
    assert_eq!(
        written("time.Duration", Kind::Int64, Value::int64(5)),
        both("5\n", "1h0m0s\n")
    );
    assert_eq!(written("time.Month", Kind::Int, Value::int(3)), both("3\n", "3\n"));
}

#[test]
fn what_json_does_not_have() {
    let error = |value: Value| yaml::encode(&value).expect_err("it is refused").to_string();
    assert_eq!(
        error(Value::float(f64::NAN)),
        "error marshaling into JSON: json: unsupported value: NaN"
    );
    let map = Map::new();
    map.set("me".into(), Value::Map(map.clone()));
    assert_eq!(
        error(Value::Map(map.clone())),
        "error marshaling into JSON: json: unsupported value: encountered a cycle via map[string]interface {}"
    );
    assert!(matches!(
        yaml::encode_pretty(&Value::Map(map)),
        Err(yaml::YamlError::Limit(_))
    ));
    assert_eq!(error(Value::str("\u{7f}")), "yaml: control characters are not allowed");
    let long: Map = [("k".repeat(1100).into(), Value::Nil)].into_iter().collect();
    assert_eq!(error(Value::Map(long)), "yaml: did not find expected ',' or '}'");
}

#[test]
fn refusals_have_gos_texts() {
    let mut values = Vec::new();
    for text in ["\u{7f}", "a\u{80}b", "\u{fffe}", "\u{ffff}", "\u{85}--- a"] {
        values.extend([json!(text), json!({ "a": [text] }), json!({ text: 1 })]);
    }
    for length in [1019, 1020, 1021, 1022, 1023, 1024, 2000] {
        for piece in ["k", "é", "<", "\"", "\n"] {
            let key = piece.repeat(length / 6) + &"k".repeat(length - length / 6);
            if yaml::encode(&go_value(&json!({ &key: 1 }))).is_err() {
                values.extend([
                    json!({ &key: 1 }),
                    json!({ "a": [{ &key: {} }] }),
                    json!({ "a": "\u{7f}", &key: 1 }),
                ]);
            }
        }
    }
    values.push(json!({ "a\u{85}b": 1 }));
    values.push(json!({ "b": "\u{85}\u{85}x", "c\u{85}": { "d": 1 } }));
    let refused = |value: &Json| match yaml::encode(&go_value(value)) {
        Ok(written) => format!("written: {}", String::from_utf8_lossy(&written)),
        Err(error) => error.to_string(),
    };
    same(&values, &refusals(&values), refused);
}
