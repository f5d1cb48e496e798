//! Whole templates, rendered by us and by the real Helm.
//!
//! A case is an expression: its type, its text and its JSON are compared, or the text of its error. A case that begins with
//! `{{` is a template as it is. `$v` stands for the values of [`values`].

use hoist_gotemplate::{Context, Embedder, ExecError, FuncTable, MissingKey, Options, Set};
use hoist_govalue::{Args, Body, Host, Map, Str, Type, Value};
use hoist_helmpeer::{Case, Rendered, render_all};
use serde_json::json;

use crate::direct::Still;

/// The one template's path in its chart, and Helm's name of it.
pub(crate) const PATH: &str = "templates/NOTES.txt";
const NAME: &str = "chart/templates/NOTES.txt";

/// What templates may include, where the whole of Helm renders them.
pub(crate) const HELPERS: (&str, &str) = (
    "templates/_helpers.tpl",
    "{{ define \"show\" }}<{{ . | toString | trunc 30 }}>{{ end }}{{ define \"nothing\" }}{{ end }}",
);

/// The functions of a table, each with its cases.
pub(crate) type Cases = &'static [(&'static str, &'static [&'static str])];

/// What the cases reckon with.
pub(crate) fn values() -> serde_json::Value {
    json!({
        "s": "hello world", "u": "Ünï cödé ß ǆ ﬁ İ", "lines": "a\nb\n\nc", "blank": "", "t": " \t x y\u{a0} ",
        "n": 7, "neg": -3, "f": 1.5, "zero": 0, "big": 1e21, "million": 1000000, "b": true, "nil": null,
        "num": "12", "octal": "0755", "hex": "0x1F", "dec": "1.50",
        "l": ["c", "a", "b"], "nums": [3, 1, 2, 3], "mixed": [1, "a", null, true, [1], {"k": 1}, "", 0], "none": [],
        "m": {"a": 1, "b": {"c": {"d": "deep"}}, "n": null, "l": [1]}, "void": {},
        "over": {"a": 2, "b": {"c": {"e": "new"}, "x": []}, "z": {"y": 1}, "l": [2, 3]},
    })
}

struct Plain(Still);

impl Embedder for Plain {
    fn host(&mut self) -> &mut dyn Host {
        &mut self.0
    }

    fn call(&mut self, _context: &mut Context, function: &'static str, _args: Args<'_>) -> Result<Value, ExecError> {
        panic!("sprig leaves {function} to no one");
    }
}

pub(crate) fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(number) => Value::float(number.as_f64().expect("a number is a float")),
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => Value::list(items.iter().map(value).collect()),
        serde_json::Value::Object(entries) => {
            let entries = entries.iter().map(|(key, item)| (Str::from(key.as_str()), value(item)));
            entries.collect::<Map>().into()
        }
    }
}

/// What we render, or our error.
pub(crate) fn render(template: &str, values: &serde_json::Value) -> Result<String, String> {
    let mut functions = FuncTable::new();
    for function in hoist_sprig::functions() {
        functions.insert(*function);
    }
    // The peer looks no names up, and so has Helm's own function in place of sprig's.
    functions.insert(hoist_govalue::Func {
        body: Body::Pure(|_| Ok("".into())),
        ..*functions.get("getHostByName").expect("sprig has it")
    });
    let mut set = Set::new("gotpl", functions);
    set.parse(NAME, template).map_err(|error| error.to_string())?;
    let named = Type::Named("common.Values", hoist_govalue::Kind::Map);
    let Value::Map(values) = value(values) else {
        panic!("values are a map");
    };
    let data = Map::new().as_type(named);
    data.set("Values".into(), values.as_type(named).into());
    let options = Options {
        missing_key: MissingKey::Zero,
        ..Options::default()
    };
    let rendered = set
        .execute(NAME, &data.into(), &options, &mut Plain(Still::default()))
        .map_err(|error| error.to_string())?;
    // Helm strips what Go prints for no value, and its answers are JSON, where bytes are characters.
    Ok(String::from_utf8(lossy(&rendered))
        .expect("it is UTF-8 now")
        .replace("<no value>", ""))
}

