//! Control structures, variables, scopes, templates.

use serde_json::json;

use crate::support::compare_with;

#[test]
fn texts_and_trimming() {
    compare_with(
        &json!({"a": "x"}),
        &[
            "",
            "plain",
            "a\n{{- 1 }}\n b",
            "a\n{{ 1 -}}\n b",
            "a \t\r\n{{- 1 -}} \t\r\n b",
            "a{{-1}}b",
            "a {{- -1 -}} b",
            "a {{/* c */}} b",
            "a {{- /* c */ -}} b",
            "a {{- /* c\nd */}} b",
            "a\n{{/* x */ -}}\n\nb {{ .Values.a }}",
            "{{ .Values.a }}{{ .Values.a}}{{.Values.a }}{{\n.Values.a\n}}",
            "{{ \"}}\" }}{{ `}}` }}",
            "{ { } }",
            "{{ \"a\\tb\\x41\\u00e9\\101\\n\" }}|{{ `raw\\n` }}|{{ 'a' }}|{{ '\\n' }}|{{ '\\'' }}",
            "{{- `  ` -}}x{{- print 1 -}}",
            "\u{fffd}\u{2028}é{{ \"é\" }}",
            "{{ $é := 1 }}{{ $é }}",
            "{{ .Values.é }}",
            "x{{- /* a */ -}}y{{- /* b */ -}}\n\n z",
        ],
    );
}

#[test]
fn constants() {
    compare_with(
        &json!({}),
        &[
            "{{ 1 }} {{ -1 }} {{ +1 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 0x_1f }} {{ -0 }}",
            "{{ 1.5 }} {{ 1e3 }} {{ 1e21 }} {{ .5 }} {{ 5. }} {{ 1E-7 }} {{ 0x1p4 }} {{ 1_0.5 }} {{ 100000000.0 }}",
            "{{ 1e6 }} {{ 123456789.0 }} {{ 1e20 }} {{ 3.0 }} {{ -0.0 }}",
            "{{ true }} {{ false }}",
            "{{ 9223372036854775807 }} {{ -9223372036854775808 }}",
            "{{ 9223372036854775808 }}",
            "{{ 18446744073709551616 }}",
            "{{ 1e400 }}",
            "{{ 08 }}",
            "{{ 1__0 }}",
            "{{ 0x }}",
            "{{ 1a }}",
            "{{ 1.2.3 }}",
            "{{ 'ab' }}",
            "{{ '' }}",
            "{{ 'é' }}",
            "{{ \"\\q\" }}",
            "{{ \"\\ud800\" }}",
            "{{ printf \"%T %T %T %T %T\" 1 1.0 'a' \"s\" true }}",
            "{{ printf \"%T %T\" 1e3 0x10 }}",
            "{{ nil }}",
            "{{ print nil }}",
            "{{ . | nil }}",
        ],
    );
}

#[test]
fn branches() {
    let values = json!({
        "t": true, "f": false, "zero": 0, "one": 1, "s": "s", "empty": "", "l": [1], "nol": [], "m": {"a": 1},
        "nom": {}, "null": null,
    });
    let names = [
        "t", "f", "zero", "one", "s", "empty", "l", "nol", "m", "nom", "null", "missing",
    ];
    let mut templates = Vec::new();
    for name in names {
        for shape in [
            "{{ if .Values.N }}yes{{ end }}",
            "{{ if .Values.N }}yes{{ else }}no{{ end }}",
            "{{ if not .Values.N }}yes{{ else }}no{{ end }}",
            "{{ with .Values.N }}[{{ . }}]{{ else }}no {{ .Values.s }}{{ end }}",
            "{{ if .Values.f }}1{{ else if .Values.N }}2{{ else }}3{{ end }}",
            "{{ with .Values.f }}1{{ else with .Values.N }}{{ . }}{{ else }}3{{ end }}",
            "{{ and .Values.N .Values.s }}|{{ or .Values.N .Values.s }}|{{ and .Values.s .Values.N }}|{{ or .Values.f .Values.N }}",
            "{{ .Values.N | and .Values.s }}|{{ .Values.N | or .Values.f }}|{{ .Values.N | not }}",
            "{{ if and (or .Values.N .Values.f) (not .Values.f) }}a{{ end }}",
            "{{ .Values.N }}|{{ print .Values.N }}|{{ .Values.N | print }}|{{ printf \"%v\" .Values.N }}",
        ] {
            templates.push(shape.replace('N', name));
        }
    }
    let templates: Vec<_> = templates.iter().map(String::as_str).collect();
    compare_with(&values, &templates);
}

