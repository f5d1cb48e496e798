//! TOML, compared with BurntSushi's.

use std::any::Any;
use std::rc::Rc;

use hoist_goencoding::toml::{self, Datetime, TomlError, Zone};
use hoist_govalue::{Kind, Map, Object, Str, Type, Value, fmt, strconv};
use proptest::prelude::*;

use crate::peer::{ask, literal};
use crate::values;

/// A `time.Time`, as far as it is printed.
#[derive(Debug)]
struct Time(Datetime);

impl Time {
    fn clock(&self) -> String {
        let it = self.0;
        let fraction = format!(".{:09}", it.nanosecond);
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        format!("{:02}:{:02}:{:02}{fraction}", it.hour, it.minute, it.second)
    }

    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.0.year, self.0.month, self.0.day)
    }

    fn offset(&self, colon: &str) -> String {
        let seconds = match self.0.zone {
            Zone::Offset(seconds) => seconds,
            _ => 0,
        };
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
    }
}

impl Object for Time {
    fn ty(&self) -> Type {
        Type::Named("time.Time", Kind::Struct)
    }
    fn text(&self) -> Option<Str> {
        let name = match self.0.zone {
            // Of a machine in UTC.
            Zone::Utc | Zone::Offset(0) => "UTC".to_owned(),
            Zone::Offset(_) => self.offset(""),
            Zone::LocalDatetime => "datetime-local".to_owned(),
            Zone::LocalDate => "date-local".to_owned(),
            Zone::LocalTime => "time-local".to_owned(),
        };
        Some(Str::from(format!(
            "{} {} {} {name}",
            self.date(),
            self.clock(),
            self.offset("")
        )))
    }
    fn plain(&self) -> Value {
        let offset = self.offset(":");
        let zone = if offset == "+00:00" { "Z".to_owned() } else { offset };
        Value::from(format!("{}T{}{zone}", self.date(), self.clock()))
    }
    fn any(&self) -> &dyn Any {
        self
    }
}

fn time(datetime: &Datetime) -> Value {
    Value::Object(Rc::new(Time(*datetime)))
}

/// As Helm's `fromToml`.
fn from_toml(text: &[u8]) -> Value {
    Value::Map(toml::decode(text, &time).unwrap_or_else(|error| {
        assert!(matches!(error, TomlError::Refused(_)), "{error}");
        [(Str::from("Error"), Value::from(error.to_string()))]
            .into_iter()
            .collect()
    }))
}

/// As Helm's `toToml`; `None` where the rendering dies.
fn to_toml(value: &Value) -> Option<Vec<u8>> {
    match toml::encode(value) {
        Ok(text) => Some(text),
        Err(TomlError::Refused(text)) => Some(text.into_bytes()),
        Err(_) => None,
    }
}

fn compare(cases: Vec<(String, Vec<u8>)>) {
    let expressions: Vec<_> = cases.iter().map(|(expression, _)| expression.clone()).collect();
    for ((expression, ours), theirs) in cases.iter().zip(ask(&expressions)) {
        assert_eq!(
            String::from_utf8_lossy(ours),
            String::from_utf8_lossy(&theirs),
            "{expression}"
        );
        assert_eq!(*ours, theirs, "{expression}");
    }
}

fn written(values: &[Value]) {
    let cases = values
        .iter()
        .filter_map(|value| Some((format!("toToml {}", literal(value)), to_toml(value)?)));
    compare(cases.collect());
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(
        entries
            .iter()
            .map(|(key, value)| (Str::from(*key), value.clone()))
            .collect(),
    )
}

