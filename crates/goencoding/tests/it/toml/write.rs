//! What is written.

use std::any::Any;
use std::rc::Rc;

use hoist_goencoding::toml::{self, TomlError};
use hoist_govalue::{Kind, Map, Object, Str, Type, Value};
use hoist_helmpeer::Case;
use proptest::prelude::*;

use super::{map, time, to_toml, written};
use crate::values;

#[test]
fn values_are_written() {
    let each = values::each();
    written(&each);
    let mut all: Vec<_> = each.iter().map(|value| map(&[("key", value.clone())])).collect();
    all.extend(each.iter().map(|value| Value::list(vec![value.clone(), value.clone()])));
    all.extend(each.iter().map(|value| map(&[("l", Value::list(vec![value.clone()]))])));
    let table = map(&[("x", Value::int(1)), ("é", Value::from("q\"\\\u{7f}\u{1}"))]);
    let empty = map(&[]);
    let tables = Value::list(vec![table.clone(), empty.clone(), table.clone()]);
    let mixed = Value::list(vec![table.clone(), Value::int(2), Value::list(vec![table.clone()])]);
    let gaps = map(&[
        ("a", Value::int(1)),
        ("b", Value::Nil),
        ("c", table.clone()),
        ("d", Value::Nil),
    ]);
    all.extend([
        map(&[
            ("z", Value::int(1)),
            ("a", table.clone()),
            ("m", Value::from("x")),
            ("t", tables.clone()),
        ]),
        map(&[
            (
                "a",
                map(&[
                    ("b", map(&[("c", table.clone()), ("k", Value::Nil)])),
                    ("v", Value::int(1)),
                ]),
            ),
            ("e", empty.clone()),
        ]),
        map(&[(
            "a",
            map(&[
                ("t", tables.clone()),
                ("u", Value::list(vec![map(&[("t", tables.clone())])])),
            ]),
        )]),
        map(&[
            ("m", mixed.clone()),
            ("n", Value::list(vec![mixed, Value::list(vec![])])),
        ]),
        map(&[("l", Value::list(vec![gaps.clone(), Value::int(1)]))]),
        map(&[("l", Value::list(vec![map(&[("b", Value::Nil)]), Value::int(1)]))]),
        map(&[(
            "l",
            Value::list(vec![map(&[("l", Value::list(vec![Value::Nil]))]), Value::int(1)]),
        )]),
        map(&[
            ("", Value::int(1)),
            ("a b", table.clone()),
            ("a.b", map(&[("", table.clone())])),
        ]),
        map(&[("only", map(&[("nested", map(&[("x", table.clone())]))]))]),
        map(&[("t", Value::list(vec![map(&[]), map(&[])]))]),
        gaps,
        tables,
        Value::list(vec![empty]),
    ]);
    written(&all);
}

#[test]
fn depth_is_limited() {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(depths);
    thread.unwrap().join().unwrap();
}

fn depths() {
    for (open, close) in [("[", "]"), ("{b=", "}"), ("[{c=", "}]")] {
        let text = |depth: usize| format!("a = {}{}{}", open.repeat(depth), "1", close.repeat(depth));
        let value = toml::decode(text(400).as_bytes(), &time).unwrap();
        toml::encode(&Value::Map(value)).unwrap();
        assert!(matches!(
            toml::decode(text(1001).as_bytes(), &time),
            Err(TomlError::Limit(_))
        ));
        // As deep as may be, without an error and with one.
        let brackets = format!("{}{}", open.repeat(900), close.repeat(900));
        drop(toml::decode(format!("a = {brackets}").as_bytes(), &time));
        assert!(toml::decode(format!("a = {}", open.repeat(900)).as_bytes(), &time).is_err());
    }
    toml::decode(format!("{}b = 1", "a.".repeat(900)).as_bytes(), &time).unwrap();
    let mut value = Value::int(1);
    for _ in 0..2000 {
        value = Value::list(vec![value]);
    }
    assert!(matches!(toml::encode(&map(&[("a", value)])), Err(TomlError::Limit(_))));
}