#[test]
fn ranges() {
    compare_with(
        &json!({
            "l": ["a", "b", "c"], "m": {"z": 1, "a": 2, "m": {"x": 1}}, "nol": [], "nom": {}, "s": "text", "n": 3,
            "ll": [[1, 2], [3]], "nulls": [null, 1],
        }),
        &[
            "{{ range .Values.l }}{{ . }},{{ end }}",
            "{{ range $x := .Values.l }}{{ $x }}{{ . }},{{ end }}",
            "{{ range $i, $x := .Values.l }}{{ $i }}={{ $x }},{{ end }}",
            "{{ range $k, $v := .Values.m }}{{ $k }}={{ $v }},{{ end }}",
            "{{ range .Values.m }}{{ . }},{{ else }}none{{ end }}",
            "{{ range .Values.nol }}x{{ else }}none{{ .Values.n }}{{ end }}",
            "{{ range .Values.nom }}x{{ else }}none{{ end }}",
            "{{ range .Values.missing }}x{{ else }}none{{ end }}",
            "{{ range .Values.s }}x{{ end }}",
            "{{ range .Values.n }}x{{ end }}",
            "{{ range 3 }}{{ . }}{{ end }}",
            "{{ range $i := 3 }}{{ $i }}{{ . }}{{ end }}",
            "{{ range $i, $j := 3 }}{{ $i }}{{ end }}",
            "{{ range int .Values.n }}{{ . }}{{ else }}none{{ end }}",
            "{{ range 0 }}x{{ else }}none{{ end }}",
            "{{ range -5 }}x{{ else }}none{{ end }}",
            "{{ range until 3 }}{{ . }}{{ typeOf . }}{{ end }}",
            "{{ range splitList \",\" \"a,b\" }}{{ . }}{{ typeOf . }}{{ end }}",
            "{{ range true }}x{{ end }}",
            "{{ range 1.5 }}x{{ end }}",
            "{{ range nil }}x{{ end }}",
            "{{ range .Values.l }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ . }}{{ end }}!",
            "{{ range .Values.l }}{{ if eq . \"b\" }}{{ continue }}{{ end }}{{ . }}{{ end }}!",
            "{{ range .Values.ll }}{{ range . }}{{ if eq . 1.0 }}{{ break }}{{ end }}{{ . }}{{ end }};{{ end }}",
            "{{ range .Values.ll }}{{ range . }}{{ if eq . 1.0 }}{{ continue }}{{ end }}{{ . }}{{ end }};{{ end }}",
            "{{ range .Values.l }}{{ range .x }}{{ else }}{{ break }}{{ end }}{{ . }}{{ end }}",
            "{{ range .Values.l }}{{ range $.Values.nol }}{{ else }}{{ break }}{{ end }}{{ . }}{{ end }}",
            "{{ range .Values.l }}{{ range $.Values.nol }}{{ else }}{{ continue }}{{ end }}{{ . }}{{ end }}",
            "{{ range .Values.l }}{{ with . }}{{ if eq . \"b\" }}{{ break }}{{ end }}{{ end }}{{ . }}{{ end }}",
            "{{ range $i, $x := .Values.l }}{{ $y := $i }}{{ $y }}{{ end }}",
            "{{ $x := 0 }}{{ range $x = .Values.l }}{{ $x }}{{ end }}{{ $x }}",
            "{{ $i := 0 }}{{ $x := 0 }}{{ range $i, $x = .Values.l }}{{ $i }}{{ $x }}{{ end }}{{ $i }}{{ $x }}",
            "{{ $x := 0 }}{{ range $x = .Values.nol }}{{ end }}{{ $x }}",
            "{{ $x := 0 }}{{ range $x = .Values.nol }}{{ else }}{{ $x }}{{ end }}",
            "{{ range $x := .Values.nol }}{{ else }}{{ $x }}{{ end }}",
            "{{ range .Values.nulls }}[{{ . }}]{{ end }}",
            "{{ range $i, $e := .Values.nulls }}[{{ $e }}]{{ end }}",
            "{{ range dict \"b\" 1 \"a\" 2 }}{{ . }}{{ end }}",
            "{{ range $k, $v := .Template }}{{ $k }},{{ break }}{{ end }}",
            "{{ range splitn \"/\" 2 \"a/b/c\" }}{{ . }};{{ end }}",
            "{{ range list }}{{ else }}none{{ end }}",
            "{{ range .Values.m }}{{ if eq (typeOf .) \"float64\" }}{{ set $.Values.m \"q\" 1 | len }}{{ end }}{{ end }}{{ len .Values.m }}",
        ],
    );
}

