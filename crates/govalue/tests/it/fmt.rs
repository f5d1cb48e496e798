//! Printing, compared with Go's.

use hoist_govalue::{FuncError, MAX_STRING, Map, Str, Value, fmt, strconv};
use proptest::prelude::*;

use crate::peer::{ask, literal};
use crate::values;

#[derive(Debug)]
struct Case {
    /// `printf`, `print` or `println`.
    function: &'static str,
    format: Vec<u8>,
    values: Vec<Value>,
}

impl Case {
    fn printf(format: impl Into<Vec<u8>>, values: Vec<Value>) -> Self {
        Self {
            function: "printf",
            format: format.into(),
            values,
        }
    }

    fn expression(&self) -> String {
        let mut words = vec![self.function.to_owned()];
        if self.function == "printf" {
            words.push(strconv::quote(&self.format));
        }
        words.extend(self.values.iter().map(literal));
        words.join(" ")
    }

    fn ours(&self) -> Result<Vec<u8>, FuncError> {
        match self.function {
            "printf" => fmt::sprintf(&self.format, &self.values),
            "print" => fmt::sprint(&self.values),
            _ => fmt::sprintln(&self.values),
        }
    }
}

/// How many were compared: addresses, which Go prints, cannot be.
fn compare(cases: Vec<Case>) -> usize {
    let mut ours = Vec::new();
    for case in cases {
        match case.ours() {
            Ok(text) => ours.push((case.expression(), text)),
            Err(error) => assert!(
                error.message().contains("address in memory"),
                "{}: {error}",
                case.expression()
            ),
        }
    }
    let expressions: Vec<_> = ours.iter().map(|(expression, _)| expression.clone()).collect();
    let theirs = ask(&expressions);
    for ((expression, ours), theirs) in ours.iter().zip(&theirs) {
        assert_eq!(
            String::from_utf8_lossy(ours),
            String::from_utf8_lossy(theirs),
            "{expression}"
        );
        assert_eq!(ours, theirs, "{expression}");
    }
    ours.len()
}

/// Each verb with each of these flags and each kind of value.
#[test]
fn verbs() {
    let flags = [
        "", "+", "#", " ", "0", "-", "5", "-8", "08", "+08.3", ".0", ".2", "#.3", "# ", "+#", "020", "-020", "#15.1",
    ];
    let verbs = "vTtdboOqxXUceEfFgGspwz";
    let mut cases = Vec::new();
    for value in values::each() {
        for flags in flags {
            for verb in verbs.chars() {
                cases.push(Case::printf(format!("%{flags}{verb}|"), vec![value.clone()]));
            }
        }
    }
    assert!(compare(cases) > 10_000);
}

