//! Whether the fields that we own of a live object are what is desired: read from managedFields, without asking.
//!
//! Any doubt (another version, a key that the server defaulted, lists by index) answers no, which costs a dry run and
//! is never wrong. Yes means that an apply would change nothing.

use serde_json::{Map, Value};

use crate::{MANAGER, Object};

/// Whether our fields of the live object are exactly those of the desired one, with the same values.
pub(crate) fn owned_as_desired(live: &Value, desired: &Object) -> bool {
    let entries = live["metadata"]["managedFields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut ours = entries.iter().filter(|entry| {
        entry["manager"] == MANAGER
            && entry["operation"] == "Apply"
            && entry["subresource"].as_str().is_none_or(str::is_empty)
    });
    let (Some(entry), None) = (ours.next(), ours.next()) else {
        return false;
    };
    if entry["apiVersion"] != desired.body()["apiVersion"] {
        return false;
    }
    let Some(fields) = entry["fieldsV1"].as_object() else {
        return false;
    };
    let Some(body) = desired.body().as_object() else {
        return false;
    };
    // What names an object is not owned by anyone.
    let mut body: Map<String, Value> = body.clone();
    body.remove("apiVersion");
    body.remove("kind");
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
        metadata.remove("namespace");
        if metadata.is_empty() {
            body.remove("metadata");
        }
    }
    same(fields, live, &Value::Object(body))
}

