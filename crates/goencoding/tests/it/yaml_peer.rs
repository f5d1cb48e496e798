//! What the real Helm reads and writes, asked in batches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_goencoding::{json, yaml};
use hoist_govalue::{Map, Value};
use serde_json::json;

/// A template that handles each element of a list, and the answers, one a line in JSON.
fn each(template: &str, items: &serde_json::Value) -> Vec<serde_json::Value> {
    let template = format!("{{{{ range .Values.items }}}}{template}\n{{{{ end }}}}");
    let text = hoist_helmpeer::text(&template, &json!({ "items": items })).expect("Helm renders it");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

fn encoded<T: AsRef<[u8]>>(texts: &[T]) -> serde_json::Value {
    texts.iter().map(|text| STANDARD.encode(text)).collect()
}

/// What `fromYaml` makes of texts.
pub(crate) fn read<T: AsRef<[u8]>>(texts: &[T]) -> Vec<serde_json::Value> {
    each("{{ b64dec . | fromYaml | toJson }}", &encoded(texts))
}

/// What we make of a text, as `fromYaml` would.
pub(crate) fn our_read(text: &[u8]) -> serde_json::Value {
    match yaml::decode_map(text) {
        Ok(map) => ours(&Value::Map(map)),
        Err(error) => json!({ "Error": error.to_string() }),
    }
}

/// What `fromYamlArray` makes of texts.
pub(crate) fn read_list<T: AsRef<[u8]>>(texts: &[T]) -> Vec<serde_json::Value> {
    each("{{ b64dec . | fromYamlArray | toJson }}", &encoded(texts))
}

/// What we make of a text, as `fromYamlArray` would.
pub(crate) fn our_read_list(text: &[u8]) -> serde_json::Value {
    match yaml::decode_list(text) {
        Ok(list) => ours(&Value::List(list)),
        Err(error) => json!([error.to_string()]),
    }
}

/// What `fromYamlArray` makes of texts, as JSON that may be too deep to be read.
pub(crate) fn read_list_text<T: AsRef<[u8]>>(texts: &[T]) -> Vec<String> {
    let answers = each("{{ b64dec . | fromYamlArray | toJson | toJson }}", &encoded(texts));
    answers
        .iter()
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect()
}

/// What we make of a text, as JSON.
pub(crate) fn our_read_list_text(text: &[u8]) -> String {
    let value = match yaml::decode_list(text) {
        Ok(list) => Value::List(list),
        Err(error) => Value::list(vec![Value::from(error.to_string())]),
    };
    let text = json::encode(&value).expect("what YAML holds can be written as JSON");
    String::from_utf8(text).expect("what we write is UTF-8")
}

fn ours(value: &Value) -> serde_json::Value {
    let text = json::encode(value).expect("what YAML holds can be written as JSON");
    serde_json::from_slice(&text).expect("what we write is JSON")
}

/// What `toYaml` and `toYamlPretty` write.
pub(crate) fn write(values: &[serde_json::Value]) -> Vec<(String, String)> {
    let answers = each("{{ list (toYaml .) (toYamlPretty .) | toJson }}", &json!(values));
    answers
        .into_iter()
        .map(|answer| {
            let text = |index: usize| answer[index].as_str().expect("a text").to_owned();
            (text(0), text(1))
        })
        .collect()
}

/// What we write, as `toYaml` and `toYamlPretty` would.
pub(crate) fn our_write(value: &serde_json::Value) -> (String, String) {
    let value = go_value(value);
    (trimmed(yaml::encode(&value)), trimmed(yaml::encode_pretty(&value)))
}

fn trimmed(written: Result<Vec<u8>, yaml::YamlError>) -> String {
    let text = String::from_utf8(written.unwrap_or_default()).expect("what we write is UTF-8");
    text.strip_suffix("\n").unwrap_or(&text).to_owned()
}

/// What `toYaml` and `toYamlPretty` write of strings of any bytes, alone and as a map's key and value.
pub(crate) fn write_bytes(strings: &[Vec<u8>]) -> Vec<[String; 4]> {
    let template = "{{ $s := b64dec . }}{{ $d := dict $s (list $s) }}\
        {{ list (toYaml $s) (toYamlPretty $s) (toYaml $d) (toYamlPretty $d) | toJson }}";
    let answers = each(template, &encoded(strings));
    let text = |answer: &serde_json::Value, index: usize| answer[index].as_str().expect("a text").to_owned();
    answers
        .iter()
        .map(|answer| std::array::from_fn(|index| text(answer, index)))
        .collect()
}

/// What we write of such strings.
pub(crate) fn our_write_bytes(string: &[u8]) -> [String; 4] {
    let alone = Value::str(string);
    let list = Value::list(vec![alone.clone()]);
    let map = Value::Map([(string.into(), list)].into_iter().collect());
    [
        trimmed(yaml::encode(&alone)),
        trimmed(yaml::encode_pretty(&alone)),
        trimmed(yaml::encode(&map)),
        trimmed(yaml::encode_pretty(&map)),
    ]
}

/// What `mustToYaml` says of values.
pub(crate) fn refusals(values: &[serde_json::Value]) -> Vec<String> {
    let cases: Vec<_> = values
        .iter()
        .map(|value| ("{{ mustToYaml .Values.value }}", json!({ "value": value })))
        .collect();
    hoist_helmpeer::texts(&cases)
        .into_iter()
        .map(|answer| {
            let error = answer.expect_err("it is refused");
            let (_, own) = error
                .split_once("error calling mustToYaml: ")
                .expect("it is of mustToYaml");
            own.to_owned()
        })
        .collect()
}

/// A value as Helm has it from JSON: every number a float64.
pub(crate) fn go_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => Value::Bool(*truth),
        serde_json::Value::Number(number) => Value::float(number.as_f64().expect("a float")),
        serde_json::Value::String(text) => Value::str(text.as_str()),
        serde_json::Value::Array(items) => Value::list(items.iter().map(go_value).collect()),
        serde_json::Value::Object(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().into(), go_value(value)))
                .collect::<Map>(),
        ),
    }
}

/// Fails with all that differs.
pub(crate) fn same<I: std::fmt::Debug, T: std::fmt::Debug + PartialEq>(
    inputs: &[I],
    theirs: &[T],
    ours: impl Fn(&I) -> T,
) {
    assert_eq!(inputs.len(), theirs.len(), "each question has an answer");
    let differing: Vec<String> = inputs
        .iter()
        .zip(theirs)
        .filter_map(|(input, theirs)| {
            let ours = ours(input);
            (ours != *theirs).then(|| format!("of {input:?}\n  Helm: {theirs:?}\n  ours: {ours:?}"))
        })
        .collect();
    let shown = differing.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(differing.is_empty(), "{} differ:\n{shown}", differing.len());
}
