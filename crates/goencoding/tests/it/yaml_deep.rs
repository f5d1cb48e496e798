//! Hostile texts and values: deep, huge or holding themselves. All are done with in a small stack, or refused.

use hoist_goencoding::yaml::{self, MAX_DEPTH, YamlError};
use hoist_govalue::{Map, Value};

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Nil, |inner, _| Value::Map(Map::from_iter([("a".into(), inner)])))
}

fn refused(text: &str) -> String {
    yaml::decode(text.as_bytes()).expect_err("it is refused").to_string()
}

#[test]
fn as_deep_as_it_may_be() {
    let text = "{a: ".repeat(MAX_DEPTH) + &"}".repeat(MAX_DEPTH);
    let value = yaml::decode(text.as_bytes()).expect("it is read");
    let written = yaml::encode(&value).expect("it is written");
    assert_eq!(yaml::encode(&nested(MAX_DEPTH)).expect("it is written"), written);
    assert!(yaml::encode_pretty(&value).is_ok());
    let block = String::from_utf8(written).expect("UTF-8");
    assert!(yaml::decode(block.as_bytes()).expect("it is read").deep_eq(&value));
    let key = format!("? {}\n: x\n", text.replacen("{a: ", "", 1).replacen('}', "", 1));
    assert!(refused(&key).contains("invalid map key: map[interface {}]interface {}{\"a\":map["));
}

#[test]
fn deeper_than_it_may_be() {
    let limit = format!("exceeded max depth of {MAX_DEPTH}");
    assert!(refused(&"[".repeat(100_000)).contains(&limit));
    assert!(refused(&"{a: ".repeat(100_000)).contains(&limit));
    assert!(refused(&"- ".repeat(100_000)).contains(&limit));
    assert!(refused(&"? ".repeat(100_000)).contains(&limit));
    let stairs: String = (0..2000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(refused(&stairs).contains(&limit));
    let value = nested(MAX_DEPTH + 1);
    assert!(matches!(yaml::encode(&value), Err(YamlError::Limit(_))));
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
