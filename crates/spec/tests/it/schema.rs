//! The schema that editors get agrees with what hoist takes.

use serde_json::{Value, json};

use crate::text;

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("the test's text is YAML")
}

#[test]
fn the_schema_is_one_and_takes_the_example_the_template_and_the_smallest_spec() {
    let schema = hoist_spec::schema();
    let validator = jsonschema::validator_for(&schema).expect("the schema is valid");
    let example = include_str!("../../../../examples/vanixiets/hoist.yaml");
    for text in [text(|t| t), example.to_owned(), hoist_spec::template("demo")] {
        let errors: Vec<String> = validator.iter_errors(&yaml(&text)).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_schema_refuses_what_hoist_refuses() {
    let validator = jsonschema::validator_for(&hoist_spec::schema()).expect("the schema is valid");
    for edit in [
        json!({ "pools": {} }),
        json!({ "k3s": null }),
        json!({ "access": { "users": {}, "port": 0 } }),
        json!({ "hetzner": { "token": { "env": "A", "file": "b" } } }),
    ] {
        let mut spec = yaml(&text(|t| t));
        spec.as_object_mut().unwrap().extend(edit.as_object().unwrap().clone());
        assert!(!validator.is_valid(&spec), "{edit}");
    }
}

#[test]
fn every_field_is_described() {
    fn walk(schema: &Value, path: &str, bare: &mut Vec<String>) {
        for (name, property) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if property.get("description").is_none() && property.get("$ref").is_none() {
                bare.push(format!("{path}.{name}"));
            }
        }
    }
    let schema = hoist_spec::schema();
    let mut bare = Vec::new();
    walk(&schema, "", &mut bare);
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        walk(definition, name, &mut bare);
    }
    assert_eq!(bare, Vec::<String>::new());
}