#[test]
fn values_are_written() {
    let each = values::each();
    written(&each);
    let mut all: Vec<_> = each.iter().map(|value| map(&[("key", value.clone())])).collect();
    all.extend(each.iter().map(|value| Value::list(vec![value.clone(), value.clone()])));
    all.extend(each.iter().map(|value| map(&[("l", Value::list(vec![value.clone()]))])));
    let table = map(&[("x", Value::int(1)), ("é", Value::from("q\"\\\u{7f}\u{1}"))]);
    let empty = map(&[]);
    let tables = Value::list(vec![table.clone(), empty.clone(), table.clone()]);
    let mixed = Value::list(vec![table.clone(), Value::int(2), Value::list(vec![table.clone()])]);
    let gaps = map(&[
        ("a", Value::int(1)),
        ("b", Value::Nil),
        ("c", table.clone()),
        ("d", Value::Nil),
    ]);
    all.extend([
        map(&[
            ("z", Value::int(1)),
            ("a", table.clone()),
            ("m", Value::from("x")),
            ("t", tables.clone()),
        ]),
        map(&[
            (
                "a",
                map(&[
                    ("b", map(&[("c", table.clone()), ("k", Value::Nil)])),
                    ("v", Value::int(1)),
                ]),
            ),
            ("e", empty.clone()),
        ]),
        map(&[(
            "a",
            map(&[
                ("t", tables.clone()),
                ("u", Value::list(vec![map(&[("t", tables.clone())])])),
            ]),
        )]),
        map(&[
            ("m", mixed.clone()),
            ("n", Value::list(vec![mixed, Value::list(vec![])])),
        ]),
        map(&[("l", Value::list(vec![gaps.clone(), Value::int(1)]))]),
        map(&[("l", Value::list(vec![map(&[("b", Value::Nil)]), Value::int(1)]))]),
        map(&[(
            "l",
            Value::list(vec![map(&[("l", Value::list(vec![Value::Nil]))]), Value::int(1)]),
        )]),
        map(&[
            ("", Value::int(1)),
            ("a b", table.clone()),
            ("a.b", map(&[("", table.clone())])),
        ]),
        map(&[("only", map(&[("nested", map(&[("x", table.clone())]))]))]),
        map(&[("t", Value::list(vec![map(&[]), map(&[])]))]),
        gaps,
        tables,
        Value::list(vec![empty]),
    ]);
    written(&all);
}

#[test]
fn depth_is_limited() {
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(depths);
    thread.unwrap().join().unwrap();
}

fn depths() {
    for (open, close) in [("[", "]"), ("{b=", "}"), ("[{c=", "}]")] {
        let text = |depth: usize| format!("a = {}{}{}", open.repeat(depth), "1", close.repeat(depth));
        let value = toml::decode(text(400).as_bytes(), &time).unwrap();
        toml::encode(&Value::Map(value)).unwrap();
        assert!(matches!(
            toml::decode(text(1001).as_bytes(), &time),
            Err(TomlError::Limit(_))
        ));
        // As deep as may be, without an error and with one.
        let brackets = format!("{}{}", open.repeat(900), close.repeat(900));
        drop(toml::decode(format!("a = {brackets}").as_bytes(), &time));
        assert!(toml::decode(format!("a = {}", open.repeat(900)).as_bytes(), &time).is_err());
    }
    toml::decode(format!("{}b = 1", "a.".repeat(900)).as_bytes(), &time).unwrap();
    let mut value = Value::int(1);
    for _ in 0..2000 {
        value = Value::list(vec![value]);
    }
    assert!(matches!(toml::encode(&map(&[("a", value)])), Err(TomlError::Limit(_))));
}

#[test]
fn what_kills_a_rendering() {
    let theirs = hoist_helmpeer::text("{{ toToml nil }}", &serde_json::json!({})).unwrap_err();
    let TomlError::Panic(ours) = toml::encode(&Value::Nil).unwrap_err() else {
        panic!("nil is no document");
    };
    assert!(theirs.contains(&ours), "{theirs}");

    let holds_itself = Map::new();
    holds_itself.set(Str::from("me"), Value::Map(holds_itself.clone()));
    assert!(matches!(
        toml::encode(&Value::Map(holds_itself.clone())),
        Err(TomlError::Limit(_))
    ));
    let in_list = map(&[("l", Value::list(vec![Value::Map(holds_itself.clone()), Value::int(1)]))]);
    assert!(matches!(toml::encode(&in_list), Err(TomlError::Limit(_))));
    holds_itself.remove(b"me");

    for text in [
        "a = [".repeat(10_000),
        "[".to_owned() + &"a.".repeat(10_000),
        "a = {b = ".repeat(10_000),
        format!("a = {}", "[".repeat(10_000)),
    ] {
        assert!(toml::decode(text.as_bytes(), &time).is_err());
    }
    let deep = format!("a = {}{}", "[".repeat(1001), "]".repeat(1001));
    assert!(matches!(toml::decode(deep.as_bytes(), &time), Err(TomlError::Limit(_))));
}

