//! The spec as its users meet it: what is taken, what is refused and how, the schema, the template and the example.

mod accepted;
mod crossed;
mod refused;
mod schema;

use std::path::Path;

use hoist_spec::{Spec, parse, render};

/// The smallest spec that holds, with `edit` applied to its text.
fn text(edit: impl FnOnce(String) -> String) -> String {
    edit(
        "\
cluster: { name: demo, domain: example.com }
access:
  users:
    ada:
      keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6DFwi/DbSlZB0JjWeT/XE6HyVb6Md+vH0NrIaj3YPW ada@example.com]
machines:
  one: { serverType: cpx32, location: fsn1, role: server }
secrets:
  recipients: [age1pqx2cdduzsmt34qf25p9w3mhmx6w2xu27x0f3zkr9uucjresyyeqf6gfwc]
"
        .to_owned(),
    )
}

fn accept(text: &str) -> Spec {
    parse(Path::new("hoist.yaml"), text).unwrap_or_else(|found| {
        let shown: Vec<String> = found.0.iter().map(|d| render(d, text)).collect();
        panic!("refused:\n{}", shown.join("\n"))
    })
}

/// All problems of a text, as a person reads them.
fn problems(text: &str) -> String {
    let found = parse(Path::new("hoist.yaml"), text).expect_err("the text must be refused");
    found.0.iter().map(|d| render(d, text)).collect::<Vec<_>>().join("\n")
}

/// What is said of the smallest spec after an edit.
fn of(edit: fn(String) -> String) -> String {
    problems(&text(edit))
}
