//! The commented hoist.yaml that `hoist init` writes.

const TEMPLATE: &str = include_str!("template.yaml");

/// A commented hoist.yaml to start from. A name that does not fit a cluster is made to fit.
pub fn template(name: &str) -> String {
    let fitting: String = name
        .to_lowercase()
        .chars()
        .map(|c| {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                c
            } else {
                '-'
            }
        })
        .take(40)
        .collect();
    let fitting = fitting.trim_matches('-');
    // A name of digits alone would be read as a number.
    let plain = fitting.starts_with(|c: char| c.is_ascii_lowercase()) && !["true", "false", "null"].contains(&fitting);
    let fitting = match (fitting.is_empty(), plain) {
        (true, _) => "my-cluster".to_owned(),
        (false, true) => fitting.to_owned(),
        (false, false) => format!("cluster-{fitting}"),
    };
    TEMPLATE.replace("@NAME@", &fitting)
}
