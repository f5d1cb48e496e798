//! The JSON Schema of hoist.yaml, made from the types.

use serde_json::Value;

use crate::Spec;

/// The JSON Schema of hoist.yaml, for editors and for hoist's own checks.
pub fn schema() -> Value {
    let mut schema = schemars::SchemaGenerator::default()
        .into_root_schema_for::<Spec>()
        .to_value();
    without_null(&mut schema);
    schema
}

/// A field may be left out; `null` is not a way to say so, because `coredns:` with nothing after it would silently
/// mean "no coredns".
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(kinds)) = map.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type") != Some(&Value::String("null".into())));
            }
            if map.get("default") == Some(&Value::Null) {
                map.remove("default");
            }
            map.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}
