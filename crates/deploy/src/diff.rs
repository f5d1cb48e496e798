//! What an apply would change, field by field: a live object against its dry run, without the server's own noise and
//! without any value of a Secret.

use serde_json::Value;

use crate::ObjectId;

/// One field that would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The path: `spec.template.spec.containers[name=coredns].image`.
    pub path: String,
    /// What is there; none for a field that is new.
    pub old: Option<String>,
    /// What would be there; none for a field that goes.
    pub new: Option<String>,
    /// The field holds a secret: both values are left out.
    pub hidden: bool,
}

/// Longer values are cut: a plan is read by people.
const LONGEST: usize = 160;

const NOISE: [&str; 6] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
    "selfLink",
];
/// Annotations that others write at each change: they say nothing that a person decides.
const NOTES: [&str; 2] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.daemonset.template.generation",
];
/// Fields by which the elements of the API's lists are told apart, likeliest first.
const KEYS: [&str; 6] = ["name", "containerPort", "port", "mountPath", "type", "ip"];

/// The fields that differ, sorted by path.
pub(crate) fn diff(id: &ObjectId, live: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    walk(String::new(), Some(live), Some(after), &mut changes);
    changes.retain(|change| !is_noise(&change.path));
    if id.is_secret() {
        for change in &mut changes {
            if change.path.starts_with("data") || change.path.starts_with("stringData") {
                change.hidden = true;
                change.old = None;
                change.new = None;
            }
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

fn is_noise(path: &str) -> bool {
    let top = |name: &str| path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']));
    top("status")
        || NOTES.iter().any(|note| path.contains(note))
        || NOISE.iter().any(|noise| top(&format!("metadata.{noise}")))
}

fn walk(path: String, old: Option<&Value>, new: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let keys = before
                .keys()
                .chain(after.keys().filter(|key| !before.contains_key(*key)));
            for key in keys {
                walk(join(&path, key), before.get(key), after.get(key), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => walk_list(&path, before, after, changes),
        (Some(Value::String(before)), Some(Value::String(after))) if before.contains('\n') || after.contains('\n') => {
            changes.push(lines(&path, before, after));
        }
        // A map that comes or goes is told by its fields.
        (None, Some(Value::Object(after))) if !after.is_empty() => {
            after
                .iter()
                .for_each(|(key, value)| walk(join(&path, key), None, Some(value), changes));
        }
        (Some(Value::Object(before)), None) if !before.is_empty() => {
            before
                .iter()
                .for_each(|(key, value)| walk(join(&path, key), Some(value), None, changes));
        }
        (old, new) => changes.push(FieldChange {
            path,
            old: old.map(text),
            new: new.map(text),
            hidden: false,
        }),
    }
}

fn walk_list(path: &str, before: &[Value], after: &[Value], changes: &mut Vec<FieldChange>) {
    let tells_apart = |key: &str| {
        let distinct = |items: &[Value]| {
            let values: Option<Vec<&Value>> = items.iter().map(|item| item.get(key)).collect();
            values.is_some_and(|values| (1..values.len()).all(|i| !values[..i].contains(&values[i])))
        };
        distinct(before) && distinct(after)
    };
    let Some(key) = KEYS.into_iter().find(|key| tells_apart(key)) else {
        if before.len() == after.len() {
            for (index, (old, new)) in before.iter().zip(after).enumerate() {
                walk(format!("{path}[{index}]"), Some(old), Some(new), changes);
            }
        } else {
            let whole = |items: &[Value]| Some(text(&Value::Array(items.to_vec())));
            changes.push(FieldChange {
                path: path.to_owned(),
                old: whole(before),
                new: whole(after),
                hidden: false,
            });
        }
        return;
    };
    let find = |items: &'_ [Value], value: &Value| items.iter().position(|item| &item[key] == value);
    for item in before {
        let new = find(after, &item[key]).map(|index| &after[index]);
        walk(format!("{path}[{key}={}]", text(&item[key])), Some(item), new, changes);
    }
    for item in after.iter().filter(|item| find(before, &item[key]).is_none()) {
        walk(format!("{path}[{key}={}]", text(&item[key])), None, Some(item), changes);
    }
}

/// A text of many lines is told by the first line that differs.
fn lines(path: &str, before: &str, after: &str) -> FieldChange {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let first = old
        .iter()
        .zip(&new)
        .position(|(a, b)| a != b)
        .unwrap_or(old.len().min(new.len()));
    let line = |lines: &[&str]| lines.get(first).map(|line| cut(line.trim()));
    FieldChange {
        path: format!("{path} (line {})", first + 1),
        old: line(&old),
        new: line(&new),
        hidden: false,
    }
}

fn join(path: &str, key: &str) -> String {
    let plain = !key.contains(['.', '/']);
    match (path.is_empty(), plain) {
        (true, _) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (false, false) => format!("{path}[{key}]"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &str, live: Value, after: Value, expect: &[&str]) {
        let id = ObjectId::new("", kind, Some("ns"), "a");
        let shown: Vec<String> = diff(&id, &live, &after)
            .into_iter()
            .map(|c| match (c.hidden, c.old, c.new) {
                (true, _, _) => format!("{} hidden", c.path),
                (_, old, new) => format!(
                    "{}: {} → {}",
                    c.path,
                    old.unwrap_or("-".into()),
                    new.unwrap_or("-".into())
                ),
            })
            .collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn elements_of_lists_are_named() {
        check(
            "Deployment",
            json!({"spec": {"replicas": 1, "containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y"}]}}),
            json!({"spec": {"replicas": 2, "containers": [{"name": "b", "image": "y"}, {"name": "a", "image": "x:2"}]}}),
            &["spec.containers[name=a].image: x:1 → x:2", "spec.replicas: 1 → 2"],
        );
        check(
            "X",
            json!({"a": ["x"]}),
            json!({"a": ["x", "y"]}),
            &["a: [\"x\"] → [\"x\",\"y\"]"],
        );
        check(
            "X",
            json!({"a": ["x", "z"]}),
            json!({"a": ["x", "y"]}),
            &["a[1]: z → y"],
        );
    }

    #[test]
    fn the_servers_own_fields_are_left_out() {
        check(
            "ConfigMap",
            json!({"metadata": {"generation": 1, "resourceVersion": "5", "managedFields": [1], "labels": {"a/b": "1"}}, "status": {"x": 1}}),
            json!({"metadata": {"generation": 2, "resourceVersion": "6", "managedFields": [], "labels": {"a/b": "2"}}, "status": {"x": 2}}),
            &["metadata.labels[a/b]: 1 → 2"],
        );
        let notes = |generation: &str, applied: &str| {
            json!({"metadata": {"annotations": {"deprecated.daemonset.template.generation": generation,
                "kubectl.kubernetes.io/last-applied-configuration": applied, "own": generation}}})
        };
        check(
            "DaemonSet",
            notes("1", "{\n}"),
            notes("2", "{\n\n}"),
            &["metadata.annotations.own: 1 → 2"],
        );
        check(
            "DaemonSet",
            json!({}),
            notes("1", "{}"),
            &["metadata.annotations.own: - → 1"],
        );
    }

    #[test]
    fn a_secrets_values_are_hidden_and_its_labels_are_not() {
        check(
            "Secret",
            json!({"data": {"token": "YQ=="}, "metadata": {"labels": {"a": "1"}}}),
            json!({"data": {"token": "Yg==", "new": "Yw=="}, "metadata": {"labels": {"a": "2"}}}),
            &["data.new hidden", "data.token hidden", "metadata.labels.a: 1 → 2"],
        );
        check(
            "Secret",
            json!({}),
            json!({"data": {"token": "Yg=="}}),
            &["data.token hidden"],
        );
    }

    #[test]
    fn long_texts_are_told_by_their_first_differing_line() {
        check(
            "ConfigMap",
            json!({"data": {"Corefile": ".:53 {\n  errors\n  cache 30\n}\n"}}),
            json!({"data": {"Corefile": ".:53 {\n  errors\n  cache 60\n}\n"}}),
            &["data.Corefile (line 3): cache 30 → cache 60"],
        );
    }
}