#[test]
fn variables() {
    compare_with(
        &json!({"a": 1, "l": [1, 2], "m": {"k": {"d": "deep"}}}),
        &[
            "{{ $x := 1 }}{{ $x }}",
            "{{ $x := 1 }}{{ $x = 2 }}{{ $x }}",
            "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
            "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
            "{{ $x := 1 }}{{ range .Values.l }}{{ $x = add $x . }}{{ end }}{{ $x }}",
            "{{ if $x := .Values.a }}{{ $x }}{{ end }}",
            "{{ with $x := .Values.m }}{{ $x.k.d }}{{ .k.d }}{{ end }}",
            "{{ $x := .Values.m }}{{ $x.k.d }}{{ ($x).k.d }}{{ $x.k }}",
            "{{ $ := 1 }}{{ $ }}",
            "{{ $x := $ }}{{ $x.Values.a }}",
            "{{ with .Values.m }}{{ $.Values.a }}{{ end }}",
            "{{ $x }}",
            "{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}",
            "{{ $x = 1 }}",
            "{{ $x := 1 | add 2 }}{{ $x }}",
            "{{ ($x := 1) }}{{ $x }}",
            "{{ and false ($x := 1) }}{{ $x }}",
            "{{ $x, $y := 1 }}",
            "{{ range $x, $y, $z := .Values.l }}{{ end }}",
            "{{ range $x, 1 := .Values.l }}{{ end }}",
            "{{ $x := .Values.missing }}[{{ $x }}][{{ $x.foo }}]",
            "{{ $x := 1 }}{{ define \"t\" }}{{ $x }}{{ end }}",
            "{{ $x := 1 }}{{ define \"t\" }}{{ $x := . }}{{ $x }}{{ end }}{{ template \"t\" 5 }}{{ $x }}",
            "{{ $x:=1 }}{{ $x }}",
            "{{ $x :=1 }}{{$x}}",
            "{{ $x.y := 1 }}",
            "{{ $x := 1 }}{{ $x 2 }}",
            "{{ $x := \"a\" }}{{ $x | upper }}{{ upper $x }}",
            "{{ $x := 1 }}{{ $x := 2 }}{{ $x }}",
        ],
    );
}

