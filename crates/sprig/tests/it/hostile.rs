//! No function panics, hangs or makes more than it may, whatever it is given: also of types that the evaluator refuses.

use hoist_govalue::{Kind, List, Map, Str, Type, Value};
use proptest::prelude::*;
use proptest::sample::select;

use crate::direct::{call, cases, samples};

/// A map that holds itself.
fn cyclic() -> Value {
    let map = Map::new();
    map.set("me".into(), map.clone().into());
    map.set("list".into(), Value::list(vec![map.clone().into()]));
    map.into()
}

/// Lists in lists.
fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::Nil, |inner, _| Value::list(vec![inner]))
}

/// Maps in maps.
fn deep_map(levels: usize) -> Value {
    (0..levels).fold(Value::from(Map::new()), |inner, _| {
        Map::from_iter([(Str::from("a"), inner)]).into()
    })
}

/// A map that holds the one below twice, and so on: as large as two to the power of `levels`.
fn shared(levels: usize) -> Value {
    (0..levels).fold(Value::from("x"), |inner, _| {
        let list = Value::list(vec![inner.clone(), inner]);
        Map::from_iter([(Str::from("a"), list.clone()), (Str::from("b"), list)]).into()
    })
}

fn leaf() -> impl Strategy<Value = Value> {
    let ints = || {
        select(vec![
            0,
            1,
            -1,
            2,
            3,
            7,
            -7,
            64,
            1000,
            i64::MAX,
            i64::MIN,
            i64::MAX - 1,
            1 << 40,
        ])
    };
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        ints().prop_map(Value::int),
        ints().prop_map(Value::int64),
        ints().prop_map(|number| Value::Uint(number.cast_unsigned(), Kind::Uint64)),
        any::<f64>().prop_map(Value::float),
        select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            f64::MIN_POSITIVE,
            -0.0,
            0.5
        ])
        .prop_map(Value::float),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::str),
        "\\PC{0,30}".prop_map(Value::from),
        select(vec!["a", "", ",", "http://h/", "[", "1.2.3", "2006", "aGVsbG8=", "1h"]).prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(|bytes| Value::Bytes(bytes.into())),
        Just(List::nil(Type::List).into()),
        Just(Map::nil(Type::Map).into()),
        Just(List::strings(["b", "a"]).into()),
        Just(Value::str("x".repeat(1 << 14))),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            prop::collection::btree_map("[a-c]{0,2}", inner, 0..4).prop_map(|entries| {
                let entries = entries.into_iter().map(|(key, value)| (Str::from(key), value));
                entries.collect::<Map>().into()
            }),
        ]
    })
}

fn names() -> Vec<&'static str> {
    let tables = crate::tables().flat_map(|(_, table)| table.iter().map(|(name, _)| *name));
    tables.chain(["shuffle"]).collect()
}

#[test]
fn no_function_panics() {
    let strategy = (select(names()), prop::collection::vec(value(), 0..5));
    for (name, args) in samples(cases() * 4, &strategy) {
        // What it answers is compared elsewhere.
        let _ = call(name, &args);
    }
}

#[test]
fn values_without_end_do_not_hold_a_function_up() {
    let (deep, deep_map) = (deep(20_000), deep_map(20_000));
    // Indented by two spaces a level, ten thousand levels fill the longest string before they are too deep.
    for name in names().into_iter().filter(|name| !name.ends_with("PrettyJson")) {
        for value in [cyclic(), deep.clone(), deep_map.clone()] {
            for args in [
                vec![value.clone()],
                vec![value.clone(), value.clone()],
                vec![",".into(), value.clone()],
                vec![Value::int(2), value.clone()],
                vec![value.clone(), "a".into(), value.clone()],
                vec!["a".into(), "b".into(), "d".into(), value.clone()],
            ] {
                // What sets a part of a map to the map itself has done so to these values, too: they end with this scope.
                let _ = call(name, &args);
            }
            if let Value::Map(map) = value {
                map.remove(b"me");
                map.remove(b"list");
            }
        }
    }
}

