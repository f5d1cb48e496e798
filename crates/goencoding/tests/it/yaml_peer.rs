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
    let text = |written: Result<Vec<u8>, yaml::YamlError>| {
        let text = String::from_utf8(written.unwrap_or_default()).expect("what we write is UTF-8");
        text.strip_suffix("\n").unwrap_or(&text).to_owned()
    };
    (text(yaml::encode(&value)), text(yaml::encode_pretty(&value)))
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