#[test]
fn templates() {
    compare_with(
        &json!({"a": 1, "m": {"k": "v"}}),
        &[
            "{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" .Values.a }}",
            "{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" }}",
            "{{ define \"t\" }}[{{ . }}]{{ end }}{{ template \"t\" .Values | len }}",
            "{{ define \"t\" }}[{{ . }}]{{ end }}{{ include \"t\" .Values.a | upper }}",
            "{{ define `t` }}[{{ .k }}]{{ end }}{{ template \"t\" .Values.m }}{{ template `t` .Values.m }}",
            "{{ define \"a\" }}1{{ template \"b\" . }}{{ end }}{{ define \"b\" }}2{{ . }}{{ end }}{{ template \"a\" 3 }}",
            "{{ block \"t\" .Values.m }}<{{ .k }}>{{ end }}",
            "{{ define \"t\" }}x{{ end }}{{ block \"t\" . }}y{{ end }}",
            "{{ define \"t\" }}  {{ end }}{{ block \"t\" . }}y{{ end }}",
            "{{ define \"t\" }}y{{ end }}{{ define \"t\" }} {{/* c */}} {{ end }}{{ template \"t\" }}",
            "{{ define \"t\" }}a{{ end }}{{ define \"t\" }}b{{ end }}",
            "{{ define \"t\" }}{{ end }}[{{ template \"t\" }}]",
            "{{ template \"nope\" . }}",
            "{{ template \"nope\" }}",
            "{{ include \"nope\" . }}",
            "{{ define \"chart/templates/t.yaml\" }}x{{ end }}",
            "{{ define \"chart/templates/t.yaml\" }}x{{ end }}y",
            "{{ define \"t\" }}{{ .x.y }}{{ end }}{{ template \"t\" .Values.m }}",
            "{{ define \"t\" }}{{ .x.y }}{{ end }}{{ include \"t\" .Values.m }}",
            "{{ define \"t\" }}{{ .x.y.z }}{{ end }}{{ define \"u\" }}\n  {{ include \"t\" . }}{{ end }}{{ include \"u\" .Values.m }}",
            "{{ define \"t\" }}{{ $x := 1 }}{{ end }}{{ template \"t\" }}",
            "{{ define \"r\" }}{{ if . }}{{ first . }}{{ include \"r\" (slice . 1) }}{{ end }}{{ end }}{{ include \"r\" (list 1 2 3) }}",
            "{{ template \"t\" $x := 1 }}{{ define \"t\" }}{{ . }}{{ end }}",
            "{{ define 1 }}{{ end }}",
            "{{ define \"t\" \"u\" }}{{ end }}",
            "{{ define \"t\" }}",
            "{{ define \"t\" }}{{ else }}{{ end }}",
            "{{ block \"t\" }}{{ end }}",
            "{{ block \"t\" . }}{{ else }}{{ end }}",
            "{{ block \"t\" . }}{{ break }}{{ end }}",
            "{{ template t }}",
            "{{ template }}",
            "{{ template \"a\" | b }}",
            "{{ if true }}{{ define \"t\" }}{{ end }}{{ end }}",
            "{{ define \"t\" }}{{ define \"u\" }}{{ end }}{{ end }}",
        ],
    );
}

#[test]
fn text_evaluated_at_run_time() {
    compare_with(
        &json!({"a": 1, "t": "{{ .Values.a }}-{{ .Template.Name }}", "bad": "{{ nope }}", "err": "{{ .Values.a.b }}",
            "def": "{{ define \"d\" }}<{{ . }}>{{ end }}{{ include \"d\" 1 }}"}),
        &[
            "{{ tpl .Values.t . }}",
            "{{ tpl \"{{ .k }}\" (dict \"k\" 5) }}",
            "{{ tpl \"{{ . }}\" nil }}|{{ tpl \"{{ .x }}\" . }}|{{ tpl \"plain\" . }}|{{ tpl \"\" . }}",
            "{{ tpl .Values.bad . }}",
            "{{ tpl .Values.err . }}",
            "{{ tpl .Values.def . }}",
            "{{ tpl .Values.def . }}{{ include \"d\" 1 }}",
            "{{ define \"d\" }}outer{{ end }}{{ tpl .Values.def . }}{{ include \"d\" 1 }}",
            "{{ define \"d\" }}outer{{ . }}{{ end }}{{ tpl \"{{ include \\\"d\\\" 2 }}{{ template \\\"d\\\" 3 }}\" . }}",
            "{{ define \"e\" }}{{ include \"d\" . }}{{ end }}{{ tpl \"{{ define \\\"d\\\" }}inner{{ end }}{{ include \\\"e\\\" . }}\" . }}",
            "{{ tpl \"{{ tpl \\\"{{ .Values.a }}\\\" . }}\" . }}",
            "{{ tpl \"{{ tpl \\\"{{ .Values.a.b }}\\\" . }}\" . }}",
            "{{ tpl \"{{ define \\\"d\\\" }} {{ end }}x{{ include \\\"d\\\" . }}\" . }}",
            "{{ define \"d\" }}full{{ end }}{{ tpl \"{{ define \\\"d\\\" }} {{ end }}x{{ include \\\"d\\\" . }}\" . }}",
            "{{ tpl \"{{ fail \\\"no\\\" }}\" . }}",
            "{{ tpl \"{{ include \\\"gotpl\\\" . }}\" . }}",
            "{{ include \"gotpl\" . }}",
            "{{ tpl 1 . }}",
            "{{ tpl .Values.a . }}",
            "{{ tpl .Values.missing . }}",
        ],
    );
}
