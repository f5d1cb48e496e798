//! Values to print: by hand and at random.

use hoist_govalue::{Kind, List, Map, Str, Type, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

/// Values of each kind, with those among them that are special.
pub(crate) fn each() -> Vec<Value> {
    let mut values = vec![Value::Nil, Value::Bool(true), Value::Bool(false)];
    for number in [
        0,
        1,
        -1,
        7,
        42,
        -300,
        65,
        0xe9,
        0x1f600,
        0xd800,
        0x11_0000,
        i64::MAX,
        i64::MIN,
    ] {
        values.push(Value::int(number));
    }
    values.push(Value::int64(-5));
    values.extend([0u64, 1, 10, 255].map(|number| Value::Uint(number, Kind::Uint8)));
    values.extend(
        [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            100.0,
            123_456.0,
            1e5,
            999_999.5,
            1e6,
            1_234_567.0,
            1e20,
            1e21,
            1.5e300,
            1e-4,
            1e-5,
            2.5,
            3.5,
            0.000_012_345,
            5e-324,
            f64::MAX,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ]
        .map(Value::float),
    );
    values.extend(
        [
            "",
            "a",
            "hello world",
            "a\"b\\c`d",
            "tab\there\nline",
            "日本語",
            "é",
            "\u{feff}bom",
            "\u{ad}\u{200b}\u{1f600}",
        ]
        .map(Value::from),
    );
    values.extend([&b"\xff\xfe"[..], b"a\xc3", b"\xed\xa0\x80z"].map(Value::str));
    values.extend([&b"b"[..], b"ab\x00\xff", b"text"].map(|bytes| Value::Bytes(bytes.into())));
    values.push(Value::list(vec![]));
    values.push(Value::list(vec![
        "a".into(),
        Value::int(3),
        Value::Nil,
        Value::float(1e6),
        Value::Bool(true),
    ]));
    values.push(Value::list(vec![
        Value::list(vec![Value::Bytes(b"ab"[..].into())]),
        map(&[("k", Value::Nil)]),
    ]));
    values.push(Value::List(List::strings(["x", "", "y z"])));
    values.push(Value::List(List::typed(
        Type::IntList,
        vec![Value::int(0), Value::int(1)],
    )));
    values.push(map(&[]));
    values.push(map(&[
        ("b", Value::int(1)),
        ("a", "text".into()),
        ("", map(&[("x", Value::float(0.5))])),
    ]));
    values.push(Value::Map(Map::typed(
        Type::StrMap,
        [("_0", "p"), ("_1", "q")]
            .map(|(key, value)| (Str::from(key), value.into()))
            .into(),
    )));
    values
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(
        entries
            .iter()
            .map(|(key, value)| (Str::from(*key), value.clone()))
            .collect(),
    )
}

/// Any value that [`crate::peer::literal`] can write.
pub(crate) fn arbitrary() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,8}".prop_map(Value::from),
        "\\PC{0,4}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..6).prop_map(Value::str),
    ];
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::int),
        (-200i64..200).prop_map(Value::int),
        (0i64..0x11_0000).prop_map(Value::int),
        any::<i32>().prop_map(|number| Value::int64(number.into())),
        any::<u8>().prop_map(|number| Value::Uint(number.into(), Kind::Uint8)),
        float().prop_map(Value::float),
        text,
        proptest::collection::vec(any::<u8>(), 1..6).prop_map(|bytes| Value::Bytes(bytes.into())),
        (1i64..4).prop_map(|count| Value::List(List::typed(Type::IntList, (0..count).map(Value::int).collect()))),
        proptest::collection::vec("[a-z ]{0,4}", 0..4).prop_map(|items| Value::List(List::strings(items))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            proptest::collection::btree_map("[a-c\"é ]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().map(|(key, value)| (Str::from(key), value)).collect())),
        ]
    })
}

/// Floating-point numbers: of all sizes, and short ones.
pub(crate) fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        any::<u64>().prop_map(f64::from_bits),
        (-1000i32..1000, -30i32..30).prop_map(|(digits, power)| format!("{digits}e{power}").parse().unwrap()),
        (-100_000i32..100_000).prop_map(|eighths| f64::from(eighths) / 8.0),
    ]
    .prop_filter("nan has one literal", |number| !number.is_nan())
}

/// So many of them, the same in each run.
pub(crate) fn sample<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).expect("a value is made").current())
        .collect()
}
