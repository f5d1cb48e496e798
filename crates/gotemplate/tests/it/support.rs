//! Renders a template with ours and with Helm's engine, and compares text or error.
//!
//! Helm rewrites Go's errors before it shows them; the same is done to ours here, so that place, node and message are
//! compared.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use hoist_gotemplate::{Context, Embedder, ExecError, FuncTable, MissingKey, Options, ParseError, Set, Step};
use hoist_govalue::{Args, Body, Func, FuncError, FuncResult, Host, Kind, List, Map, Method, Str, Type, Value};
use serde_json::Value as Json;

/// The name under which Helm parses the one template of a case.
pub(crate) const FILE: &str = "chart/templates/t.yaml";

pub(crate) const VALUES: Type = Type::Named("common.Values", Kind::Map);

/// Compares each case; panics with all that differ.
pub(crate) fn compare(cases: &[(&str, Json)]) {
    let theirs = hoist_helmpeer::texts(cases);
    assert_eq!(theirs.len(), cases.len());
    let mut differ = Vec::new();
    for ((template, values), theirs) in cases.iter().zip(theirs) {
        let ours = render(template, values);
        // Go's limit is one that our stack is spared.
        let theirs = theirs.map_err(|error| error.replace("template depth (100000)", "template depth (10000)"));
        if ours != theirs {
            differ.push(format!(
                "template: {template}\nvalues:   {values}\n  ours:   {ours:?}\n  theirs: {theirs:?}\n"
            ));
        }
    }
    assert!(
        differ.is_empty(),
        "{} of {} differ:\n{}",
        differ.len(),
        cases.len(),
        differ.join("\n")
    );
}

/// [`compare`], with the same values for all.
pub(crate) fn compare_with(values: &Json, templates: &[&str]) {
    let cases: Vec<_> = templates.iter().map(|text| (*text, values.clone())).collect();
    compare(&cases);
}

/// What Helm would say: the text, or the error.
pub(crate) fn render(template: &str, values: &Json) -> Result<String, String> {
    let mut set = set();
    set.parse(FILE, template).map_err(|error| helm_parse_error(&error))?;
    let mut engine = Engine::default();
    let text = set.execute(FILE, &top(values), &options(), &mut engine);
    match text {
        Ok(text) => Ok(text.text().replace("<no value>", "")),
        Err(error) => Err(helm_error(&error)),
    }
}

/// An empty set with the functions of these tests.
pub(crate) fn set() -> Set {
    Set::new("gotpl", functions())
}

pub(crate) fn options() -> Options {
    Options {
        missing_key: MissingKey::Zero,
        ..Options::default()
    }
}

/// What a template's dot is, as far as these tests need it.
pub(crate) fn top(values: &Json) -> Value {
    let mut top = BTreeMap::new();
    let values = match value(values) {
        Value::Map(map) => Value::Map(map.as_type(VALUES)),
        other => other,
    };
    top.insert(Str::from("Values"), values);
    let mut template = BTreeMap::new();
    template.insert(Str::from("Name"), Value::from(FILE));
    template.insert(Str::from("BasePath"), Value::from("chart/templates"));
    top.insert(Str::from("Template"), Value::Map(Map::typed(VALUES, template)));
    Value::Map(Map::typed(VALUES, top))
}

/// JSON as Go reads it: each number is a float64.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::float(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(value).collect()),
        Json::Object(entries) => entries
            .iter()
            .map(|(key, item)| (Str::from(key.as_str()), value(item)))
            .collect::<Map>()
            .into(),
    }
}

pub(crate) fn helm_parse_error(error: &ParseError) -> String {
    let text = error.to_string();
    let tokens: Vec<_> = text.split(": ").collect();
    format!("parse error at ({}): {}", tokens[1], tokens[tokens.len() - 1])
}

fn helm_error(error: &ExecError) -> String {
    let all = error.to_string();
    if !matches!(error.steps().next(), Some(Step::At(_))) {
        return all;
    }
    if let Some(start) = all.find("HELM_ERR_START")
        && let Some(end) = all.rfind("HELM_ERR_END")
    {
        let location = all.split(": ").nth(1).unwrap_or_default();
        return format!("execution error at ({location}): {}", &all[start + 14..end]);
    }
    let steps: Vec<_> = error.steps().map(ToString::to_string).collect();
    let mut blocks: Vec<String> = Vec::new();
    // From the innermost on: most errors that Helm cannot take apart are so at their end.
    for index in (0..steps.len()).rev() {
        let Some(block) = traced(&steps[index..].join(": ")) else {
            return all;
        };
        if blocks.last() != Some(&block) {
            blocks.push(block);
        }
    }
    blocks.reverse();
    blocks.concat().trim().to_owned()
}

