//! JSON, compared with Go's.

use hoist_goencoding::json::{self, JsonError};
use hoist_govalue::{Kind, Map, Object, Str, Type, Value, strconv};
use proptest::prelude::*;

use crate::peer::{ask, literal};
use crate::values;

fn compare(cases: Vec<(String, Vec<u8>)>) {
    let expressions: Vec<_> = cases.iter().map(|(expression, _)| expression.clone()).collect();
    for ((expression, ours), theirs) in cases.iter().zip(ask(&expressions)) {
        assert_eq!(
            String::from_utf8_lossy(ours),
            String::from_utf8_lossy(&theirs),
            "{expression}"
        );
        assert_eq!(*ours, theirs, "{expression}");
    }
}

/// What the functions of templates print, which say nothing of errors.
fn written(values: &[Value]) {
    let mut cases = Vec::new();
    for value in values {
        let literal = literal(value);
        cases.push((format!("toJson {literal}"), json::encode(value).unwrap_or_default()));
        cases.push((
            format!("toPrettyJson {literal}"),
            json::encode_pretty(value).unwrap_or_default(),
        ));
        // This one tells its errors.
        if let Ok(text) = json::encode_raw(value) {
            cases.push((format!("toRawJson {literal}"), text));
        }
    }
    compare(cases);
}

#[test]
fn values_are_written() {
    let mut all = values::each();
    all.extend(
        [
            "<a href=\"x\">&amp;</a>",
            "\u{2028}\u{2029}",
            "\u{7f}\u{80}",
            "\0\u{1}\u{8}\u{c}\u{1f}",
            "/",
            "日本\u{10ffff}",
        ]
        .map(Value::from),
    );
    all.push(Value::str(&b"a\xe2\x80\xa8\xe2\x80b\xff\xed\xa0\x80"[..]));
    for number in [
        1e-6,
        9.99e-7,
        1e-9,
        1e-10,
        1.5e-300,
        1e15,
        1e16,
        1e20,
        1e21,
        1.5e21,
        1e100,
        -1e-7,
        -0.0,
        0.1,
        1e14 + 0.5,
    ] {
        all.push(Value::float(number));
    }
    all.push(Value::list(vec![
        Value::list(vec![]),
        Value::Map(Map::new()),
        Value::list(all.clone()),
    ]));
    written(&all);
}

