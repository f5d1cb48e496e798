//! The strings in objects: where two renderings differ, and what a live object has there.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::Value as Json;

use crate::objects::group;

/// A string within an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The object's identity.
    pub(super) object: String,
    /// The keys and indexes on the way to it.
    pub(super) path: Vec<Step>,
    /// What the first rendering has there.
    pub(super) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// What an object is: kind, group, namespace, name.
pub(super) fn identity(object: &Json) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let group = group(object);
    let [kind, space, name] = ["/kind", "/metadata/namespace", "/metadata/name"].map(text);
    format!("{kind}.{group}/{space}/{name}")
}

/// The strings in which two renderings of the same objects differ.
pub(super) fn unstable(first: &[Json], second: &[Json]) -> Vec<Place> {
    let others: BTreeMap<String, &Json> = second.iter().map(|object| (identity(object), object)).collect();
    let mut places = Vec::new();
    for object in first {
        let identity = identity(object);
        if let Some(other) = others.get(&identity) {
            differ(object, other, &identity, &mut Vec::new(), &mut places);
        }
    }
    places
}

fn differ(a: &Json, b: &Json, object: &str, path: &mut Vec<Step>, places: &mut Vec<Place>) {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => {
            for (key, value) in a {
                if let Some(other) = b.get(key) {
                    path.push(Step::Key(key.clone()));
                    differ(value, other, object, path, places);
                    path.pop();
                }
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            for (index, (value, other)) in a.iter().zip(b).enumerate() {
                path.push(Step::Index(index));
                differ(value, other, object, path, places);
                path.pop();
            }
        }
        (a, b) if a != b && !a.is_object() && !a.is_array() => places.push(Place {
            object: object.to_owned(),
            path: path.clone(),
            text: scalar(a),
        }),
        _ => {}
    }
}

fn scalar(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What a live object has at a place. What a Secret is given in `stringData`, it has in `data`.
pub(super) fn live_text(live: &Json, path: &[Step]) -> Option<String> {
    if let [Step::Key(first), Step::Key(key)] = path
        && first == "stringData"
        && live["kind"] == "Secret"
    {
        let encoded = live.get("data")?.get(key)?.as_str()?;
        return String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok();
    }
    let found = path.iter().try_fold(live, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })?;
    (!found.is_object() && !found.is_array() && !found.is_null()).then(|| scalar(found))
}

/// Puts a text at a place, as the sort of value that stands there.
pub(super) fn put(objects: &mut [Json], place: &Place, text: String) {
    let Some(object) = objects.iter_mut().find(|object| identity(object) == place.object) else {
        return;
    };
    let found = place.path.iter().try_fold(object, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    });
    match found {
        Some(Json::String(old)) => *old = text,
        Some(other) => {
            if let Ok(value) = serde_json::from_str::<Json>(&text)
                && !value.is_object()
                && !value.is_array()
            {
                *other = value;
            }
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(data: &Json) -> Json {
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "a", "namespace": "b" }, "stringData": data })
    }

    #[test]
    fn places_are_where_two_renderings_differ() {
        let (a, b) = (
            secret(&json!({ "x": "1", "y": "same", "n": 5 })),
            secret(&json!({ "x": "2", "y": "same", "n": 6 })),
        );
        let places = unstable(&[a], &[b]);
        let found: Vec<&str> = places.iter().map(|place| place.text.as_str()).collect();
        assert_eq!(found, ["1", "5"]);
        assert_eq!(places[0].object, "Secret./b/a");
    }

    #[test]
    fn a_secrets_string_is_read_from_its_data() {
        let live = json!({ "kind": "Secret", "data": { "x": "aGVsbG8=" } });
        let path = ["stringData", "x"].map(|key| Step::Key(key.to_owned()));
        assert_eq!(live_text(&live, &path).as_deref(), Some("hello"));
    }

    #[test]
    fn a_number_stays_one() {
        let mut objects = vec![secret(&json!({ "n": 5 }))];
        let place = Place {
            object: "Secret./b/a".into(),
            path: ["stringData", "n"].map(|key| Step::Key(key.to_owned())).to_vec(),
            text: "5".into(),
        };
        put(&mut objects, &place, "7".into());
        assert_eq!(objects[0]["stringData"]["n"], 7);
    }
}
