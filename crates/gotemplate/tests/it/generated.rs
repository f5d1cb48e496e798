//! Random templates: nestings of control structures and expressions, and heaps of tokens that are mostly no templates.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use crate::support::compare;

/// How many cases, unless `PROPTEST_CASES` says so.
const CASES: usize = 400;

fn cases() -> usize {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(CASES)
}

fn values() -> Json {
    json!({
        "s": "text", "n": 3, "f": 1.5, "t": true, "e": "", "z": 0, "null": null,
        "l": ["a", 2, null, {"k": "v"}], "m": {"a": 1, "b": {"c": "d"}, "n": null}, "nol": [], "nom": {},
    })
}

/// Compares as many random templates as were asked for; each run makes the same ones.
fn compare_generated(seed: u8, strategy: &impl Strategy<Value = String>) {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let count = cases();
    for _ in 0..count.div_ceil(500) {
        let templates: Vec<_> = (0..count.min(500))
            .filter_map(|_| strategy.new_tree(&mut runner).ok().map(|tree| tree.current()))
            .collect();
        assert!(!templates.is_empty());
        let cases: Vec<_> = templates.iter().map(|text| (text.as_str(), values())).collect();
        compare(&cases);
    }
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    prop::sample::select(texts).prop_map(str::to_owned)
}

fn operand() -> impl Strategy<Value = String> + Clone {
    one_of(&[
        "1",
        "-2",
        "1.5",
        "1e3",
        "\"x\"",
        "`y`",
        "'c'",
        "true",
        "false",
        "nil",
        ".",
        "$",
        "$x",
        "$y",
        ".s",
        ".n",
        ".f",
        ".t",
        ".e",
        ".z",
        ".null",
        ".l",
        ".m",
        ".m.a",
        ".m.b.c",
        ".m.n",
        ".m.n.x",
        ".missing",
        ".missing.x",
        ".k",
        ".a.b",
        "$.s",
        "$.m.b",
        "$x.k",
        "$x.a.c",
        "list",
        "dict",
    ])
}

fn expression() -> BoxedStrategy<String> {
    operand()
        .prop_recursive(4, 12, 3, |inner| {
            let inner = inner.clone();
            prop_oneof![
                (
                    one_of(&[
                        "upper", "len", "not", "typeOf", "html", "print", "list", "int64", "first"
                    ]),
                    inner.clone()
                )
                    .prop_map(|(function, a)| format!("({function} {a})")),
                (
                    one_of(&[
                        "eq",
                        "ne",
                        "lt",
                        "le",
                        "and",
                        "or",
                        "index",
                        "trunc",
                        "print",
                        "list",
                        "hasKey",
                        "dict",
                        "add",
                        "printf \"%v-%s\"",
                        "println",
                    ]),
                    inner.clone(),
                    inner.clone(),
                )
                    .prop_map(|(function, a, b)| format!("({function} {a} {b})")),
                (
                    inner.clone(),
                    one_of(&[
                        "upper", "len", "not", "print", "typeOf", "or 1", "and 1", "eq 1", "trunc 2"
                    ])
                )
                    .prop_map(|(a, function)| format!("({a} | {function})")),
                (inner.clone(), one_of(&["k", "a", "b.c"])).prop_map(|(a, field)| format!("({a}).{field}")),
                inner.prop_map(|a| format!("({a})")),
            ]
        })
        .boxed()
}

/// An expression without parentheses around it, as it stands in an action.
fn pipeline() -> impl Strategy<Value = String> + Clone {
    expression().prop_map(
        |text| match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            Some(inner) if !inner.contains(')') => inner.to_owned(),
            _ => text,
        },
    )
}

fn body() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        2 => one_of(&["text ", "\n", " \n  - a\n", "x", "  "]),
        4 => (one_of(&["{{ ", "{{- "]), pipeline(), one_of(&[" }}", " -}}"]))
            .prop_map(|(open, pipeline, close)| format!("{open}{pipeline}{close}")),
        1 => pipeline().prop_map(|pipeline| format!("{{{{ $x = {pipeline} }}}}")),
        1 => pipeline().prop_map(|pipeline| format!("{{{{ $y := {pipeline} }}}}{{{{ $y }}}}")),
        1 => one_of(&["{{/* c */}}", "{{- /* c */ -}}"]),
        1 => (one_of(&["template", "include"]), one_of(&["t", "u"]), operand())
            .prop_map(|(how, name, operand)| format!("{{{{ {how} \"{name}\" {operand} }}}}")),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| parts.concat());
        let head = prop_oneof![
            one_of(&[
                "if true",
                "if .t",
                "if not .z",
                "with .m",
                "with $.l",
                "with $x",
                "if $y"
            ]),
            pipeline().prop_map(|pipeline| format!("if {pipeline}")),
            pipeline().prop_map(|pipeline| format!("with {pipeline}")),
            pipeline().prop_map(|pipeline| format!("with $x := {pipeline}")),
        ];
        let jump = one_of(&[
            "",
            "{{ break }}",
            "{{ continue }}",
            "{{ if $x }}{{ break }}{{ end }}after",
            "{{ with .k }}{{ continue }}{{ end }}after",
        ]);
        let over = prop_oneof![
            pipeline().prop_map(|pipeline| format!("range {pipeline}")),
            pipeline().prop_map(|pipeline| format!("range $x := {pipeline}")),
            pipeline().prop_map(|pipeline| format!("range $x, $y := {pipeline}")),
            pipeline().prop_map(|pipeline| format!("range $x, $y = {pipeline}")),
            one_of(&[".l", ".m", "until 3", "2"]).prop_map(|over| format!("range $i, $e := {over}")),
            one_of(&[".l", ".m", "until 3", "2"]).prop_map(|over| format!("range {over}")),
        ];
        prop_oneof![
            (over, list.clone(), jump, list.clone()).prop_map(|(over, body, jump, other)| format!(
                "{{{{ {over} }}}}{body}{jump}{{{{ else }}}}{other}{{{{ end }}}}"
            )),
            (head.clone(), list.clone()).prop_map(|(head, body)| format!("{{{{ {head} }}}}{body}{{{{ end }}}}")),
            (head, list.clone(), list.clone())
                .prop_map(|(head, body, other)| format!("{{{{ {head} }}}}{body}{{{{- else -}}}}{other}{{{{ end }}}}")),
            (pipeline(), list.clone(), pipeline(), list.clone(), list.clone()).prop_map(|(a, b, c, d, e)| format!(
                "{{{{ if {a} }}}}{b}{{{{ else if {c} }}}}{d}{{{{ else }}}}{e}{{{{ end }}}}"
            )),
            list,
        ]
    })
}