#[test]
fn generated_values_are_written() {
    written(&values::sample(&values::arbitrary(), 300));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_values_are_written_long() {
    for part in values::sample(&values::arbitrary(), 12_000).chunks(2000) {
        written(part);
    }
}

/// As Helm's `fromJson`.
fn from_json(text: &[u8]) -> Value {
    let (map, error) = json::decode_map(text);
    if let Some(error) = error {
        map.set(Str::from("Error"), Value::from(error.to_string()));
    }
    Value::Map(map)
}

/// As Helm's `fromJsonArray`.
fn from_json_array(text: &[u8]) -> Value {
    match json::decode_list(text) {
        Ok(list) => Value::List(list),
        Err(error) => Value::list(vec![Value::from(error.to_string())]),
    }
}

fn read(texts: &[Vec<u8>]) {
    let mut cases = Vec::new();
    for text in texts {
        let literal = strconv::quote(text);
        let printed = |value: Value| hoist_govalue::fmt::sprintf(b"%#v", &[value]).unwrap();
        cases.push((format!("fromJson {literal} | printf \"%#v\""), printed(from_json(text))));
        cases.push((
            format!("fromJsonArray {literal} | printf \"%#v\""),
            printed(from_json_array(text)),
        ));
        // A value of any type, in a list.
        let wrapped = [b"[", text.as_slice(), b"]"].concat();
        let literal = strconv::quote(&wrapped);
        cases.push((
            format!("fromJsonArray {literal} | printf \"%#v\""),
            printed(from_json_array(&wrapped)),
        ));
    }
    compare(cases);
}

#[test]
fn texts_are_read() {
    let texts = [
        "",
        " ",
        "null",
        "true",
        "false",
        "1",
        "\"s\"",
        "[]",
        "{}",
        "[1]",
        "{\"a\":1}",
        " { \"a\" : [ 1 , 2 ] } ",
        "nul",
        "nulL",
        "tru",
        "trux",
        "fals",
        "f",
        "t",
        "n",
        "x",
        "-",
        "-x",
        "-1",
        "01",
        "1.",
        "1.x",
        "1.5",
        "1e",
        "1e+",
        "1ex",
        "1e5",
        "1E-5",
        "1e400",
        "-1e400",
        "[1e400,2]",
        "{\"a\":1e400,\"b\":2}",
        "{\"a\":[1e999],\"b\":1e998}",
        "{\"a\":1e400,}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "[",
        "{",
        "{\"",
        "{\"a",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\"}",
        "{\"a\":}",
        "{1:2}",
        "{\"a\":1}x",
        "{} {}",
        "[]]",
        "{\"a\":1,\"a\":2}",
        "{\"b\":{\"x\":1},\"b\":{\"y\":2}}",
        "\"\\",
        "\"\\x\"",
        "\"\\u\"",
        "\"\\u12",
        "\"\\u12g4\"",
        "\"\\u00e9\\n\\/\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\ude00\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ud83d\\ud83d\\ude00\"",
        "\"\\ud83d\\n\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"\u{7f}\"",
        "'a'",
        "{\"a\":'b'}",
        "[\"]",
        "é",
        "[é]",
        "\u{feff}{}",
        "{\"\":null}",
        "{\"é\":\"日\"}",
        "0",
        "-0",
        "0.0",
        "123456789012345678901234567890",
        "[\"a\\\"b\"]",
        "\r\n\t {}\r\n",
        "[nullx]",
        "[true false]",
        "[1.5.5]",
        "[--1]",
        "[+1]",
        "[.5]",
        "[0x10]",
        "[NaN]",
        "[Infinity]",
        "{\"a\":\"\\\"}",
        "{\"a\":\"<\"}",
        "// c",
        "[\\]",
        "[\"\\u0000\"]",
    ];
    let mut texts: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.extend(
        [
            &b"\"\xff\""[..],
            b"[\"a\xe2\x80\"]",
            b"\xff",
            b"[\xc3]",
            b"\"\xed\xa0\x80\"",
            b"{\"\xff\":1}",
            b"[\x00]",
            b"[\"\x00\"]",
            b"\x85",
        ]
        .map(<[u8]>::to_vec),
    );
    read(&texts);
}

/// Texts that are JSON, nearly.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let document = values::arbitrary().prop_filter_map("finite", |value| json::encode(&value).ok());
    let tokens = proptest::collection::vec(
        prop_oneof![
            Just("{"),
            Just("}"),
            Just("["),
            Just("]"),
            Just(":"),
            Just(","),
            Just("\"a\""),
            Just("1"),
            Just("null"),
            Just("true"),
            Just(" "),
            Just("-1.5e3"),
            Just("\"\\u00"),
            Just("\"b\":"),
            Just("\\"),
            Just("\"")
        ],
        0..8,
    );
    prop_oneof![
        (
            document,
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            0..5,
            "[ -~\\n]{1,2}"
        )
            .prop_map(|(mut text, at, to, change, insert)| {
                let (at, to) = (at.index(text.len()), to.index(text.len()));
                match change {
                    0 => text.truncate(at),
                    1 => drop(text.splice(at..at, insert.bytes())),
                    2 => drop(text.splice(at..=at, insert.bytes())),
                    3 => text.swap(at, to),
                    _ => {}
                }
                text
            }),
        tokens.prop_map(|tokens| tokens.concat().into_bytes()),
        "[-+0-9.eE]{1,6}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| [b"\"", bytes.as_slice(), b"\""].concat()),
    ]
}

