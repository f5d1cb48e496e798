//! `docs/src/chart-functions.md` lists every function, with its arguments and its test; and the real Helm knows the same.

use std::collections::{BTreeMap, BTreeSet};

use hoist_govalue::Func;
use serde_json::json;

/// Where the functions that every Go template has are tested.
const BUILTIN: &str = "crates/gotemplate: builtins";

/// The page, by function: its arguments, and where it is tested.
fn page() -> BTreeMap<String, (String, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/chart-functions.md");
    let text = std::fs::read_to_string(path).expect("the page is there");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut page = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [name, arguments, what, test, _] = cells[..] else {
            panic!("a row of other than four cells: {row}");
        };
        assert!(!what.is_empty(), "{name} has no description");
        let name = name.trim_matches('`').to_owned();
        let entry = (arguments.trim_matches('`').to_owned(), test.to_owned());
        assert!(page.insert(name, entry).is_none(), "twice: {row}");
    }
    page
}

fn arguments(function: &Func) -> String {
    let mut types: Vec<String> = function.params.iter().map(ToString::to_string).collect();
    if let Some(last) = types.last_mut().filter(|_| function.variadic) {
        last.insert_str(0, "...");
    }
    types.join(", ")
}

#[test]
fn every_function_is_on_the_page_with_its_arguments() {
    let page = page();
    let mut names = BTreeSet::new();
    for function in hoist_sprig::functions() {
        assert!(names.insert(function.name), "{} is there twice", function.name);
        let (documented, _) = page
            .get(function.name)
            .unwrap_or_else(|| panic!("{} is not on the page", function.name));
        assert_eq!(*documented, arguments(function), "of {}", function.name);
    }
    for (name, (_, test)) in &page {
        let known = match test.as_str() {
            BUILTIN => hoist_gotemplate::BUILTINS.contains(&name.as_str()),
            "helm" => crate::helm::knows(name),
            _ => names.contains(name.as_str()),
        };
        assert!(known, "{name} is on the page, but no function");
    }
    for name in hoist_gotemplate::BUILTINS {
        let builtin = page.get(*name).is_some_and(|(_, test)| test == BUILTIN) || names.contains(name);
        assert!(builtin, "{name} is not on the page as one of Go's");
    }
}

#[test]
fn every_function_is_in_the_test_that_the_page_names() {
    for (name, (_, test)) in page() {
        if test == "helm" {
            assert!(crate::helm::knows(&name), "the test helm does not know {name}");
            continue;
        }
        let table = crate::tables().find_map(|(module, cases)| (module == test).then_some(cases));
        let named = match table {
            Some(cases) => cases.iter().any(|(function, _)| *function == name),
            None => {
                let path = match test.as_str() {
                    BUILTIN => "../gotemplate/tests/it/builtins.rs",
                    test => &format!("tests/it/{test}.rs"),
                };
                let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
                text.split(|it: char| !it.is_alphanumeric() && it != '_')
                    .any(|word| word == name)
            }
        };
        assert!(named, "the test {test} does not know {name}");
    }
}

#[test]
fn the_real_helm_has_the_same_functions() {
    let page = page();
    // Of sprig's, Helm takes these away.
    let gone = ["env", "expandenv", "nope"];
    let templates: Vec<_> = page
        .keys()
        .map(String::as_str)
        .chain(gone)
        .map(|name| (format!("{{{{ if false }}}}{{{{ {name} }}}}{{{{ end }}}}"), json!({})))
        .collect();
    let answers = hoist_helmpeer::texts(&templates);
    for ((name, answer), (template, _)) in page.keys().map(String::as_str).chain(gone).zip(answers).zip(&templates) {
        let known = !gone.contains(&name);
        assert_eq!(answer.is_ok(), known, "{template}: {answer:?}");
        if !known {
            let error = answer.unwrap_err();
            assert!(error.contains(&format!("function \"{name}\" not defined")), "{error}");
        }
    }
}
