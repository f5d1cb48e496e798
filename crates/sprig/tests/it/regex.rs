//! Regular expressions.

use proptest::prelude::*;

use crate::direct::{Arg, Question, cases, compare, question, samples};

/// Each function with a pattern, a text and a replacement.
fn all(pattern: &[u8], text: &[u8], replacement: &[u8], limit: i64) -> Vec<Question> {
    let two = || vec![Arg::Text(pattern.into()), Arg::Text(text.into())];
    let with = |more: Arg| {
        let mut args = two();
        args.push(more);
        args
    };
    let replaced = || with(Arg::Text(replacement.into()));
    vec![
        question("regexMatch", two()),
        question("mustRegexMatch", two()),
        question("regexFind", two()),
        question("mustRegexFind", two()),
        question("regexFindAll", with(limit.into())),
        question("mustRegexFindAll", with(limit.into())),
        question("regexReplaceAll", replaced()),
        question("mustRegexReplaceAll", replaced()),
        question("regexReplaceAllLiteral", replaced()),
        question("mustRegexReplaceAllLiteral", replaced()),
        question("regexSplit", with(limit.into())),
        question("mustRegexSplit", with(limit.into())),
    ]
}

const PATTERNS: &[&str] = &[
    "",
    "a",
    "a*",
    "a+?",
    "(a)(b)?",
    "^$",
    "^",
    "$",
    "(?m)^",
    "(?m)$",
    "(?m)^a$",
    r"\Aa",
    r"a\z",
    r"a\Z",
    r"\b",
    r"\B",
    r"\w+",
    r"\W",
    r"\d",
    r"\D+",
    r"\s",
    r"\S+",
    r"[\d\-]",
    r"[^\s]",
    "[[:alpha:]]+",
    "[[:^alpha:]]",
    "[[:word:]]",
    "[[:foo:]]",
    "[[:alpha:",
    "[a-",
    "[]a]",
    "[^]a]",
    "[a",
    "[z-a]",
    r"[a-\d]",
    r"[\d-z]",
    "[a-z-9]",
    r"\pL",
    r"\p{L}+",
    r"\p{Greek}",
    r"\P{Greek}",
    r"\p{^Greek}",
    r"\p{Foo}",
    r"\p",
    r"\p{",
    r"\pé",
    r"\p{Old_Italic}",
    r"\p{lu}",
    r"\p{LU}",
    r"(?i)\p{Lu}",
    r"[^\p{Ll}]",
    r"\p{Any}",
    r"\P{Any}",
    "(?i)abc",
    "(?i)k",
    "(?i)ſ",
    "(?i)[^k]",
    "(?i)σ",
    "(?i)é",
    "(?s).",
    ".",
    "(?-s).",
    "(?U)a+",
    "(?U)a+?",
    "(?im)^A",
    "(?i:a)b",
    "(?i",
    "(?",
    "(?P<n>a)",
    "(?<n>a)",
    "(?P<n>",
    "(?P<1>a)",
    "(?P<>a)",
    "(?P<a-b>a)",
    "(?P=n)",
    "(?P<n>a)(?P<n>b)",
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!a)",
    "(?#c)",
    "(?i-)",
    "(?-i)",
    "(?--i)",
    "(?z)",
    "a{2}",
    "a{2,}",
    "a{2,3}",
    "a{,3}",
    "a{0}",
    "a{1001}",
    "a{3,2}",
    "a{2}{3}",
    "(a{30}){40}",
    "(a{10}){100}",
    "(a{10}){101}",
    "a{99999999999}",
    "a{2",
    "{",
    "{2}",
    "*",
    "a**",
    "a+*",
    "a??",
    "a???",
    "a|*",
    "(*)",
    "(|a)*",
    "(|a)+",
    "(a*)*",
    "(a*)+",
    "(a|b*)*",
    "(?:a|)+?b",
    "()",
    "(",
    ")",
    "(()",
    "a)",
    "|",
    "a|",
    "|a",
    "a||b",
    r"\",
    r"a\",
    r"\1",
    r"\07",
    r"\012",
    r"\12",
    r"\18",
    r"\8",
    r"\x41",
    r"\x4",
    r"\xg1",
    r"\x{41}",
    r"\x{110000}",
    r"\x{}",
    r"\x{4",
    r"\a\f\n\r\t\v",
    r"\e",
    r"\c",
    r"\C",
    r"\Q.*\E",
    r"\Qa",
    r"\Qa\E*",
    r"\Q\E",
    r"\_",
    r"\-",
    r"\é",
    r"\y",
    "é",
    "[é-ü]",
    "a.c",
    r"([a-z]+)-([0-9]+)",
    r"^v?([0-9]+)\.",
    "x*",
    "(a)|(b)",
    "(a)|b",
    "a|ab",
    "ab|a",
    r"(?:(?:a)b)?",
    "日本",
    r"[^a-z0-9-]",
    r"\x{FFFD}",
    "[^a]",
    r"(?i)ǆ",
    r"^(([^:/?#]+):)?(//([^/?#]*))?",
    "(a+)(b+)",
    "(?P<word>[a-z]+) (?P<num>[0-9]+)",
    r"\D*\z",
    r"[\pL\d]",
    r"[\P{L}]",
    r"[[:space:]]",
    r"[\x00-\x{10FFFF}]",
    r"[^\x00-\x{10FFFF}]",
    r"\x{D800}",
    "[\u{D7FF}-\u{E000}]",
    "a{0,0}b",
    "(a){0}b",
    "(?:a{0}){5000}",
    "(?i)[a-z]+",
    r"\bfoo\b",
    r"\b\b",
    "(^)*",
    "(^a|b$)",
    "$^",
    "a$b",
    "(?m)a$\nb",
    "[a-c]{2}",
    ".{3}",
    ".*?",
    ".+",
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "ab",
    "aab",
    "baaac",
    "abc-123",
    "foo bar",
    "foo 42 bar 7",
    "AbC kK ſS",
    "αβγ ΑΒΓ ς",
    "日本語",
    "é-ü",
    "a\nb\na",
    "line\r\n",
    "v1.2.3",
    "{2} a{,3}",
    "x_y z",
    "aaaaaaaaaa",
    "\u{FFFD}a",
    "ǅǆǄ",
    "http://example.org/p?q#f",
];

