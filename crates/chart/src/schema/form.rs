//! Whether a schema is one: what the metaschemas say, in one walk.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::document::{Document, Draft, Node, Token, children};
use super::{message::quote, number::Number, regex};

const TYPES: &[&str] = &["array", "boolean", "integer", "null", "number", "object", "string"];

/// A schema on the way, and how it was reached from the one above it.
struct Step<'s> {
    node: Node<'s>,
    above: usize,
    keyword: &'s str,
    token: Token<'s>,
}

/// Checks a schema and all within it.
pub(super) fn check<'s>(document: &Document<'s>, node: Node<'s>) -> Result<(), String> {
    let mut steps = vec![Step {
        node,
        above: 0,
        keyword: "",
        token: Token::Nothing,
    }];
    let mut index = 0;
    while let Some(step) = steps.get(index) {
        let node = step.node;
        let draft = document.draft(node);
        match node.json {
            Json::Object(object) => {
                for (key, value) in object {
                    keyword(draft, key, value).map_err(|why| {
                        let place = format!("{}/{}", place(&steps, index), escaped(key));
                        bad(draft, &place, &why)
                    })?;
                }
                children(draft, object, true, |keyword, token, child| {
                    // A list of names is the other thing that `dependencies` may hold.
                    if keyword != "dependencies" || !child.is_array() {
                        steps.push(Step {
                            node: document.within(child, node),
                            above: index,
                            keyword,
                            token,
                        });
                    }
                });
            }
            Json::Bool(_) if draft > Draft::Draft4 => {}
            // Draft 4 has booleans in two places, whose keywords are looked at with the schema around.
            Json::Bool(_) if matches!(step.keyword, "additionalProperties" | "additionalItems") => {}
            other => {
                let wanted = if draft > Draft::Draft4 {
                    "boolean or object"
                } else {
                    "object"
                };
                let why = format!("got {}, want {wanted}", kind(other));
                return Err(bad(draft, &place(&steps, index), &why));
            }
        }
        index += 1;
    }
    Ok(())
}

