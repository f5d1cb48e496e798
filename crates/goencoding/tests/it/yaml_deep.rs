//! Hostile texts and values: deep, huge or holding themselves. All are done with in a small stack, or refused.

use hoist_goencoding::yaml::{self, MAX_DEPTH, YamlError};
use hoist_govalue::{Map, Value};

use crate::yaml_peer::{our_read_list_text, read_list_text, same};

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Nil, |inner, _| Value::list(vec![inner]))
}

fn refused(text: &str) -> String {
    yaml::decode(text.as_bytes()).expect_err("it is refused").to_string()
}

#[test]
fn as_deep_as_it_may_be() {
    let text = "[".repeat(MAX_DEPTH) + "~" + &"]".repeat(MAX_DEPTH);
    let value = yaml::decode(text.as_bytes()).expect("it is read");
    let written = yaml::encode(&value).expect("it is written");
    assert!(
        yaml::encode(&nested(MAX_DEPTH)).expect("it is written") == written,
        "the value is what was read"
    );
    assert!(yaml::encode_pretty(&value).is_ok());
    let maps = |depth: usize| "{a: ".repeat(depth) + &"}".repeat(depth);
    assert!(yaml::decode(maps(MAX_DEPTH).as_bytes()).is_ok());
    let key = format!("? {}\n: x\n", maps(MAX_DEPTH));
    assert!(refused(&key).contains("invalid map key: map[interface {}]interface {}{\"a\":map["));
    let null = format!("{{~: {}}}", maps(MAX_DEPTH - 1));
    assert!(refused(&null).contains("unsupported map key of type: %!s(<nil>), key: <nil>, value: map["));
}

/// Each beside what Helm says of it.
#[test]
fn deeper_than_it_may_be() {
    let mut texts = Vec::new();
    for depth in [10_000, 10_001] {
        texts.push("[".repeat(depth) + &"]".repeat(depth));
        texts.push("\n\n".to_owned() + &"{a: ".repeat(depth) + &"}".repeat(depth));
        texts.push("- ".repeat(depth) + "x\n");
        texts.push("? ".repeat(depth) + "x\n");
        texts.push("- ".repeat(depth - 10) + &"[".repeat(20) + &"]".repeat(20));
        texts.push("- ".repeat(depth - 10) + "b: {c: []}\n  a: " + &"{a: ".repeat(20) + &"}".repeat(20));
    }
    for hostile in ["[", "{a: ", "{", "- ", "? ", "-\n "] {
        texts.push(hostile.repeat(12_000));
    }
    same(&texts, &read_list_text(&texts), |text| {
        our_read_list_text(text.as_bytes())
    });
    let value = nested(MAX_DEPTH + 1);
    let refusal = yaml::encode(&value).expect_err("it is refused").to_string();
    assert_eq!(refusal, "yaml: exceeded max depth of 10000");
    assert!(matches!(yaml::encode_pretty(&value), Err(YamlError::Limit(_))));
}

#[test]
fn bombs() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in [
        ("b", "a"),
        ("c", "b"),
        ("d", "c"),
        ("e", "d"),
        ("f", "e"),
        ("g", "f"),
        ("h", "g"),
    ] {
        bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{of}"); 10].join(", "));
    }
    assert!(refused(&bomb).ends_with("yaml: document contains excessive aliasing"));
    let key = bomb.replace("h: &h", "? &h") + ": x\n";
    assert!(refused(&key).ends_with("yaml: document contains excessive aliasing"));
}

#[test]
fn what_holds_itself() {
    let map = Map::new();
    map.set("b".into(), Value::list(vec![Value::Map(map.clone())]));
    let refusal = yaml::encode(&Value::Map(map.clone())).expect_err("it is refused");
    assert_eq!(
        refusal.to_string(),
        "error marshaling into JSON: json: unsupported value: encountered a cycle via map[string]interface {}"
    );
    assert!(matches!(
        yaml::encode_pretty(&Value::Map(map.clone())),
        Err(YamlError::Limit(_))
    ));
    map.remove(b"b");
}