#[test]
fn generated_values_are_written() {
    written(&values::sample(&tables(), 400));
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_values_are_written_long() {
    for part in values::sample(&tables(), 12_000).chunks(2000) {
        written(part);
    }
}

/// Maps whose values seldom are nil.
fn tables() -> impl Strategy<Value = Value> {
    let leaf = values::arbitrary().prop_map(|value| match value {
        Value::Nil => Value::int(5),
        value => value,
    });
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::list),
            2 => entries(inner.clone()),
            2 => proptest::collection::vec(entries(inner), 1..3).prop_map(Value::list),
        ]
    });
    prop_oneof![6 => entries(value), 1 => values::arbitrary()]
}

fn entries(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-c1\"é. ]{0,3}", value, 0..4)
        .prop_map(|map| Value::Map(map.into_iter().map(|(key, value)| (Str::from(key), value)).collect()))
}

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
        let times = std::cell::Cell::new(false);
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
    let texts = [
        "",
        "\n",
        "# c",
        "# c\n",
        "a=1",
        "a = 1\n",
        "a = 1 # c\n",
        "a = 1 b = 2",
        "a = 1\r\nb = 2\r\n",
        "a",
        "a\n",
        "a =",
        "a = \n",
        "a = # c\n",
        "= 1",
        ".a = 1",
        "a. = 1",
        "a..b = 1",
        "a.b.c = 1\na.b.d = 2",
        "a.b = 1\na.b.c = 2",
        "a = 1\na = 2",
        "a = 1\na.b = 2",
        "\"a b\" = 1",
        "'a\"b' = 1",
        "\"\" = 1",
        "\"\\u00e9\" = 1",
        "\"a\".'b'.c = 1",
        "a b = 1",
        "a\tb = 1",
        "é = 1",
        "a-_1 = 1",
        "1 = 2",
        "1.5 = 2",
        "a = 1\n  b = 2",
        "a = true\nb=false",
        "a = tru",
        "a = truee",
        "a = True",
        "a = yes",
        "a = é",
        "a = !",
        "a = inf\nb=-inf\nc=+inf\nd=nan\ne=+nan",
        "a = infx",
        "a = inx",
        "a = na",
        "a = ian",
        "a = nnf",
        "a = -in",
        "a = +x",
        "a = -",
        "a = --1",
        "a = .5",
        "a = -.5",
        "a = 5.",
        "a = 5.e1",
        "a = 1e5",
        "a = 1E+5",
        "a = 1e5.5",
        "a = 1_000",
        "a = 1__0",
        "a = _1",
        "a = 1_",
        "a = 0_1",
        "a = 00",
        "a = 01",
        "a = 0",
        "a = -0",
        "a = +0",
        "a = -01",
        "a = 0x1F\nb=0o17\nc=0b11",
        "a = 0xg",
        "a = 0o8",
        "a = 0b2",
        "a = 0x",
        "a = 0b",
        "a = 0o",
        "a = 0b12",
        "a = -0x1",
        "a = 0x_1",
        "a = 0x1_",
        "a = 0X1",
        "a = 9223372036854775807",
        "a = 9223372036854775808",
        "a = -9223372036854775808",
        "a = 1.5\nb=-0.0\nc=6.26e-34",
        "a = 1e400",
        "a = 1.5_0",
        "a = 1._5",
        "a = 03.5",
        "a = 1.5e",
        "a = 1.5.5",
        "a = 1e1_0",
        "a = \"s\"",
        "a = \"\"",
        "a = \"\\b\\t\\n\\f\\r\\e\\\"\\\\\\x41\\u00e9\\U0001F600\"",
        "a = \"\\q\"",
        "a = \"\\",
        "a = \"\\u12\"",
        "a = \"\\ud800\"",
        "a = \"\\U00110000\"",
        "a = \"\\xg\"",
        "a = \"\\ \"",
        "a = \"x\ny\"",
        "a = \"x\r\ny\"",
        "a = \"x",
        "a = 'x\\n'",
        "a = ''",
        "a = 'x",
        "a = 'x\ny'",
        "a = \"\"\"x\"\"\"",
        "a = \"\"\"\nx\n\"\"\"",
        "a = \"\"\"\r\nx\"\"\"",
        "a = \"\"\"a\\\n   b\"\"\"",
        "a = \"\"\"a\\  \n\n  b\\\\\n c\"\"\"",
        "a = \"\"\"a\\ b\"\"\"",
        "a = \"\"\"a\"b\"\"c\"\"\"",
        "a = \"\"\"a\"\"\"\"",
        "a = \"\"\"a\"\"\"\"\"",
        "a = \"\"\"a\"\"\"\"\"\"",
        "a = \"\"\"a\\\"\"\"\"\"\"",
        "a = \"\"\"a",
        "a = \"\"\"a\"",
        "a = \"\"\"\\q\"\"\"",
        "a = \"\"\"\\u00e9\"\"\"",
        "a = \"\"\"\\",
        "a = '''x'''",
        "a = '''\nx'y''z'''",
        "a = '''a''''",
        "a = '''a'''''",
        "a = '''a''''''",
        "a = '''x",
        "a = \"x\" y",
        "a = []",
        "a = [1,2]",
        "a = [1,2,]",
        "a = [\n1, # c\n\n2\n# d\n]",
        "a = [1 2]",
        "a = [,]",
        "a = [1,,2]",
        "a = [",
        "a = [1",
        "a = [1,",
        "a = [1\n",
        "a = [[1],[\"x\"],[]]",
        "a = [1,\"x\",true,1.5]",
        "a = [{b=1},{b=2,c=[{d=1}]}]",
        "a = [{b=1},2]",
        "a = {}",
        "a = {b=1}",
        "a = {b=1,}",
        "a = {b=1,\n}",
        "a = {\nb=1\n}",
        "a = { b = 1, # c\n c = 2 }",
        "a = {b=1 c=2}",
        "a = {,}",
        "a = {b=1,,}",
        "a = {b=1",
        "a = {b",
        "a = {",
        "a = {b=1}\na.c=2",
        "a = {b=1}\n[a]",
        "a = {b=1}\n[a.c]",
        "a = {b.c=1,b.d=2}",
        "a = {b=1,b=2}",
        "a = {b=1,b.c=2}",
        "a = {b={c=1},b.d=2}",
        "a = {b = {c = {d = 1}}}",
        "a = {b=[1,{c=2}]}",
        "[a]",
        "[a]\nb=1",
        "[a.b]\nc=1\n[a]\nd=2",
        "[a]\n[a]",
        "[a]\n[a.b]\n[a]",
        "[a.b]\n[a]\n[a]",
        "a=1\n[a]",
        "a=1\n[a.b]",
        "[a]\nb=1\n[a.b]",
        "[a]\nb=1\n[a.b.c]",
        "[ a . b ]\nc=1",
        "[\"a.b\".'c']\nd=1",
        "[]",
        "[.a]",
        "[a.]",
        "[a..b]",
        "[a",
        "[a b]",
        "[a]x",
        "[a] # c",
        "[a]\n\n[b]\n",
        "[[a]]",
        "[[a]]\nb=1\n[[a]]\nb=2",
        "[[a]]\n[a.b]\nc=1\n[[a]]\n[a.b]\nc=2",
        "[[a]]\n[[a.b]]\nc=1\n[[a.b]]\nc=2\n[[a]]\n[[a.b]]\nc=3",
        "[a]\n[[a]]",
        "[[a]]\n[a]",
        "a=1\n[[a]]",
        "a=[]\n[[a]]",
        "a=[{}]\n[[a]]",
        "[[a]]\nb.c=1\n[[a]]\nb.c=2",
        "[[a]]\nb.c=1\n[[a]]\nb=2",
        "[[a.b]]\n[a]\nc=1",
        "[[a]",
        "[[a] ]",
        "[[]]",
        "[[a]]x",
        "[[a.b]]\nx=1\n[a.b.c]\ny=2",
        "a.b=1\n[a]\nc=2",
        "[a]\nb.c=1\n[a.b]\nd=2",
        "[a.b.c]\n[a.b]\nx=1",
        "[x]\ny=[1]\ny=[2]",
        "[x]\ny=[{z=1}]\n[x.y.w]",
        "a={x=1}\na={y=1}",
        "t=1979-05-27T07:32:00Z",
        "t=1979-05-27T00:32:00-07:00",
        "t=1979-05-27 07:32:00.123456789+01:30",
        "t=1979-05-27t07:32:00z",
        "t=1979-05-27T07:32:00",
        "t=1979-05-27T07:32:00.5",
        "t=1979-05-27",
        "t=07:32:00",
        "t=07:32:00.999999999999",
        "t=07:32",
        "t=1979-05-27T07:32",
        "t=1979-05-27T07:32Z",
        "t=1979-05-27 07:32+02:00",
        "t=1979-05-27 # c",
        "t=1979-05-27T",
        "t=1979-13-01",
        "t=1979-02-29",
        "t=2000-02-29",
        "t=1900-02-29",
        "t=1979-00-01",
        "t=1979-01-00",
        "t=1979-01-32",
        "t=24:00:00",
        "t=23:60:00",
        "t=23:59:60",
        "t=7:32:00",
        "t=07:3",
        "t=07:32:0",
        "t=07:32:00.",
        "t=1979-5-27",
        "t=79-05-27",
        "t=1979-05-27T7:32:00Z",
        "t=1979-05-27T07:32:00+1:00",
        "t=1979-05-27T07:32:00+24:00",
        "t=1979-05-27T07:32:00+24:60",
        "t=1979-05-27T07:32:00+25:00",
        "t=1979-05-27T07:32:00+0100",
        "t=1979-05-27T07:32:00ZZ",
        "t=1979-05-27TT07:32:00",
        "t=1979-05-27  07:32:00",
        "t=0000-01-01",
        "t=9999-12-31T23:59:59.999999999Z",
        "t=1979-05-27T07:32:00+00:00",
        "t=1979-05-27T07:32:00-00:00",
        "t=[1979-05-27, 07:32:00]",
        "t=1979-05-27T07:32:00.1Z\nu=1.5",
        "t=1979-",
        "t=1-2",
        "t=12:",
        "a = 1\n\u{1}",
        "a = \"\u{1}\"",
        "# \u{1}",
        "# \u{7f}",
        "a = 1\r",
        "a = 1\rb = 2",
        "\u{feff}a = 1",
        "a\0b",
        "abcdefgh\0",
        "a = \"\t\"",
        "a\u{a0}= 1",
        "a = [1]\n[a.b]",
        "[a]\nb = [",
        "[a]\nb = {c = [1, {d = x}]}",
        "[a]\n\"b c\" = x",
        "[\"a b\"]\nc = x",
        "a = 1 = 2",
        "a == 1",
        "a = 'it''s'",
        "a='''\n\n'''",
        "a = \"\"\"\\\n\"\"\"",
        "a = \"\"\"\n\\\n  \\\n x\"\"\"",
        "a=1\n\n\n\nb=x",
        "a = [\n1,\nx]",
        "a = {\nb = x}",
        "a = \"\"\"\n\n\\q\"\"\"",
        "x.y = {}\nx.y.z = 1",
        "x = [[{a=1}]]",
        "x = [[{a=1}],[{a=2}]]",
        "x=[{y=[{z=1}]},{y=[{z=2}]}]",
    ];
    let mut texts: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
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