#[test]
fn formats() {
    let (one, two, text) = (Value::int(1), Value::int(2), Value::from("x"));
    let all = vec![one.clone(), two.clone(), text.clone()];
    let formats = [
        "",
        "plain",
        "%",
        "%%",
        "100%",
        "%d",
        "%d %d",
        "%d %d %s %v",
        "%d %d %s",
        "%s %s %s",
        "%!",
        "%z",
        "%-",
        "%5",
        "%.",
        "%.3",
        "%5.",
        "%[1]d",
        "%[2]d %[1]d",
        "%[3]s %d",
        "%[4]d",
        "%[0]d",
        "%[-1]d",
        "%[x]d",
        "%[]d",
        "%[1d",
        "%[",
        "%[1]",
        "%[2]*[1]d",
        "%[1]*d",
        "%*d",
        "%*d %s",
        "%-*d",
        "%*",
        "%.*d",
        "%.*f",
        "%[3]*d",
        "%*.*d",
        "%[1]*.[2]*[1]d",
        "%[2].3d",
        "%[1]5d",
        "%.[2]d",
        "%.[2]*[1]d",
        "%1000000d",
        "%1000001d",
        "%9999999999d",
        "%.1000001d",
        "%é",
        "%世d",
        "%\u{1}",
        "%  d",
        "%+-#0 5d",
        "%w",
        "%#w",
        "%.5%",
        "%5%",
        "%[2]%",
        "%d %[9]d %d",
        "%v%v%v%v",
        "%[1]v %[1]T",
        "%\n",
        "%d\n%s\n",
        "%#",
        "%+",
        "%[1][2]d",
        "%[2][1]d",
        "%*[2]d",
        "%.*[3]s",
        "%6.2%",
    ];
    let mut cases: Vec<_> = formats.map(|format| Case::printf(format, all.clone())).into();
    cases.extend(formats.map(|format| Case::printf(format, vec![])));
    cases.extend(formats.map(|format| {
        Case::printf(
            format,
            vec![Value::int(-3), Value::float(2.5), Value::Nil, text.clone()],
        )
    }));
    cases.push(Case::printf(b"\xff%\xffd", vec![one.clone()]));
    // Stars that are no widths.
    for star in [
        Value::from("5"),
        Value::float(5.0),
        Value::Nil,
        Value::int(-5),
        Value::int(1_000_001),
        Value::int64(6),
    ] {
        cases.push(Case::printf("%*d|%s", vec![star.clone(), two.clone(), text.clone()]));
        cases.push(Case::printf("%.*d|%s", vec![star, two.clone(), text.clone()]));
    }
    compare(cases);
}

#[test]
fn print_and_println() {
    let each = values::each();
    let mut cases = Vec::new();
    for function in ["print", "println"] {
        cases.push((function, vec![]));
        for pair in each.windows(2) {
            cases.push((function, pair.to_vec()));
        }
        for step in 2..each.len() {
            cases.push((function, each.iter().step_by(step).cloned().collect()));
        }
    }
    let cases = cases.into_iter().map(|(function, values)| Case {
        function,
        format: Vec::new(),
        values,
    });
    compare(cases.collect());
}

fn random() -> impl Strategy<Value = Case> {
    let piece = prop_oneof![
        2 => "[a-z%]{0,3}",
        4 => "%[-+# 0]{0,3}[0-9]{0,2}(\\.[0-9]{0,2})?[vTtdboOqxXUceEfFgGsw]",
        1 => "%(\\[[0-4]\\])?[-+# 0]?(\\*|[1-9])?(\\[[0-4]\\])?(\\.(\\*|[0-9])?)?(\\[[0-4]\\])?[vdsqxfe%]",
        1 => "%[-+# 0-9.*\\[\\]a-zA-Z]{0,6}",
    ];
    (
        proptest::collection::vec(piece, 0..5),
        proptest::collection::vec(values::arbitrary(), 0..5),
        0..6,
    )
        .prop_map(|(pieces, values, function)| Case {
            function: ["print", "println"].get(function as usize).copied().unwrap_or("printf"),
            format: pieces.concat().into_bytes(),
            values,
        })
}

#[test]
fn generated() {
    assert!(compare(values::sample(&random(), 600)) > 500);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn generated_long() {
    assert!(compare(values::sample(&random(), 30_000)) > 25_000);
}

#[test]
fn what_go_would_die_of_is_an_error() {
    // On a stack that is far too small for such depths.
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(deaths);
    thread.unwrap().join().unwrap();
}

fn deaths() {
    let map = Map::new();
    map.set(Str::from("me"), Value::Map(map.clone()));
    let error = fmt::sprint(&[Value::Map(map.clone())]).unwrap_err();
    assert!(error.message().contains("10000 deep"), "{error}");
    map.remove(b"me");

    // Each level doubles what is printed.
    let mut list = Value::from("x".repeat(1 << 20));
    for _ in 0..60 {
        list = Value::list(vec![list.clone(), list]);
    }
    let error = fmt::sprint(&[list]).unwrap_err();
    assert!(error.message().contains(&MAX_STRING.to_string()), "{error}");
}