/// Helm's way to take one error of the chain apart.
fn traced(text: &str) -> Option<String> {
    let rest = text.strip_prefix("template: ")?;
    let cut = |message: &str| {
        message
            .find(" template:")
            .map_or(message, |at| &message[..at])
            .to_owned()
    };
    let block = |location: &str, executing: &str, message: &str| {
        let mut block = String::new();
        if !location.is_empty() {
            block += &format!("{location}\n  ");
        }
        if !executing.is_empty() {
            block += &format!("{executing}\n    ");
        }
        if !message.is_empty() {
            block += &format!("{message}\n");
        }
        Some(block)
    };
    if rest.starts_with("no template ") {
        return block("", "", text);
    }
    let executing = || {
        let (location, after) = rest.split_once(": executing ")?;
        let after = after.strip_prefix('"')?;
        let (function, after) = after.split_once('"')?;
        let (node, message) = after.strip_prefix(" at <")?.split_once(">: ")?;
        block(
            location,
            &format!("executing \"{function}\" at <{node}>:"),
            &cut(message),
        )
    };
    executing().or_else(|| {
        let (location, message) = rest.rsplit_once(": ")?;
        block(location, "", &cut(message))
    })
}

/// Helm's engine, as far as these tests need it.
#[derive(Default)]
pub(crate) struct Engine {
    included: BTreeMap<Str, u32>,
}

impl Host for Engine {
    fn now(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(4);
    }

    fn resolve(&mut self, _name: &str) -> Result<Vec<IpAddr>, String> {
        Ok(Vec::new())
    }
}

const METHODS: &[Method] = &[
    Method {
        name: "Table",
        params: &[Type::Str],
        variadic: false,
    },
    Method {
        name: "Encode",
        params: &[Type::Named("io.Writer", Kind::Interface)],
        variadic: false,
    },
];

impl Embedder for Engine {
    fn host(&mut self) -> &mut dyn Host {
        self
    }

    fn call(&mut self, context: &mut Context, function: &'static str, args: Args<'_>) -> Result<Value, ExecError> {
        match function {
            "include" => {
                let name = args.str(0)?;
                let count = self.included.entry(name.clone()).or_default();
                if *count > 1000 {
                    return Err(ExecError::note(format!(
                        "rendering template has a nested reference name: {name}: unable to execute template"
                    )));
                }
                *count += 1;
                let text = context.execute(self, name, args.any(1));
                if let Some(count) = self.included.get_mut(name) {
                    *count -= 1;
                }
                Ok(Value::Str(text?))
            }
            _ => {
                let text = args.str(0)?;
                let shown = hoist_govalue::strconv::quote(text);
                let snippet = context
                    .parse(text)
                    .map_err(|error| ExecError::from(error).context(format!("cannot parse template {shown}")))?;
                let text = context
                    .evaluate(self, &snippet, args.any(1))
                    .map_err(|error| error.context(format!("error during tpl function execution for {shown}")))?;
                Ok(Value::from(text.text().replace("<no value>", "")))
            }
        }
    }

