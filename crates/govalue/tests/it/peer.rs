//! Asks the real program: each question is a template's expression that yields a string.

use std::fmt::Write;

use hoist_govalue::{Kind, Type, Value, strconv};
use hoist_helmpeer::Case;

/// The bytes that each expression yields, in one rendering. The files that expressions read are those of [`literal`].
pub(crate) fn ask(expressions: &[String]) -> Vec<Vec<u8>> {
    let mut template = String::new();
    let mut case = Case::default();
    for expression in expressions {
        // Hexadecimal digits carry each byte unharmed.
        writeln!(template, "{{{{ printf \"%x\" ({expression}) }}}}").unwrap();
        for name in expression.split("GetBytes \"").skip(1) {
            let name = name.split('"').next().unwrap();
            let bytes = name.strip_prefix("bytes/x").unwrap();
            let bytes = (0..bytes.len() / 2).map(|at| u8::from_str_radix(&bytes[at * 2..at * 2 + 2], 16).unwrap());
            case.files.insert(name.to_owned(), bytes.collect());
        }
    }
    let rendered = hoist_helmpeer::render(&case.with("templates/t.txt", template))
        .unwrap_or_else(|error| panic!("the template does not render: {error}"));
    let text = rendered.values().next().expect("one template renders to one text");
    let answers: Vec<_> = text
        .lines()
        .map(|line| {
            let digits = line.as_bytes().chunks(2);
            digits
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        })
        .collect();
    assert_eq!(answers.len(), expressions.len());
    answers
}

/// A value as an argument in a template.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number, Kind::Int64) => format!("(int64 {number})"),
        // The least of them is no constant: its digits alone are too large.
        Value::Int(i64::MIN, _) => "(int (sub -9223372036854775807 1))".to_owned(),
        Value::Int(number, _) => number.to_string(),
        Value::Uint(number, _) => format!("(index (.Files.GetBytes \"bytes/x{number:02x}\") 0)"),
        Value::Float(number, _) if !number.is_finite() || *number == 0.0 => format!("(float64 \"{number}\")"),
        Value::Float(number, _) => format!("{number:e}"),
        Value::Str(text) => strconv::quote(text),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("(.Files.GetBytes \"bytes/x{digits}\")")
        }
        Value::List(list) if list.ty() == Type::IntList => format!("(until {})", list.len()),
        Value::List(list) if list.ty() == Type::StrList => {
            let items: Vec<_> = list.iter().map(literal).collect();
            format!("(concat (list) (list {})| toStrings)", items.join(" "))
        }
        Value::List(list) => {
            let items: Vec<_> = list.iter().map(literal).collect();
            format!("(list {})", items.join(" "))
        }
        Value::Map(map) if map.ty() == Type::StrMap => {
            let items: Vec<_> = map
                .borrow()
                .values()
                .map(|item| item.as_str().unwrap().text().into_owned())
                .collect();
            format!("(split \"|\" {})", strconv::quote(items.join("|").as_bytes()))
        }
        Value::Map(map) => {
            let items: Vec<_> = map
                .borrow()
                .iter()
                .map(|(key, item)| format!("{} {}", strconv::quote(key), literal(item)))
                .collect();
            format!("(dict {})", items.join(" "))
        }
        Value::Object(object) => panic!("{object:?} has no literal"),
    }
}
