//! The builtin functions.

use serde_json::json;

use crate::support::compare_with;

#[test]
fn comparisons() {
    let values = json!({
        "i": 1, "s": "a", "t": true, "l": [1], "m": {"a": 1}, "null": null, "nol": [], "f": 1.5, "e": "",
    });
    let operands = [
        "1",
        "2",
        "1.5",
        "\"a\"",
        "\"b\"",
        "true",
        "nil",
        ".Values.i",
        ".Values.s",
        ".Values.t",
        ".Values.l",
        ".Values.m",
        ".Values.null",
        ".Values.missing",
        "(int 1)",
        "(int64 1)",
        "(list)",
        "(dict)",
        "'a'",
        "(.Values.null)",
        "(index \"abc\" 0)",
    ];
    let mut templates = Vec::new();
    for a in operands {
        for b in operands {
            templates.push(format!("{{{{ eq {a} {b} }}}}"));
            templates.push(format!("{{{{ lt {a} {b} }}}}"));
        }
        for function in ["ne", "le", "gt", "ge"] {
            for b in ["1", "\"b\"", "(int64 2)", ".Values.l", "nil", ".Values.i"] {
                templates.push(format!("{{{{ {function} {a} {b} }}}}"));
            }
        }
        templates.push(format!("{{{{ {a} | eq 1 }}}}"));
        templates.push(format!("{{{{ eq {a} 1 \"a\" true }}}}"));
    }
    templates.push("{{ eq 1 }}".to_owned());
    templates.push("{{ eq }}".to_owned());
    templates.push("{{ ne 1 2 3 }}".to_owned());
    templates.push("{{ lt 1 }}".to_owned());
    let templates: Vec<_> = templates.iter().map(String::as_str).collect();
    compare_with(&values, &templates);
}

#[test]
fn containers() {
    let values = json!({
        "s": "héllo", "l": ["a", {"k": [1, 2]}, null], "m": {"a": {"b": "c"}, "n": null}, "null": null, "n": 2, "e": "",
        "t": true,
    });
    let mut templates = Vec::new();
    for item in [
        ".Values.s",
        ".Values.l",
        ".Values.m",
        ".Values.null",
        ".Values.missing",
        ".Values.n",
        "nil",
        "1",
        "\"abc\"",
        "(list 1 2)",
        "(dict)",
        "(splitList \",\" \"a,b\")",
        ".Values.e",
        ".Values.t",
        "(until 3)",
        "(.Values.null)",
        "(splitn \"/\" 2 \"a/b\")",
    ] {
        for shape in [
            "{{ len I }}",
            "{{ I | len }}",
            "{{ index I }}",
            "{{ index I 0 }}",
            "{{ index I 1 }}",
            "{{ index I 2 }}",
            "{{ index I 3 }}",
            "{{ index I 4 }}",
            "{{ index I 9 }}",
            "{{ index I -1 }}",
            "{{ index I \"a\" }}",
            "{{ index I \"a\" \"b\" }}",
            "{{ index I \"zz\" \"b\" }}",
            "{{ index I \"n\" \"b\" }}",
            "{{ index I 1 \"k\" 0 }}",
            "{{ index I 2 \"k\" }}",
            "{{ index I nil }}",
            "{{ index I .Values.n }}",
            "{{ index I (int .Values.n) }}",
            "{{ index I .Values.missing }}",
            "{{ index I 1.0 }}",
            "{{ index I true }}",
            "{{ \"a\" | index I }}",
            "{{ typeOf (index I 0) }}",
        ] {
            templates.push(shape.replace('I', item));
        }
    }
    let templates: Vec<_> = templates.iter().map(String::as_str).collect();
    compare_with(&values, &templates);
}

#[test]
fn texts() {
    compare_with(
        &json!({"s": "<a href=\"x\">'&'</a>", "u": "é\u{7f}\u{2028}\u{1}\\=/ +&", "null": null, "l": [1, "<"], "n": 1}),
        &[
            "{{ html .Values.s }}|{{ js .Values.s }}|{{ urlquery .Values.s }}",
            "{{ html .Values.u }}|{{ js .Values.u }}|{{ urlquery .Values.u }}",
            "{{ html .Values.l }}|{{ js .Values.l }}|{{ urlquery .Values.l }}",
            "{{ html }}|{{ js }}|{{ urlquery }}",
            "{{ html nil }}|{{ js .Values.null }}|{{ urlquery .Values.missing }}",
            "{{ html 1 2 \"a\" \"b\" }}|{{ js 1 2 \"a\" \"b\" }}|{{ urlquery 1 2 }}",
            "{{ .Values.s | html | js }}",
            "{{ print }}|{{ print 1 2 }}|{{ print \"a\" \"b\" }}|{{ print \"a\" 1 2 \"b\" }}|{{ print nil nil }}",
            "{{ println }}|{{ println 1 \"a\" }}|{{ println nil }}",
            "{{ printf \"%s-%d\" \"a\" 1 }}|{{ printf \"%d\" \"a\" }}|{{ printf \"%s\" }}|{{ printf \"x\" 1 }}",
            "{{ printf \"%v %v\" .Values.n .Values.null }}",
            "{{ 5 | printf \"%d-%d\" 4 }}",
            "{{ \"%d\" | printf }}",
            "{{ printf }}",
            "{{ printf 1 }}",
            "{{ printf .Values.n }}",
            "{{ printf .Values.missing }}",
            "{{ printf (.Values.missing) }}",
            "{{ printf nil }}",
            "{{ call .Values.n }}",
            "{{ call .Values.missing 1 2 }}",
            "{{ call nil }}",
            "{{ call \"a\" }}",
            "{{ 1 | call }}",
            "{{ \"text\" | call }}",
            "{{ .Values.l | call }}",
            "{{ call (list 1) 2 }}",
            "{{ call }}",
            "{{ and }}",
            "{{ or }}",
            "{{ not }}",
            "{{ not 1 2 }}",
            "{{ and 1 }}|{{ or 0 }}|{{ and 1 0 2 }}|{{ or 0 \"\" 3 }}",
            "{{ and nil }}|{{ or nil 1 }}|{{ nil | or }}",
            "{{ or .Values.missing \"default\" }}",
            "{{ and .Values.missing.x 1 }}",
            "{{ or 1 .Values.missing.x }}",
            "{{ and 0 (fail \"no\") }}|{{ or 1 (fail \"no\") }}",
            "{{ and 1 (fail \"yes\") }}",
            "{{ fail \"yes\" | or 1 }}",
            "{{ (and .Values.null).x }}|{{ (or .Values.l .Values.n) }}",
            "{{ len (or .Values.null .Values.l) }}",
            "{{ upper (or .Values.null) }}",
            "{{ or .Values.null | upper }}",
            "{{ len }}",
            "{{ len 1 2 }}",
            "{{ 1 | len }}",
        ],
    );
}