fn program() -> impl Strategy<Value = String> {
    (prop::collection::vec(body(), 1..4), body(), body()).prop_map(|(bodies, t, u)| {
        let bodies = bodies.concat();
        // They do not run within themselves: Go follows that for a long time. What ends it has its own tests.
        let t = t.replace("\"t\"", "\"u\"");
        let u = u.replace("\"t\"", "\"w\"").replace("\"u\"", "\"w\"");
        format!(
            "{{{{ define \"w\" }}}}[{{{{ . }}}}]{{{{ end }}}}{{{{ define \"t\" }}}}{{{{ $x := . }}}}{{{{ $y := 1 }}}}<{t}>{{{{ end }}}}{{{{ define \"u\" }}}}\n{{{{ $x := 2 }}}}{{{{ $y := . }}}}<{u}>\
             {{{{ end }}}}{{{{ define \"main\" }}}}{{{{ $x := .m }}}}{{{{ $y := .l }}}}\n{bodies}{{{{ end }}}}{{{{ include \"main\" .Values }}}}"
        )
    })
}

#[test]
fn programs() {
    compare_generated(1, &program());
}

#[test]
fn single_actions() {
    let strategy = pipeline().prop_map(|text| {
        format!("{{{{ define \"main\" }}}}{{{{ $x := .m }}}}{{{{ $y := 1 }}}}\n {{{{ {text} }}}}{{{{ end }}}}{{{{ template \"main\" .Values }}}}")
    });
    compare_generated(2, &strategy);
}

#[test]
fn heaps_of_tokens() {
    let token = prop_oneof![
        6 => one_of(&[
            "{{", "}}", "{{ ", " }}", "{{- ", " -}}", " ", "\n", "(", ")", "|", ":=", "=", ",", ".", "$x", ".a",
            ".a.b", "1", "-1", "1.5", "0x1f", "'a'", "\"s\"", "`r`", "true", "nil", "print", "upper", "len", "nope",
        ]),
        2 => one_of(&[
            "{{ if ", "{{ else }}", "{{ else if ", "{{ end }}", "{{ range ", "{{ with ", "{{ define \"t\" }}",
            "{{ template \"t\" ", "{{ block \"t\" . }}", "{{ break }}", "{{ continue }}", "{{ $x := 1 }}", "{{/* c */}}",
        ]),
        1 => one_of(&["text", "é", "\u{2603}", "@", "\"", "'", "`", "\\", "/*", "*/", "+", "-", "i", "1_0", "0b2", "..", "#"]),
    ];
    let strategy = prop::collection::vec(token, 1..14).prop_map(|tokens| {
        format!(
            "{{{{ with .Values }}}}{{{{ $x := 5 }}}}\n{}{{{{ end }}}}",
            tokens.concat()
        )
    });
    compare_generated(3, &strategy);
}

/// A text with pieces cut out, doubled and turned around.
fn broken(text: &str, cuts: &[(prop::sample::Index, prop::sample::Index, u8)]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (from, to, how) in cuts {
        if text.is_empty() {
            break;
        }
        let (a, b) = (from.index(text.len()), to.index(text.len()));
        let start = a.min(b);
        let end = a.max(b).min(start + 40);
        match how % 3 {
            0 => drop(text.drain(start..end)),
            1 => {
                let piece = text[start..end].to_vec();
                text.splice(a..a, piece);
            }
            _ => text[start..end].reverse(),
        }
    }
    text.into_iter().collect()
}

proptest! {
    // As many as `PROPTEST_CASES` says.
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_text_is_survived(text in "(\\{\\{|\\}\\}|[a-z.$|()\" \\n'`-]|\\PC){0,60}") {
        let _ = crate::support::render(&text, &values());
    }

    #[test]
    fn broken_programs_are_survived(
        text in program(),
        cuts in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index, u8)>(), 0..4),
    ) {
        let _ = crate::support::render(&broken(&text, &cuts), &values());
    }
}