/// Each byte that is not UTF-8 is U+FFFD, as Go's JSON writes it.
fn lossy(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                out.extend_from_slice(text.as_bytes());
                return out;
            }
            Err(error) => {
                let (valid, rest) = bytes.split_at(error.valid_up_to());
                out.extend_from_slice(valid);
                out.extend_from_slice("\u{FFFD}".as_bytes());
                bytes = &rest[1..];
            }
        }
    }
}

/// A template that shows what an expression is.
pub(crate) fn template(case: &str) -> String {
    if case.starts_with("{{") {
        return case.to_owned();
    }
    // Strings are shown in base64, too, since the answers are JSON, which has no bytes that are not UTF-8.
    format!(
        "{{{{ $v := .Values }}}}{{{{ $r := {case} }}}}{{{{ typeOf $r }}}}|{{{{ $r }}}}|{{{{ toPrettyJson $r }}}}|\
         {{{{ kindOf $r }}}}{{{{ if kindIs `string` $r }}}}|{{{{ b64enc $r }}}}{{{{ end }}}}"
    )
}

/// Compares cases with the real Helm; fails with those that differ.
pub(crate) fn compare<T: AsRef<str>>(cases: &[T], values: &serde_json::Value) {
    compare_with(cases, values, render, 1);
}

/// The same with another way to render them, and for templates whose outcome depends on the order in which Go walks a
/// map, which is another each time: one of so many answers has to be ours.
pub(crate) fn compare_with<T: AsRef<str>>(
    cases: &[T],
    values: &serde_json::Value,
    render: fn(&str, &serde_json::Value) -> Result<String, String>,
    attempts: usize,
) {
    let templates: Vec<String> = cases.iter().map(|case| template(case.as_ref())).collect();
    let questions: Vec<Case> = templates.iter().map(|text| question(text, values)).collect();
    let answers = render_all(&questions);
    let mut wrong = Vec::new();
    for ((case, text), (question, theirs)) in cases.iter().zip(&templates).zip(questions.iter().zip(answers)) {
        let ours = render(text, values);
        let theirs = theirs.map(only);
        let again = || hoist_helmpeer::render(question).map(only);
        if !same(&ours, &theirs) && !(1..attempts).any(|_| same(&ours, &again())) {
            let case = case.as_ref();
            wrong.push(format!("{case}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.iter().take(40).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
}

/// A chart of this template. Notes are not read as manifests.
fn question(text: &str, values: &serde_json::Value) -> Case {
    Case::default()
        .with(PATH, text)
        .with(HELPERS.0, HELPERS.1)
        .values(values.clone())
}

fn only(mut rendered: Rendered) -> String {
    rendered.remove(PATH).expect("the one template is rendered")
}

/// Errors are the same when they say the same; Helm puts some on several lines, and tells those of parsing, and of
/// `fail`, in words of its own.
fn same(ours: &Result<String, String>, theirs: &Result<String, String>) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) if ours == theirs => true,
        (Err(ours), Err(theirs)) => {
            let theirs = match theirs.split_once("\n  executing ") {
                Some((place, rest)) => format!("template: {place}: executing {}", rest.replacen(":\n    ", ": ", 1)),
                None => theirs.clone(),
            };
            let ends_alike = |cause: Option<(&str, &str)>| cause.is_some_and(|(_, cause)| theirs.ends_with(cause));
            let parsing = theirs.starts_with("parse error at ");
            *ours == theirs
                || ends_alike(ours.rsplit_once(": error calling fail: "))
                || parsing && ends_alike(ours.rsplit_once(": "))
        }
        _ => false,
    }
}

/// Compares the cases of a table, which must have enough for each function, and use it.
pub(crate) fn check(cases: Cases) {
    for (name, cases) in cases {
        assert!(cases.len() >= 5, "{name} has only {} cases", cases.len());
        assert!(
            cases.iter().all(|case| case.contains(name)),
            "a case of {name} does not call it"
        );
    }
    let all: Vec<&str> = cases.iter().flat_map(|(_, cases)| cases.iter().copied()).collect();
    compare(&all, &values());
}