#[test]
#[ignore = "looks at millions of values: for the long run"]
fn ways_to_values_are_limited() {
    let shared = (0..64).fold(Value::int(1), |inner, _| Value::list(vec![inner.clone(), inner]));
    assert!(matches!(toml::encode(&map(&[("a", shared)])), Err(TomlError::Limit(_))));
}

#[test]
fn what_kills_a_rendering() {
    let theirs = hoist_helmpeer::text("{{ toToml nil }}", &serde_json::json!({})).unwrap_err();
    let TomlError::Panic(ours) = toml::encode(&Value::Nil).unwrap_err() else {
        panic!("nil is no document");
    };
    assert!(theirs.contains(&ours), "{theirs}");

    let holds_itself = Map::new();
    holds_itself.set(Str::from("me"), Value::Map(holds_itself.clone()));
    assert!(matches!(
        toml::encode(&Value::Map(holds_itself.clone())),
        Err(TomlError::Limit(_))
    ));
    let in_list = map(&[("l", Value::list(vec![Value::Map(holds_itself.clone()), Value::int(1)]))]);
    assert!(matches!(toml::encode(&in_list), Err(TomlError::Limit(_))));
    holds_itself.remove(b"me");

    for text in [
        "a = [".repeat(10_000),
        "[".to_owned() + &"a.".repeat(10_000),
        "a = {b = ".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
    ] {
        assert!(toml::decode(text.as_bytes(), &time).is_err());
    }
    let deep = format!("a = {}{}", "[".repeat(1001), "]".repeat(1001));
    assert!(matches!(toml::decode(deep.as_bytes(), &time), Err(TomlError::Limit(_))));
}

#[test]
fn generated_values_are_written() {
    written(&values::sample(&tables(), 400));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_values_are_written_long() {
    for part in values::sample(&tables(), 12_000).chunks(2000) {
        written(part);
    }
}

/// Maps whose values seldom are nil.
fn tables() -> impl Strategy<Value = Value> {
    let leaf = values::arbitrary().prop_map(|value| match value {
        Value::Nil => Value::int(5),
        value => value,
    });
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::list),
            2 => entries(inner.clone()),
            2 => proptest::collection::vec(entries(inner), 1..3).prop_map(Value::list),
        ]
    });
    prop_oneof![6 => entries(value), 1 => values::arbitrary()]
}

fn entries(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-c1\"é. ]{0,3}", value, 0..4)
        .prop_map(|map| Value::Map(map.into_iter().map(|(key, value)| (Str::from(key), value)).collect()))
}

/// Helm's `common.KubeVersion`.
#[derive(Debug)]
struct KubeVersion;

impl Object for KubeVersion {
    fn ty(&self) -> Type {
        Type::Named("common.KubeVersion", Kind::Struct)
    }
    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", "v1.30.1".into()),
            ("normalizedVersion", "v1.30.1".into()),
            ("Major", "1".into()),
            ("Minor", "30".into()),
        ]
    }
    fn plain(&self) -> Value {
        Value::Nil
    }
    fn any(&self) -> &dyn Any {
        self
    }
}

#[test]
fn structs_are_written() {
    let version = || Value::Object(Rc::new(KubeVersion));
    let templates = [
        ("toToml .Capabilities.KubeVersion", version()),
        (
            "toToml (dict \"v\" .Capabilities.KubeVersion)",
            map(&[("v", version())]),
        ),
        (
            "toToml (list 1 .Capabilities.KubeVersion)",
            Value::list(vec![Value::int(1), version()]),
        ),
        (
            "toToml (dict \"l\" (list .Capabilities.KubeVersion .Capabilities.KubeVersion))",
            map(&[("l", Value::list(vec![version(), version()]))]),
        ),
    ];
    for (template, value) in templates {
        let mut case = Case::template(format!("{{{{ {template} }}}}"));
        case.kube_version = Some("v1.30.1".to_owned());
        let theirs = hoist_helmpeer::render(&case).unwrap();
        let ours = String::from_utf8(to_toml(&value).unwrap()).unwrap();
        assert_eq!(theirs.values().next(), Some(&ours), "{template}");
    }
}
