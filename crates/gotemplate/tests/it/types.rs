//! What functions take: checks and conversions of arguments; fields and methods.

use serde_json::json;

use crate::support::compare_with;

#[test]
fn arguments() {
    let values = json!({"n": 1, "s": "text", "t": true, "l": ["a"], "m": {"a": 1}, "null": null});
    let mut templates = Vec::new();
    for argument in [
        "1",
        "1.5",
        "2.0",
        "\"x\"",
        "true",
        "nil",
        "'a'",
        ".Template",
        ".Values.n",
        ".Values.s",
        ".Values.t",
        ".Values.l",
        ".Values.m",
        ".Values.null",
        ".Values.missing",
        "(.Values.null)",
        "(int .Values.n)",
        "(int64 1)",
        "(list)",
        "(dict)",
        "$.Template",
        "$.Values.s",
        "list",
        "dict",
        "dict.a",
        "(splitList \",\" \"a\")",
        "1e2",
        "1e300",
        "0x7fffffffffffffff",
        "0xffffffffffffffff",
        ".Values.m.a",
        "(.Values.m).a",
        "(dict \"a\" \"b\").a",
    ] {
        for shape in [
            "{{ upper A }}",
            "{{ A | upper }}",
            "{{ trunc A \"abcdef\" }}",
            "{{ A | trunc 3 }}",
            "{{ trunc 2 A }}",
            "{{ until A | len }}",
            "{{ hasKey A \"a\" }}",
            "{{ A | hasKey (dict) }}",
            "{{ typeOf A }}",
            "{{ A | typeOf }}",
            "{{ add1 A | typeOf }}",
            "{{ printf \"%v\" A }}",
            "{{ include A . }}",
            "{{ typeOf (set (dict) \"k\" A).k }}",
            "{{ len A }}",
            "{{ if A }}1{{ end }}",
        ] {
            // Lists of so many elements are a matter of limits.
            let huge = argument.starts_with("0x") || argument.starts_with("1e3");
            if !(huge && (shape.contains("until") || shape.contains("int"))) {
                templates.push(shape.replace('A', argument));
            }
        }
    }
    let templates: Vec<_> = templates.iter().map(String::as_str).collect();
    compare_with(&values, &templates);
}

#[test]
fn arity() {
    compare_with(
        &json!({"s": "text", "m": {"a": 1}}),
        &[
            "{{ upper }}",
            "{{ upper 1 2 }}",
            "{{ \"a\" | upper \"b\" }}",
            "{{ trunc 1 }}",
            "{{ \"a\" | trunc }}",
            "{{ trunc 1 \"a\" \"b\" }}",
            "{{ round }}",
            "{{ 1 | round }}",
            "{{ include \"x\" }}",
            "{{ hasKey .Values.m }}",
            "{{ printf \"%d\" upper }}",
            "{{ (upper).x }}",
            "{{ upper.x }}",
            "{{ list.x }}",
            "{{ 1 2 }}",
            "{{ \"a\" \"b\" }}",
            "{{ true 1 }}",
            "{{ . 1 }}",
            "{{ 1 | 2 }}",
            "{{ 1 | . }}",
            "{{ 1 | \"x\" }}",
            "{{ 1 | .Values.s }}",
            "{{ 1 | (upper \"a\") }}",
            "{{ (upper \"a\") 1 }}",
            "{{ .Values.s 1 }}",
            "{{ .Values.m.a 1 }}",
            "{{ $x := 1 }}{{ $x 2 }}",
            "{{ $x := 1 }}{{ 2 | $x }}",
            "{{ $x := .Values }}{{ $x.s 2 }}",
            "{{ nil 1 }}",
            "{{ (dict \"a\" 1).a 2 }}",
            "{{ 2 | (dict \"a\" 1).a }}",
        ],
    );
}

#[test]
fn fields() {
    compare_with(
        &json!({"s": "text", "n": 1, "l": [1, null, {"a": null}], "m": {"a": {"b": {"c": "deep"}}, "null": null}, "null": null}),
        &[
            "{{ .Values.m.a.b.c }}",
            "{{ .Values.m.a.b.c.d }}",
            "{{ .Values.m.x.y }}",
            "{{ .Values.m.x.y.z }}",
            "{{ .Values.null.x }}",
            "{{ .Values.m.null.x }}",
            "{{ .Nope.x }}",
            "{{ .Nope }}",
            "{{ (.Values.null).x }}",
            "{{ (.Values.null).x.y }}",
            "{{ (.Values.m.x).y }}",
            "{{ (.Values.s).y }}",
            "{{ (.Values.n).y }}",
            "{{ (.Values.l).y }}",
            "{{ .Values.s.y }}",
            "{{ .Values.n.y }}",
            "{{ .Values.l.y }}",
            "{{ $.Values.s.y }}",
            "{{ $x := .Values.s }}{{ $x.y }}",
            "{{ $x := .Values.m }}{{ $x.x.y }}",
            "{{ range .Values.l }}{{ .x }}{{ end }}",
            "{{ with .Values.s }}{{ .x }}{{ end }}",
            "{{ range $i, $e := .Values.l }}{{ if eq $i 1 }}{{ $e.x }}{{ end }}{{ end }}",
            "{{ range $i, $e := .Values.l }}{{ if eq $i 2 }}{{ $e.a.b }}{{ end }}{{ end }}",
            "{{ (index .Values.l 1).x }}",
            "{{ (index .Values.l 0).x }}",
            "{{ (first .Values.l).x }}",
            "{{ nil.x }}",
            "{{ 1.x }}",
            "{{ \"a\".x }}",
            "{{ true.x }}",
            "{{ (nil).x }}",
            "{{ ..x }}",
            "{{ .Values..x }}",
            "{{ .Values. }}",
            "{{ .Values.1 }}",
            "{{ .Values.a-b }}",
            "{{ .Values.m.a.b | len }}",
            "{{ .Values.m .a }}",
            "{{ (dict \"a\" (dict \"b\" 1)).a.b }}",
            "{{ (dict \"a\" nil).a.b }}",
            "{{ (splitn \"/\" 2 \"a/b\")._1 }}|{{ (splitn \"/\" 2 \"a/b\")._9 }}|",
            "{{ (splitn \"/\" 2 \"a/b\")._1.x }}",
            "{{ upper (splitn \"/\" 2 \"a/b\")._9 }}|",
            "{{ .Values.Table \"m\" | len }}",
            "{{ (.Values.Table \"m\").a.b.c }}",
            "{{ .Values.Table }}",
            "{{ .Values.Table 1 }}",
            "{{ .Values.Table \"m\" \"n\" }}",
            "{{ \"m\" | .Values.Table | typeOf }}",
            "{{ .Values.Encode \"x\" }}",
            "{{ .Values.Encode .Values.s }}",
            "{{ .Values.Encode .Values.null }}",
            "{{ .Values.Table.x }}",
            "{{ $x := .Values }}{{ $x.Table 1 }}",
            "{{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Values.m }}",
            "{{ typeOf (set .Values \"q\" 1) }}",
            "{{ print .Values.m }} {{ .Values.l }}",
            "{{ .Values.missing.foo.bar | upper }}",
        ],
    );
}