    fn methods(&self, type_name: &'static str) -> &'static [Method] {
        if type_name == VALUES.name() { METHODS } else { &[] }
    }

    fn call_method(&mut self, receiver: &Value, _method: &Method, args: Args<'_>) -> FuncResult {
        let name = args.str(0)?;
        let found = receiver.as_map().and_then(|map| map.get(name));
        match found {
            Some(Value::Map(map)) => Ok(Value::Map(map.as_type(VALUES))),
            _ => Err(FuncError::new(format!(
                "{} is not a table",
                hoist_govalue::strconv::quote(name)
            ))),
        }
    }
}

fn pure(name: &'static str, params: &'static [Type], variadic: bool, body: fn(Args<'_>) -> FuncResult) -> Func {
    Func {
        name,
        params,
        variadic,
        body: Body::Pure(body),
    }
}

fn number(value: &Value) -> i64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    match value {
        Value::Bool(truth) => i64::from(*truth),
        Value::Int(number, _) => *number,
        Value::Uint(number, _) => *number as i64,
        Value::Float(number, _) => *number as i64,
        Value::Str(text) => text.text().parse().unwrap_or_default(),
        _ => 0,
    }
}

/// A few of sprig's and Helm's functions, with their signatures.
pub(crate) fn functions() -> FuncTable {
    const ANY: &[Type] = &[Type::Any];
    const TEXT: &[Type] = &[Type::Str];
    let embedded = |name| Func {
        name,
        params: &[Type::Str, Type::Any],
        variadic: false,
        body: Body::Embedder,
    };
    [
        embedded("include"),
        embedded("tpl"),
        pure("list", ANY, true, |args| Ok(Value::list(args.all().to_vec()))),
        pure("dict", ANY, true, |args| {
            let pairs = args.all().chunks(2);
            let entries = pairs.map(|pair| {
                let key = hoist_govalue::fmt::sprint(&pair[..1]).unwrap_or_default();
                (Str::from(key), pair.get(1).cloned().unwrap_or(Value::from("")))
            });
            Ok(entries.collect::<Map>().into())
        }),
        pure("int", ANY, false, |args| Ok(Value::int(number(args.any(0))))),
        pure("int64", ANY, false, |args| Ok(Value::int64(number(args.any(0))))),
        pure("add1", ANY, false, |args| {
            Ok(Value::int64(number(args.any(0)).wrapping_add(1)))
        }),
        pure("add", ANY, true, |args| {
            Ok(Value::int64(args.all().iter().map(number).sum()))
        }),
        pure("upper", TEXT, false, |args| {
            Ok(Value::from(args.str(0)?.text().to_uppercase()))
        }),
        pure("trunc", &[Type::INT, Type::Str], false, |args| {
            let (count, text) = (args.int(0)?, args.str(1)?);
            let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            Ok(Value::Str(match text.len().checked_sub(wanted) {
                Some(start @ 1..) if count < 0 => text[start..].into(),
                Some(1..) => text[..wanted].into(),
                _ => text.clone(),
            }))
        }),
        pure("round", &[Type::Any, Type::INT, Type::FLOAT64], true, |args| {
            Ok(Value::float(number(args.any(0)) as f64))
        }),
        pure("until", &[Type::INT], false, |args| {
            let items = (0..args.int(0)?).map(Value::int).collect();
            Ok(Value::List(List::typed(Type::IntList, items)))
        }),
        pure("splitList", &[Type::Str, Type::Str], false, |args| {
            let (separator, text) = (args.str(0)?.text(), args.str(1)?.text());
            Ok(Value::List(List::strings(text.split(&*separator))))
        }),
        pure("hasKey", &[Type::Map, Type::Str], false, |args| {
            Ok(Value::Bool(args.map(0)?.contains(args.str(1)?)))
        }),
        pure("set", &[Type::Map, Type::Str, Type::Any], false, |args| {
            args.map(0)?.set(args.str(1)?.clone(), args.any(2).clone());
            Ok(args.any(0).clone())
        }),
        pure("first", ANY, false, |args| match args.any(0) {
            Value::List(list) => Ok(list.first().cloned().unwrap_or_default()),
            Value::Nil => Err(FuncError::new(
                "runtime error: invalid memory address or nil pointer dereference",
            )),
            other => {
                let kind = other.kind().name();
                Err(FuncError::new(format!("Cannot find first on type {kind}")))
            }
        }),
        pure("fail", TEXT, false, |args| {
            Err(FuncError::new(format!("HELM_ERR_START{}HELM_ERR_END", args.str(0)?)))
        }),
        pure("mustRegexMatch", &[Type::Str, Type::Str], false, |_| {
            Err(FuncError::new("error parsing regexp: missing closing ): `(`"))
        }),
        pure("typeOf", ANY, false, |args| Ok(Value::from(args.any(0).type_name()))),
        pure("splitn", &[Type::Str, Type::INT, Type::Str], false, |args| {
            let (separator, text) = (args.str(0)?.text(), args.str(2)?.text());
            let count = usize::try_from(args.int(1)?).unwrap_or_default();
            let parts = text.splitn(count, &*separator).enumerate();
            let entries = parts.map(|(index, part)| (Str::from(format!("_{index}")), Value::from(part)));
            Ok(Map::typed(Type::StrMap, entries.collect()).into())
        }),
    ]
    .into_iter()
    .collect()
}
