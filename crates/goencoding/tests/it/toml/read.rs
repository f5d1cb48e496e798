//! What is read.

use std::cell::Cell;

use hoist_goencoding::toml;
use hoist_govalue::{fmt, strconv};
use proptest::prelude::*;

use super::documents::DOCUMENTS;
use super::{compare, from_toml, time, to_toml};
use crate::values;

fn read(texts: &[Vec<u8>]) {
    let mut cases = Vec::new();
    for text in texts {
        let literal = strconv::quote(text);
        let value = from_toml(text);
        cases.push((
            format!("fromToml {literal} | printf \"%v\""),
            fmt::sprintf(b"%v", std::slice::from_ref(&value)).unwrap(),
        ));
        cases.push((format!("fromToml {literal} | toToml"), to_toml(&value).unwrap()));
        // With types. A time shows itself in a way of its own there.
        let times = Cell::new(false);
        let noted = toml::decode(text, &|datetime| {
            times.set(true);
            time(datetime)
        });
        if noted.is_ok() && !times.get() {
            cases.push((
                format!("fromToml {literal} | printf \"%#v\""),
                fmt::sprintf(b"%#v", &[value]).unwrap(),
            ));
        }
    }
    compare(cases);
}

#[test]
fn documents_are_read() {
    let mut texts: Vec<Vec<u8>> = DOCUMENTS.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.extend(
        [
            &b"a = \"\xff\""[..],
            b"\xff",
            b"a\xff = 1",
            b"# \xff",
            b"a = '\xc3'",
            b"a = \"\"\"\xe2\x80\"\"\"",
            b"[\xff]",
            b"\xff\xfea=1",
            b"a = \xff",
            b"a = [1, \xff]",
        ]
        .map(<[u8]>::to_vec),
    );
    read(&texts);
}

/// Documents, and what is nearly one.
fn documents() -> impl Strategy<Value = Vec<u8>> {
    let key =
        prop_oneof![4 => "[ab]", 2 => "[ab]\\.[abc]", 1 => "[ab]\\.[ab]\\.[ab]", 1 => "\"[ab é]\"", 1 => "'[ab]'\\.a"];
    let scalar = prop_oneof![
        "-?[0-9]{1,3}",
        "[-+]?[0-9_]{1,4}(\\.[0-9_]{1,2})?(e[-+]?[0-9]{1,2})?",
        "0[xob][0-9a-f_]{0,3}",
        "\"[ a-z\\\\n\"]{0,4}\"",
        "'[ -~]{0,3}'",
        "\"\"\"[ a\\\\\n\"]{0,5}\"\"\"",
        "'''[ a\n']{0,5}'''",
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,3})?)?(Z|[-+]0[0-9]:00)?)?",
        "[0-2][0-9]:[0-6][0-9](:[0-6][0-9])?",
        "true|false|inf|-nan|tru",
    ];
    let value = scalar.boxed().prop_recursive(3, 12, 3, {
        let key = key.clone();
        move |inner| {
            let entry = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("{key} = {value}"));
            prop_oneof![
                proptest::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(", "))),
                proptest::collection::vec(entry, 0..3).prop_map(|items| format!("{{{}}}", items.join(", "))),
            ]
        }
    });
    let line = prop_oneof![
        4 => (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => key.clone().prop_map(|key| format!("[{key}]")),
        2 => key.prop_map(|key| format!("[[{key}]]")),
        1 => "# [ -~]{0,4}",
    ];
    let document = proptest::collection::vec(line, 0..6).prop_map(|lines| lines.join("\n"));
    (
        document,
        any::<prop::sample::Index>(),
        0..12,
        "[-_a0-9.=\"'#,\\[\\]{}\\\\\n: ]{1,2}",
    )
        .prop_map(|(document, at, change, insert)| {
            let mut text = document.into_bytes();
            if !text.is_empty() {
                let at = at.index(text.len());
                match change {
                    0 => text.truncate(at),
                    1 => drop(text.splice(at..at, insert.bytes())),
                    2 => drop(text.splice(at..=at, insert.bytes())),
                    3 => drop(text.remove(at)),
                    _ => {}
                }
            }
            text
        })
}

#[test]
fn generated_documents_are_read() {
    read(&values::sample(&documents(), 500));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_documents_are_read_long() {
    for part in values::sample(&documents(), 20_000).chunks(2000) {
        read(part);
    }
}

proptest! {
    #[test]
    fn nothing_panics(text: Vec<u8>, document in documents()) {
        let _ = toml::decode(&text, &time);
        let _ = toml::decode(&document, &time);
    }
}