/// The path of a schema, from the first one.
fn place(steps: &[Step<'_>], mut index: usize) -> String {
    let mut tokens = Vec::new();
    while let Some(step) = steps.get(index).filter(|_| index > 0) {
        match step.token {
            Token::Nothing => {}
            Token::Name(name) => tokens.push(escaped(name)),
            Token::Index(index) => tokens.push(index.to_string()),
        }
        tokens.push(escaped(step.keyword));
        index = step.above;
    }
    tokens.iter().rev().map(|token| format!("/{token}")).collect()
}

fn bad(draft: Draft, place: &str, why: &str) -> String {
    format!(
        "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with '{}'\n- at {}: \
         {why}",
        draft.url(),
        quote(place)
    )
}

fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

pub(super) fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn keyword(draft: Draft, key: &str, value: &Json) -> Result<(), String> {
    let later = draft >= Draft::Draft2019;
    match key {
        "type" => types(value),
        "enum" => {
            let list = array(value)?;
            if !later && list.is_empty() {
                return Err("minItems: got 0, want 1".into());
            }
            if !later {
                unique(list)?;
            }
            Ok(())
        }
        "multipleOf" => match Number::of_json(value) {
            Some(number) if number.is_positive() => Ok(()),
            Some(_) => Err("it must be more than 0".into()),
            None => wrong(value, "number"),
        },
        "maximum" | "minimum" => want(value, value.is_number(), "number"),
        "exclusiveMaximum" | "exclusiveMinimum" if draft == Draft::Draft4 => want(value, value.is_boolean(), "boolean"),
        "exclusiveMaximum" | "exclusiveMinimum" => want(value, value.is_number(), "number"),
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" => count(value),
        "minContains" | "maxContains" if later => count(value),
        "pattern" => {
            let text = string(value)?;
            regex::check(text).map_err(|why| format!("{} is not valid regex: {why}", quote(text)))
        }
        "uniqueItems" => want(value, value.is_boolean(), "boolean"),
        "readOnly" | "writeOnly" if draft >= Draft::Draft7 => want(value, value.is_boolean(), "boolean"),
        "deprecated" | "$recursiveAnchor" if later => want(value, value.is_boolean(), "boolean"),
        "title" | "description" | "$schema" | "$ref" => string(value).map(drop),
        "format" if draft > Draft::Draft4 => string(value).map(drop),
        "id" if draft == Draft::Draft4 => string(value).map(drop),
        "$id" if draft > Draft::Draft4 => string(value).map(drop),
        "$comment" | "contentMediaType" | "contentEncoding" if draft >= Draft::Draft7 => string(value).map(drop),
        "$anchor" | "$recursiveRef" | "$dynamicRef" | "$dynamicAnchor" if later => string(value).map(drop),
        "examples" if draft > Draft::Draft4 => array(value).map(drop),
        "required" => {
            let list = names(value)?;
            want_some(draft == Draft::Draft4, list)
        }
        "allOf" | "anyOf" | "oneOf" => want_some(true, array(value)?),
        "prefixItems" if draft == Draft::Draft2020 => want_some(true, array(value)?),
        "items" => match value {
            Json::Array(list) if draft < Draft::Draft2020 => want_some(true, list),
            _ => schema(draft, value),
        },
        "additionalProperties" | "additionalItems" => {
            want(value, value.is_object() || value.is_boolean(), "boolean or object")
        }
        "not" => schema(draft, value),
        "contains" | "propertyNames" if draft > Draft::Draft4 => schema(draft, value),
        "if" | "then" | "else" if draft >= Draft::Draft7 => schema(draft, value),
        "unevaluatedItems" | "unevaluatedProperties" | "contentSchema" if later => schema(draft, value),
        // What is in them is looked at by itself.
        "properties" | "definitions" => want(value, value.is_object(), "object"),
        "$defs" | "dependentSchemas" if later => want(value, value.is_object(), "object"),
        "patternProperties" => {
            for pattern in value.as_object().into_iter().flat_map(|object| object.keys()) {
                regex::check(pattern).map_err(|why| format!("{} is not valid regex: {why}", quote(pattern)))?;
            }
            want(value, value.is_object(), "object")
        }
        "dependencies" => each(value, |value| match value {
            Json::Array(_) => names(value).map(drop),
            _ => Ok(()),
        }),
        "dependentRequired" if later => each(value, |value| names(value).map(drop)),
        _ => Ok(()),
    }
}

fn wrong<T>(value: &Json, wanted: &str) -> Result<T, String> {
    Err(format!("got {}, want {wanted}", kind(value)))
}

fn want(value: &Json, is: bool, wanted: &str) -> Result<(), String> {
    if is { Ok(()) } else { wrong(value, wanted) }
}

fn want_some(some: bool, list: &[Json]) -> Result<(), String> {
    if some && list.is_empty() {
        return Err("minItems: got 0, want 1".into());
    }
    Ok(())
}

fn schema(draft: Draft, value: &Json) -> Result<(), String> {
    match draft {
        Draft::Draft4 => want(value, value.is_object(), "object"),
        _ => want(value, value.is_object() || value.is_boolean(), "boolean or object"),
    }
}

fn string(value: &Json) -> Result<&str, String> {
    value.as_str().map_or_else(|| wrong(value, "string"), Ok)
}

fn array(value: &Json) -> Result<&[Json], String> {
    match value {
        Json::Array(list) => Ok(list),
        other => wrong(other, "array"),
    }
}

fn each(value: &Json, check: impl Fn(&Json) -> Result<(), String>) -> Result<(), String> {
    match value {
        Json::Object(object) => object
            .iter()
            .try_for_each(|(name, value)| check(value).map_err(|why| format!("in {}: {why}", quote(name)))),
        other => wrong(other, "object"),
    }
}

fn names(value: &Json) -> Result<&[Json], String> {
    let list = array(value)?;
    for item in list {
        string(item)?;
    }
    unique(list)?;
    Ok(list)
}

fn unique(list: &[Json]) -> Result<(), String> {
    let mut seen = HashSet::new();
    for (index, item) in list.iter().enumerate() {
        if !seen.insert(item.to_string()) {
            let first = list.iter().position(|other| other == item).unwrap_or_default();
            return Err(format!("items at {first} and {index} are equal"));
        }
    }
    Ok(())
}

fn count(value: &Json) -> Result<(), String> {
    match Number::of_json(value) {
        Some(number) if !number.is_whole() => wrong(value, "integer"),
        Some(number) if number.is_negative() => Err("it must not be less than 0".into()),
        Some(_) => Ok(()),
        None => wrong(value, "integer"),
    }
}

fn types(value: &Json) -> Result<(), String> {
    let known = |value: &Json| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match value {
        Json::Array(list) => {
            want_some(true, list)?;
            unique(list)?;
            match list.iter().find(|item| !known(item)) {
                Some(item) => Err(format!("{item} is no type")),
                None => Ok(()),
            }
        }
        value if known(value) => Ok(()),
        value => Err(format!(
            "{value} is no type; value must be one of {}",
            TYPES.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
        )),
    }
}