fn same(fields: &Map<String, Value>, live: &Value, desired: &Value) -> bool {
    if fields.is_empty() {
        return same_atom(live, desired);
    }
    let children: Vec<(&str, &Value)> = fields
        .iter()
        .filter(|(key, _)| *key != ".")
        .map(|(key, child)| (key.as_str(), child))
        .collect();
    let Some((first, _)) = children.first() else {
        return is_empty(desired) && is_empty(live);
    };
    match first.get(..2) {
        Some("f:") => same_map(&children, live, desired),
        Some("k:") => same_keyed(&children, live, desired),
        Some("v:") => same_set(&children, live, desired),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Values that the API's Go types leave out when they write an object.
fn is_zero(value: &Value) -> bool {
    matches!(value, Value::Bool(false)) || value.as_i64() == Some(0) || value == "" || is_empty(value)
}

/// A value that is owned whole. The server fills in a few defaults within such values; each is told by its neighbour,
/// and means the same whether it is written or not.
fn same_atom(live: &Value, desired: &Value) -> bool {
    match (live, desired) {
        (Value::Object(is), Value::Object(wanted)) => {
            let defaulted = |name: &str, value: &Value| match name {
                "apiVersion" => value == "v1" && wanted.contains_key("fieldPath"),
                "divisor" => value == "0" && wanted.contains_key("resource"),
                "scope" => value == "*" && wanted.contains_key("operations") && wanted.contains_key("resources"),
                _ => false,
            };
            let left_out = |name: &str, value: &Value| name == "apiGroup" && value == "" && wanted.contains_key("kind");
            wanted.iter().all(|(name, value)| match is.get(name) {
                Some(live) => same_atom(live, value),
                None => left_out(name, value),
            }) && is
                .iter()
                .all(|(name, value)| wanted.contains_key(name) || defaulted(name, value))
        }
        (Value::Array(is), Value::Array(wanted)) => {
            is.len() == wanted.len() && is.iter().zip(wanted).all(|(live, wanted)| same_atom(live, wanted))
        }
        // A quantity that is written as a number comes back as text.
        (Value::String(live), Value::Number(desired)) => *live == desired.to_string(),
        (live, desired) => live == desired,
    }
}

fn same_map(children: &[(&str, &Value)], live: &Value, desired: &Value) -> bool {
    let Some(wanted) = desired.as_object() else {
        return false;
    };
    if wanted.len() != children.len() {
        return false;
    }
    children.iter().all(|(key, child)| {
        let Some(name) = key.strip_prefix("f:") else {
            return false;
        };
        match (wanted.get(name), live.get(name), child.as_object()) {
            (Some(desired), Some(live), Some(fields)) => same(fields, live, desired),
            (Some(desired), None, Some(_)) => is_zero(desired),
            _ => false,
        }
    })
}

/// A list whose elements are told apart by keys. A key that the desired element leaves out (a port's protocol) was
/// defaulted; it fits when it leaves no doubt which element is meant.
fn same_keyed(children: &[(&str, &Value)], live: &Value, desired: &Value) -> bool {
    let (Some(live), Some(wanted)) = (live.as_array(), desired.as_array()) else {
        return false;
    };
    if wanted.len() != children.len() {
        return false;
    }
    children.iter().all(|(key, child)| {
        let Some(Value::Object(key)) = key.strip_prefix("k:").and_then(|text| serde_json::from_str(text).ok()) else {
            return false;
        };
        let fits = |item: &&Value| {
            key.iter()
                .all(|(name, value)| item.get(name).is_none_or(|own| own == value))
        };
        let is = |item: &&Value| key.iter().all(|(name, value)| item.get(name) == Some(value));
        let mut candidates = wanted.iter().filter(fits);
        let desired = match (wanted.iter().find(is), candidates.next(), candidates.next()) {
            (Some(exact), ..) => exact,
            (None, Some(only), None) => only,
            _ => return false,
        };
        let (Some(live), Some(fields)) = (live.iter().find(is), child.as_object()) else {
            return false;
        };
        same(fields, live, desired)
    })
}

fn same_set(children: &[(&str, &Value)], live: &Value, desired: &Value) -> bool {
    let (Some(live), Some(wanted)) = (live.as_array(), desired.as_array()) else {
        return false;
    };
    wanted.len() == children.len()
        && children.iter().all(|(key, _)| {
            let value: Option<Value> = key.strip_prefix("v:").and_then(|text| serde_json::from_str(text).ok());
            value.is_some_and(|value| live.contains(&value) && wanted.contains(&value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn live(fields: Value, rest: Value) -> Value {
        let mut live = rest;
        live["metadata"]["managedFields"] = json!([
            {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "subresource": "status", "fieldsV1": {}},
            {"manager": "hoist", "operation": "Apply", "apiVersion": "v1", "fieldsV1": fields}]);
        live
    }

    fn desired(rest: Value) -> Object {
        let mut body = rest;
        body["apiVersion"] = "v1".into();
        body["kind"] = "Thing".into();
        body["metadata"]["name"] = "a".into();
        Object::new(body).unwrap()
    }

    fn check(fields: Value, is: Value, wanted: Value, expect: bool) {
        assert_eq!(
            owned_as_desired(&live(fields, is.clone()), &desired(wanted.clone())),
            expect,
            "{is} against {wanted}"
        );
    }

    #[test]
    fn maps_compare_what_is_owned_and_nothing_else() {
        let fields = json!({"f:data": {".": {}, "f:a": {}}});
        check(
            fields.clone(),
            json!({"data": {"a": "1", "b": "theirs"}}),
            json!({"data": {"a": "1"}}),
            true,
        );
        check(
            fields.clone(),
            json!({"data": {"a": "2"}}),
            json!({"data": {"a": "1"}}),
            false,
        );
        check(
            fields.clone(),
            json!({"data": {"a": "1"}}),
            json!({"data": {"a": "1", "new": "x"}}),
            false,
        );
        check(fields.clone(), json!({"data": {"a": "1"}}), json!({"data": {}}), false);
        check(fields, json!({"data": {"a": "1"}}), json!({}), false);
    }

    #[test]
    fn keyed_lists_find_their_elements_despite_defaults_and_order() {
        let key = |port: u16| format!("k:{{\"port\":{port},\"protocol\":\"TCP\"}}");
        let fields = json!({"f:ports": {key(1): {".": {}, "f:port": {}}, key(2): {".": {}, "f:port": {}}}});
        let is = json!({"ports": [{"port": 2, "protocol": "TCP"}, {"port": 1, "protocol": "TCP"}]});
        check(
            fields.clone(),
            is.clone(),
            json!({"ports": [{"port": 1}, {"port": 2}]}),
            true,
        );
        check(fields.clone(), is.clone(), json!({"ports": [{"port": 1}]}), false);
        check(fields, is, json!({"ports": [{"port": 1}, {"port": 3}]}), false);
        let (udp, tcp) = (
            "k:{\"port\":53,\"protocol\":\"UDP\"}",
            "k:{\"port\":53,\"protocol\":\"TCP\"}",
        );
        let fields = json!({"f:ports": {udp: {".": {}, "f:port": {}, "f:protocol": {}}, tcp: {".": {}, "f:port": {}}}});
        let is = json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]});
        check(
            fields,
            is,
            json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53}]}),
            true,
        );
    }

    #[test]
    fn sets_and_atoms_compare_whole() {
        let fields = json!({"f:finalizers": {".": {}, "v:\"x\"": {}}, "f:rules": {}});
        let is = json!({"finalizers": ["other", "x"], "rules": [{"verbs": ["get"]}]});
        check(
            fields.clone(),
            is.clone(),
            json!({"finalizers": ["x"], "rules": [{"verbs": ["get"]}]}),
            true,
        );
        check(
            fields.clone(),
            is.clone(),
            json!({"finalizers": ["x"], "rules": [{"verbs": ["list"]}]}),
            false,
        );
        check(
            fields,
            is,
            json!({"finalizers": ["y"], "rules": [{"verbs": ["get"]}]}),
            false,
        );
    }

    #[test]
    fn what_the_server_fills_in_or_leaves_out_is_no_difference() {
        let fields = json!({"f:ref": {}, "f:rules": {}, "f:readOnly": {}});
        let is = json!({"ref": {"apiVersion": "v1", "fieldPath": "metadata.name"}, "rules": [{"scope": "*", "operations": ["*"], "resources": ["a"]}]});
        let wanted = json!({"ref": {"fieldPath": "metadata.name"}, "rules": [{"operations": ["*"], "resources": ["a"]}], "readOnly": false});
        check(fields.clone(), is.clone(), wanted.clone(), true);
        let mut other = wanted.clone();
        other["ref"] = json!({"fieldPath": "metadata.uid"});
        check(fields.clone(), is.clone(), other, false);
        let mut other = wanted.clone();
        other["readOnly"] = true.into();
        check(fields.clone(), is, other, false);
        let narrowed = json!({"ref": {"apiVersion": "v2", "fieldPath": "metadata.name"}, "rules": [{"scope": "Cluster", "operations": ["*"], "resources": ["a"]}]});
        check(fields, narrowed, wanted, false);
        check(json!({"f:cpu": {}}), json!({"cpu": "1"}), json!({"cpu": 1}), true);
        check(json!({"f:cpu": {}}), json!({"cpu": "2"}), json!({"cpu": 1}), false);
        let subjects = json!({"f:subjects": {}});
        check(
            subjects.clone(),
            json!({"subjects": [{"kind": "A", "name": "b"}]}),
            json!({"subjects": [{"kind": "A", "name": "b", "apiGroup": ""}]}),
            true,
        );
        check(
            subjects,
            json!({"subjects": [{"kind": "A", "name": "b"}]}),
            json!({"subjects": [{"kind": "A", "name": "b", "apiGroup": "x"}]}),
            false,
        );
    }

    #[test]
    fn another_version_or_no_entry_is_doubt() {
        let mut body = live(json!({"f:data": {"f:a": {}}}), json!({"data": {"a": "1"}}));
        let wanted = desired(json!({"data": {"a": "1"}}));
        assert!(owned_as_desired(&body, &wanted));
        body["metadata"]["managedFields"][1]["apiVersion"] = "v1beta1".into();
        assert!(!owned_as_desired(&body, &wanted));
        body["metadata"]["managedFields"] = json!([]);
        assert!(!owned_as_desired(&body, &wanted));
    }
}
