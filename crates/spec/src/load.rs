//! Reads hoist.yaml: text → tree → shape → types → cross-checks, with every problem found at once where possible.

use std::path::Path;

use hoist_model::{Diagnostic, Diagnostics};

use crate::shape::Shape;
use crate::tree::{Node, Source};
use crate::{Spec, checks, schema};

/// A spec that holds, and the text it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The spec.
    pub spec: Spec,
    /// The file's text.
    pub source: String,
}

/// Reads, parses and checks a file, and that the files it names are there.
pub fn load(path: &Path) -> Result<Loaded, Diagnostics> {
    let source = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let (spec, tree) = parse_tree(path, &source)?;
    checks::files(
        &spec,
        &tree,
        &Source {
            file: path,
            text: &source,
        },
    )
    .into_result()?;
    Ok(Loaded { spec, source })
}

/// Parses and checks a text as if it were the content of `file`; reads nothing.
pub fn parse(file: &Path, text: &str) -> Result<Spec, Diagnostics> {
    parse_tree(file, text).map(|(spec, _)| spec)
}

fn parse_tree(file: &Path, text: &str) -> Result<(Spec, Node), Diagnostics> {
    let source = Source { file, text };
    let tree = source.parse()?;
    let schema = schema();
    let mut shape = Shape {
        source: &source,
        root: &schema,
        found: Diagnostics::default(),
    };
    shape.check(&tree, &schema, "", tree.place);
    shape.found.into_result()?;
    let mut spec: Spec = serde_json::from_value(tree.value()).map_err(|error| {
        Diagnostic::new("spec/invalid", format!("{} cannot be read: {error}", file.display()))
            .hint("the schema should have caught this: please report it with the file's text")
    })?;
    spec.dir = file
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
        .to_owned();
    checks::all(&spec, &tree, &source).into_result()?;
    Ok((spec, tree))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostics {
    let name = path.display();
    let diagnostic = match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::new("spec/no-file", format!("there is no file {name}"))
            .hint("`hoist init` writes one to start from; `-f FILE` names another"),
        _ => Diagnostic::new("spec/unreadable", format!("{name} cannot be read: {error}"))
            .hint("it must be a text file in UTF-8 that you may read"),
    };
    diagnostic.into()
}