#[test]
fn generated_texts_are_read() {
    read(&values::sample(&texts(), 300));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_texts_are_read_long() {
    for part in values::sample(&texts(), 10_000).chunks(2000) {
        read(part);
    }
}

/// `--set-json` reads a value, and goes on behind it.
#[test]
fn the_beginning_of_a_text_is_read() {
    let texts = [
        "1",
        "1,b=2",
        "-1.5e3,b=2",
        "1x",
        "01",
        "true,b=[]",
        "truex",
        "null ,b=1",
        "\"a,b\",c=1",
        "{\"a\":[1,2]},b={}",
        "[1]]",
        "{} {}",
        "[1, 2",
        "{\"a\"",
        "\"a",
        "tru",
        "-",
        "1e",
        "1e999,b=1",
        "[1e999]",
        "nope",
        "[1 2]",
        "{a:1}",
        "'x'",
        "\"\\q\"",
        "[",
        "\"\\u12",
    ];
    let cases: Vec<_> = texts
        .iter()
        .map(|text| hoist_helmpeer::Case::template("").set(hoist_helmpeer::Kind::Json, format!("a={text}")))
        .collect();
    for (text, theirs) in texts.iter().zip(hoist_helmpeer::merge_all(&cases)) {
        match (json::decode_prefix(text.as_bytes()), theirs) {
            // Helm does not tell why.
            (Err(_), theirs) => assert!(theirs.is_err(), "{text}: {theirs:?}"),
            (Ok((value, _)), Ok(merged)) => {
                let ours: serde_json::Value = serde_json::from_slice(&json::encode(&value).unwrap()).unwrap();
                assert_eq!(ours, merged.json["a"], "{text}");
            }
            // What follows is Helm's to judge, and it may refuse it.
            (Ok((_, length)), Err(theirs)) => assert!(length < text.len(), "{text}: {theirs}"),
        }
    }
    let error = |text: &str| json::decode_prefix(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error(" "), "EOF");
    assert_eq!(error("[1,"), "unexpected EOF");
    assert_eq!(error("tru"), "unexpected EOF");
    assert_eq!(error("trx"), "invalid character 'x' in literal true (expecting 'u')");
    assert_eq!(json::decode_prefix(b"{\"a\":1} ,b").map(|(_, length)| length), Ok(7));
}

#[test]
fn what_cannot_be_written_says_why() {
    let map = Map::new();
    map.set(Str::from("me"), Value::Map(map.clone()));
    let around = Value::list(vec![Value::Map(map.clone())]);
    for (value, template) in [
        (Value::float(f64::NAN), "mustToJson (float64 \"NaN\")"),
        (
            Value::list(vec![Value::float(f64::NEG_INFINITY)]),
            "mustToJson (list (float64 \"-Inf\"))",
        ),
        (
            Value::Map(map.clone()),
            "$m := dict }}{{ $_ := set $m \"me\" $m }}{{ mustToJson $m",
        ),
        (
            around,
            "$m := dict }}{{ $_ := set $m \"me\" $m }}{{ mustToJson (list $m)",
        ),
    ] {
        let ours = json::encode(&value).unwrap_err().to_string();
        let theirs = hoist_helmpeer::text(&format!("{{{{ {template} }}}}"), &serde_json::json!({})).unwrap_err();
        assert!(theirs.contains(&ours), "{theirs}\nis not because of\n{ours}");
    }
    map.remove(b"me");
}

/// On a stack that is far too small for such depths.
fn on_a_small_stack(work: fn()) {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn depth_is_limited() {
    on_a_small_stack(depths);
}

fn depths() {
    let text = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    let deep = json::decode(text(json::MAX_DEPTH).as_bytes()).unwrap();
    let written = json::encode(&deep).unwrap();
    assert_eq!(written, text(json::MAX_DEPTH).as_bytes());
    assert_eq!(
        json::encode_pretty(&Value::list(vec![deep])).unwrap_err(),
        JsonError::Limit("a value is nested more than 10000 deep".to_owned())
    );
    let error = json::decode(text(json::MAX_DEPTH + 1).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "invalid character '[' exceeded max depth");
    assert!(json::decode("{\"a\":".repeat(100_000).as_bytes()).is_err());
}

#[test]
#[ignore = "writes a hundred megabytes: for the long run"]
fn size_is_limited() {
    // Each level doubles what is written.
    let mut list = Value::from("x".repeat(1 << 20));
    for _ in 0..60 {
        list = Value::list(vec![list.clone(), list]);
    }
    assert!(matches!(json::encode(&list), Err(JsonError::Limit(_))));
}

#[derive(Debug)]
struct Thing(Type);

impl Object for Thing {
    fn ty(&self) -> Type {
        self.0
    }
    fn members(&self) -> Option<Vec<(&'static str, Value)>> {
        (self.0.kind() == Kind::Struct).then(|| vec![("z", Value::int(1)), ("a", Value::list(vec![Value::Nil]))])
    }
    fn plain(&self) -> Value {
        Value::list(vec!["plain".into()])
    }
    fn any(&self) -> &dyn std::any::Any {
        self
    }
}

#[test]
fn objects_are_written_as_they_tell() {
    let thing = |name, kind| Value::Object(std::rc::Rc::new(Thing(Type::Named(name, kind))));
    let of = |value: &Value| json::encode(value).map(|text| String::from_utf8(text).unwrap());
    let ordered = Value::list(vec![thing("m.S", Kind::Struct)]);
    assert_eq!(of(&ordered).as_deref(), Ok(r#"[{"z":1,"a":[null]}]"#));
    let pretty = String::from_utf8(json::encode_pretty(&ordered).unwrap()).unwrap();
    assert_eq!(pretty, "[\n  {\n    \"z\": 1,\n    \"a\": [\n      null\n    ]\n  }\n]");
    assert_eq!(of(&thing("m.T", Kind::Ptr)).as_deref(), Ok(r#"["plain"]"#));
    let error = of(&thing("func() string", Kind::Func)).unwrap_err();
    assert_eq!(error.to_string(), "json: unsupported type: func() string");
    assert_eq!(of(&Value::Map(Map::nil(Type::Map))).as_deref(), Ok("null"));
    assert_eq!(of(&Value::Float(0.1f32.into(), Kind::Float32)).as_deref(), Ok("0.1"));
}

proptest! {
    #[test]
    fn what_is_written_is_read(value in values::arbitrary()) {
        if let Ok(text) = json::encode(&value) {
            // Long integers lose digits at the first reading, and none after it.
            let read = json::decode(&text).unwrap();
            let text = json::encode(&read).unwrap();
            let pretty = json::encode_pretty(&read).unwrap();
            for written in [&text, &pretty] {
                prop_assert_eq!(json::encode(&json::decode(written).unwrap()).unwrap(), text.clone());
            }
        }
    }

    #[test]
    fn nothing_panics(text: Vec<u8>) {
        let _ = json::decode(&text);
        let _ = json::decode_map(&text);
    }
}
