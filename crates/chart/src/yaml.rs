//! YAML as Kubernetes' own tools read it: several documents, octal numbers, and no difference between 1e+06 and 1000000.

use serde_json::{Number, Value};
use serde_saphyr::Options;

use crate::objects::flatten;

/// A text is no list of Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct YamlError(String);

/// The objects of a text with any number of YAML documents; those of a `List` come one by one.
pub fn manifests(text: &str) -> Result<Vec<Value>, YamlError> {
    let mut options = Options::default();
    options.legacy_octal_numbers = true;
    options.with_snippet = false;
    // A chart's CRDs are long, and a folder is the person's own: neither is out to exhaust us.
    options.budget = None;
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| YamlError(error.without_snippet().to_string()))?;
    let mut objects = Vec::with_capacity(documents.len());
    for document in documents {
        flatten(document, &mut objects).map_err(YamlError)?;
    }
    objects.iter_mut().for_each(whole_numbers);
    Ok(objects)
}

/// Helm prints 1000000 as 1e+06, which YAML reads as a float; Kubernetes wants the integer.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|_| number.is_f64())
                && float.fract() == 0.0
                && float.abs() < 9e15
            {
                *value = Value::Number(Number::from(float as i64));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_read_as_kubernetes_reads_them() {
        let text = "\
# nothing
---
apiVersion: v1
kind: A
mode: 0400
many: 1e+06
half: 0.5
text: \"1e+06\"
---
---
apiVersion: v1
kind: BList
items:
  - { apiVersion: v1, kind: B, n: 1 }
  - { apiVersion: v1, kind: B, n: 2 }
";
        let expected = vec![
            json!({ "apiVersion": "v1", "kind": "A", "mode": 256, "many": 1000000, "half": 0.5, "text": "1e+06" }),
            json!({ "apiVersion": "v1", "kind": "B", "n": 1 }),
            json!({ "apiVersion": "v1", "kind": "B", "n": 2 }),
        ];
        assert_eq!(manifests(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in [
            "just text",
            "a: 1",
            "- apiVersion: v1",
            "kind: A",
            "a: [",
            "apiVersion: v1\nkind: [A]",
        ] {
            assert!(manifests(text).is_err(), "{text}");
        }
        assert_eq!(manifests(""), Ok(vec![]));
        let error = manifests("hunter2").unwrap_err().to_string();
        assert_eq!(error, "a document is a single value, not an object");
    }
}
