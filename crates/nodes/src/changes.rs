//! What differs between the configuration that a host has and the one that it shall have, for a person: the settings
//! field by field, every other file by its name.

use std::collections::BTreeSet;

use hoist_model::FieldChange;
use serde_json::Value;

use crate::desired::Node;
use crate::host::HostFacts;
use crate::render::digest;

/// How much of a value is shown.
const SHOWN: usize = 60;

/// The differences, by path. Empty where the host does not tell what it has.
pub(crate) fn changes(node: &Node, facts: &HostFacts) -> Vec<FieldChange> {
    let settings = format!("machines/{}/settings.json", node.name);
    let mut fields = Vec::new();
    let new = node
        .tree
        .get(&settings)
        .and_then(|text| serde_json::from_str(text).ok());
    if let (Some(old), Some(new)) = (&facts.settings, &new) {
        compare("", old, new, &mut fields);
    }
    if facts.files.is_empty() {
        return fields;
    }
    for (path, text) in node.tree.files().filter(|(path, _)| *path != settings) {
        match facts.files.get(path) {
            Some(old) if *old == digest(text) => {}
            Some(_) => fields.push(FieldChange::new(path, None::<&str>, None::<&str>)),
            None => fields.push(FieldChange::new(path, None::<&str>, Some("a new file"))),
        }
    }
    // The host's own: what it locked, and what it said of its hardware.
    let own = |path: &str| path == "flake.lock" || path.ends_with("/facter.json");
    for path in facts
        .files
        .keys()
        .filter(|path| node.tree.get(path).is_none() && !own(path))
    {
        fields.push(FieldChange::new(path, Some("the file"), None::<&str>));
    }
    fields.sort_by(|a, b| a.path.cmp(&b.path));
    fields
}

fn compare(path: &str, old: &Value, new: &Value, fields: &mut Vec<FieldChange>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Value::Object(was), Value::Object(is)) => {
            let keys: BTreeSet<_> = was.keys().chain(is.keys()).collect();
            for key in keys {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let (was, is) = (
                    was.get(key).unwrap_or(&Value::Null),
                    is.get(key).unwrap_or(&Value::Null),
                );
                compare(&path, was, is, fields);
            }
        }
        (Value::Array(was), Value::Array(is)) => {
            let missing = |from: &[Value], other: &[Value]| {
                let values: Vec<_> = from
                    .iter()
                    .filter(|value| !other.contains(value))
                    .filter_map(shown)
                    .collect();
                (!values.is_empty()).then(|| values.join(", "))
            };
            // Equal elements in another order leave both empty: "changed" is then all there is to say.
            fields.push(FieldChange::new(path, missing(was, is), missing(is, was)));
        }
        (old, new) => fields.push(FieldChange::new(path, shown(old), shown(new))),
    }
}

fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return Some(text);
    }
    let cut: String = text.chars().take(SHOWN - 1).collect();
    Some(format!("{cut}…"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(old: Value, new: Value) -> String {
        let mut fields = Vec::new();
        compare("", &old, &new, &mut fields);
        let lines: Vec<_> = fields.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn settings_are_compared_field_by_field() {
        let old = json!({
            "sshPort": 22,
            "privateMac": "aa",
            "k3s": { "version": "v1", "tlsSans": ["a", "b"], "flags": ["--x", "--y"] },
            "users": [{ "name": "me", "keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVUOZSWf0vHbMuY2yEHSX3dM5dl me"] }],
        });
        let new = json!({
            "sshPort": 2222,
            "k3s": { "version": "v2", "tlsSans": ["b", "c", "d"], "flags": ["--y", "--x"] },
            "users": [],
        });
        insta::assert_snapshot!(check(old, new), @r#"
        k3s.flags changed
        k3s.tlsSans: a → c, d
        k3s.version: v1 → v2
        privateMac: - aa
        sshPort: 22 → 2222
        users: - {"name":"me","keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…
        "#);
    }

    #[test]
    fn the_same_settings_have_no_difference() {
        assert_eq!(
            check(json!({ "a": [1, { "b": null }] }), json!({ "a": [1, { "b": null }] })),
            ""
        );
    }
}