#[test]
fn each_function_agrees_on_patterns_and_texts() {
    let replacements = [
        "<$0>",
        "$1",
        "${1}x",
        "$1x",
        "$$",
        "$",
        "${n}-$word",
        "${word",
        "é",
        "",
        "$10",
        "$01",
        "${}",
        "$é",
    ];
    let limits = [-1, 0, 1, 2, 5];
    let mut questions = Vec::new();
    for (row, pattern) in PATTERNS.iter().enumerate() {
        for (column, text) in TEXTS.iter().enumerate() {
            let replacement = replacements[(row + column) % replacements.len()];
            let limit = limits[(row + 3 * column) % limits.len()];
            let each = all(pattern.as_bytes(), text.as_bytes(), replacement.as_bytes(), limit);
            // All of the functions on some texts, and half of them in turn on the others.
            let every = if column < 4 { 1 } else { 3 };
            questions.extend(each.into_iter().skip((row + column) % every).step_by(every));
        }
    }
    compare(&questions);
}

#[test]
fn bytes_that_are_not_utf8_are_characters_of_their_own() {
    let texts: [&[u8]; 7] = [
        b"\xff",
        b"a\xffb",
        b"\xe2\x82a",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"a\xffa\xfea",
        b"\xff\xef\xbf\xbd",
    ];
    let patterns: [&[u8]; 12] = [
        b".",
        b"",
        b"[^a]",
        b"a",
        r"\x{FFFD}".as_bytes(),
        b"(?s).*",
        br"\W",
        br"\b",
        br"\B",
        b"a\xff",
        b"[\xff]",
        b"(?P<\xff>a)",
    ];
    let questions: Vec<_> = texts
        .iter()
        .flat_map(|text| patterns.iter().flat_map(|pattern| all(pattern, text, b"<$0\xfe>", -1)))
        .collect();
    compare(&questions);
}

#[test]
fn random_patterns_agree() {
    let atom = proptest::sample::select(vec![
        "a",
        "b",
        "c",
        "é",
        "K",
        ".",
        "[ab]",
        "[^a]",
        r"\w",
        r"\W",
        r"\d",
        r"\b",
        r"\B",
        "^",
        "$",
        r"\pL",
        "(?:)",
        "-",
        r"\s",
        "[^b-c]",
        "[[:alpha:]]",
        "(?i)",
        "(?s)",
        "(?m)",
        "(?U)",
        "(?-i)",
        r"\Q+\E",
        r"\x61",
        r"[\d-]",
        "",
        "Σ",
        r"[^\d]",
        "\n",
    ])
    .prop_map(String::from);
    let pattern = atom.prop_recursive(5, 24, 4, |inner| {
        let repeat = proptest::sample::select(vec![
            "*", "+", "?", "*?", "+?", "??", "{0}", "{1}", "{2}", "{0,2}", "{1,}", "{2,3}?", "{0,}", "",
        ]);
        let many = || proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many().prop_map(|parts| parts.concat()),
            many().prop_map(|parts| parts.join("|")),
            (many(), repeat.clone()).prop_map(|(parts, repeat)| format!("({}){repeat}", parts.concat())),
            (many(), repeat.clone()).prop_map(|(parts, repeat)| format!("(?:{}){repeat}", parts.join("|"))),
            (inner.clone(), repeat).prop_map(|(part, repeat)| format!("{part}{repeat}")),
            (inner.clone()).prop_map(|part| format!("(?P<n>{part})")),
        ]
    });
    let text = "[abcékKſσς \\-1+\n]{0,12}";
    let replacement = proptest::sample::select(vec!["[$0]", "$1-$2", "${n}", "<${1}$$", ""]);
    let drawn = samples(cases() * 4, &(pattern, text, replacement, -1i64..4));
    let questions: Vec<_> = drawn
        .iter()
        .flat_map(|(pattern, text, replacement, limit)| {
            let each = all(pattern.as_bytes(), text.as_bytes(), replacement.as_bytes(), *limit);
            each.into_iter().skip(1).step_by(2)
        })
        .collect();
    compare(&questions);
}