/// Nobody could write such a value down, but its parts are few. (What prints it stops at the longest string.)
#[test]
fn parts_that_are_shared_are_not_walked_on_every_way_to_them() {
    let twice = || vec![shared(64), shared(64)];
    for name in ["deepEqual", "has", "default", "list", "dict"] {
        let args = if name == "dict" {
            vec!["a".into(), shared(64)]
        } else {
            twice()
        };
        let args = if name == "has" {
            vec![shared(64), Value::list(twice())]
        } else {
            args
        };
        assert!(call(name, &args).is_ok(), "{name}");
    }
    let unique = call("uniq", &[Value::list(twice())]).unwrap();
    assert_eq!(unique.as_list().map(|list| list.len()), Some(1));
    for name in ["deepCopy", "merge", "mergeOverwrite"] {
        let args = if name == "deepCopy" { vec![shared(64)] } else { maps() };
        let error = call(name, &args).expect_err(name);
        assert!(error.contains("more than hoist makes"), "{name}: {error}");
    }
}

/// Two maps of which each holds the one below twice.
fn maps() -> Vec<Value> {
    let tower = || {
        (0..64).fold(Value::from(Map::new()), |inner, _| {
            Map::from_iter([(Str::from("a"), inner.clone()), (Str::from("b"), inner)]).into()
        })
    };
    vec![tower(), tower()]
}

/// Calls that would fill any memory.
#[test]
fn answers_that_are_too_large_are_refused_before_they_are_made() {
    let text = |length: usize| Value::str("x".repeat(length));
    let huge = || Value::int(i64::MAX);
    let spaces = || Value::str(" ".repeat(1 << 20));
    let commas = || Value::str(",".repeat(5 << 20));
    let calls: Vec<(&str, Vec<Value>)> = vec![
        ("repeat", vec![huge(), "ab".into()]),
        ("repeat", vec![Value::int(1 << 30), "a".into()]),
        ("indent", vec![huge(), "a".into()]),
        ("nindent", vec![Value::int(1 << 20), Value::str("\n".repeat(1 << 10))]),
        ("until", vec![huge()]),
        ("untilStep", vec![Value::int(i64::MIN), huge(), Value::int(1)]),
        ("seq", vec![Value::int(i64::MAX - 1)]),
        ("replace", vec!["".into(), text(1 << 10), text(1 << 20)]),
        ("replace", vec!["x".into(), text(1 << 10), text(1 << 20)]),
        ("wrapWith", vec![Value::int(1), text(1 << 10), text(1 << 20)]),
        (
            "join",
            vec![text(1 << 20), List::typed(Type::List, vec!["".into(); 1000]).into()],
        ),
        ("splitList", vec![",".into(), commas()]),
        ("splitList", vec!["".into(), commas()]),
        ("split", vec![",".into(), commas()]),
        ("quote", vec![Value::list(vec![text(1 << 20); 200])]),
        ("cat", vec![text(1 << 20); 200]),
        ("mulf", vec![Value::float(1e300); 60]),
    ];
    for (name, args) in calls {
        let answer = call(name, &args);
        let error = answer.expect_err(name);
        assert!(
            error.contains("hoist") || error.contains("more than"),
            "{name}: {error}"
        );
    }
    assert!(call("nospace", &[spaces()]).is_ok());
}

#[test]
fn long_lists_are_not_compared_pair_by_pair() {
    let numbers = || Value::list((0..300_000).map(Value::int).collect());
    let unique = call("uniq", &[numbers()]).unwrap();
    assert_eq!(unique.as_list().map(|list| list.len()), Some(300_000));
    let mut args = vec![numbers()];
    args.extend((0..300_000).map(Value::int));
    let none = call("without", &args).unwrap();
    assert_eq!(none.as_list().map(|list| list.len()), Some(0));
}