#[test]
fn random_noise_is_refused_with_the_same_words() {
    let noise = r"[ab()|*+?{}\[\]\^$.\\,0-3:<>PQEpdwx!=i-]{0,10}";
    let drawn = samples(cases() * 4, &(noise, "[ab.]{0,5}"));
    let questions: Vec<_> = drawn
        .iter()
        .flat_map(|(pattern, text)| {
            let args = || vec![Arg::from(pattern.as_str()), Arg::from(text.as_str())];
            [question("mustRegexFind", args()), question("regexFind", args())]
        })
        .collect();
    compare(&questions);
}

#[test]
fn classes_of_unicode_have_the_same_members() {
    const NAMES: &[&str] = &[
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
        "L",
        "LC",
        "Ll",
        "Lm",
        "Lo",
        "Lt",
        "Lu",
        "M",
        "Mc",
        "Me",
        "Mn",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Pe",
        "Pf",
        "Pi",
        "Po",
        "Ps",
        "S",
        "Sc",
        "Sk",
        "Sm",
        "So",
        "Z",
        "Zl",
        "Zp",
        "Zs",
        "Letter",
        "Cased_Letter",
        "Unassigned",
        "Assigned",
        "ASCII",
        "Latin",
        "Greek",
        "Cyrillic",
        "Han",
        "Common",
        "Inherited",
        "Arabic",
        "Ahom",
        "Kawi",
        "digit",
        "Nko",
    ];
    // Every so many characters, and those that later versions of Unicode treat otherwise.
    let characters = (0..0x3_2000u32).step_by(31).filter_map(char::from_u32);
    let text: String = characters
        .chain(['\u{1171E}', '\u{345}', '\u{A7CB}', '\u{264}', '\u{1C89}'])
        .collect();
    let questions: Vec<_> = NAMES
        .iter()
        .flat_map(|name| {
            [
                format!(r"\P{{{name}}}"),
                format!(r"(?i)\P{{{name}}}"),
                format!(r"(?i)[\p{{{name}}}a]+"),
            ]
        })
        .map(|pattern| {
            question(
                "regexReplaceAll",
                vec![pattern.as_str().into(), text.as_str().into(), "".into()],
            )
        })
        .collect();
    compare(&questions);
}

#[test]
fn meta_characters_are_quoted() {
    let texts = ["", "a", r"\.+*?()|[]{}^$", "a-b#~&é", "(日)"];
    let questions: Vec<_> = texts
        .iter()
        .map(|text| question("regexQuoteMeta", vec![(*text).into()]))
        .chain([question("regexQuoteMeta", vec![Arg::Text(b"\xff.\xfe".into())])])
        .collect();
    compare(&questions);
}

#[test]
fn what_would_take_too_much_is_refused() {
    let refused = |pattern: &str| crate::direct::call("regexFind", &[pattern.into(), "".into()]).expect_err(pattern);
    assert!(refused(&"(".repeat(5000)).contains("missing closing )"));
    assert!(refused(&format!("{}{}", "(".repeat(1001), ")".repeat(1001))).contains("expression nests too deeply"));
    assert!(refused(&format!("{}{}", "(".repeat(500), ")".repeat(500))).contains("nests deeper than hoist reads"));
    assert!(refused(r"[\pL\d]{1000}").contains("memory"));
    assert!(refused(&"a".repeat(2 << 20)).contains("longer than hoist reads"));
    assert!(refused(&r"\pL".repeat(3000)).contains("ranges"));
    assert!(refused(&format!("(?i){}", "é".repeat(100_000))).contains("ranges"));
}
