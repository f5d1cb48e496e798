//! Where errors are, and through what they came.

use serde_json::json;

use crate::support::compare_with;

#[test]
fn places() {
    compare_with(
        &json!({"s": "text", "n": 1, "m": {"a": 1}, "l": [1, 2]}),
        &[
            "\n\n   {{ .Values.s.x }}",
            "a: é {{ .Values.s.x }}",
            "{{ .Values.n }}\n{{- if .Values.s.x }}{{ end }}",
            "{{ range .Values.l }}\n  {{ upper . }}\n{{ end }}",
            "{{ if and .Values.n (upper .Values.n) }}{{ end }}",
            "{{ upper (printf \"%s\" (upper .Values.n)) }}",
            "{{ printf \"%s\" .Values.s | upper | trunc .Values.s }}",
            "{{ .Values.s | trunc 5 | upper | until }}",
            "{{ fail \"custom\" }}",
            "{{ fail (printf \"line\\n%s\" .Values.s) }}",
            "{{ if fail \"in if\" }}{{ end }}",
            "{{ define \"t\" }}{{ fail \"deep\" }}{{ end }}{{ include \"t\" . }}",
            "{{ define \"t\" }}{{ fail \"deep\" }}{{ end }}\n {{ template \"t\" . }}",
            "{{ define \"t\" }}{{ mustRegexMatch \"(\" \"x\" }}{{ end }}\n {{ include \"t\" . }}",
            "{{ define \"t\" }}{{ .s.x }}{{ end }}\n {{ include \"t\" .Values | upper }}",
            "{{ define \"t\" }}{{ .s.x }}{{ end }}\n {{ template \"t\" .Values }}",
            "{{ define \"t\" }}\n{{ include \"u\" . }}{{ end }}{{ define \"u\" }}{{ upper .n }}{{ end }}{{ include \"t\" .Values }}",
            "{{ mustRegexMatch \"(\" .Values.s }}",
            "{{ $x := mustRegexMatch \"(\" .Values.s }}",
            "{{ with $x := index .Values.l 9 }}{{ end }}",
            "{{ index .Values.l 9 | upper }}",
            "{{ upper (index .Values.l 9) }}",
            "{{ .Values.s | upper 1 }}",
            "{{ (.Values.s | upper).x }}",
            "{{ template \"t\" (upper .Values.n) }}{{ define \"t\" }}{{ end }}",
            "{{ range upper .Values.n }}{{ end }}",
            "{{ range $i, $x := .Values.s }}{{ end }}",
            "{{ range .Values.s | upper }}{{ end }}",
            "{{ range (upper .Values.s) }}{{ end }}",
            "{{ range .Values.n }}{{ end }}",
            "{{ $a := 1 }}{{ $b := upper $a }}",
            "{{ $a := 1 }}{{ $a = upper $a }}",
            "{{ range $i, $x := .Values.l }}{{ upper $x }}{{ end }}",
            "{{ printf \"%s %s\" `raw` \"quoted\\n\" | until }}",
            "{{ upper ((printf \"%s\") | len) }}",
            "{{ upper (.Values.s | len | printf \"%d\" | len) }}",
            "{{ upper (list 1 2.50 'c' true nil . $ .Values.s (dict)) }}",
            "{{ trunc (len .Values.l | int64) \"x\" }}",
            "{{ int64 1 | trunc \"x\" }}",
            "{{ 1 | trunc .Values.l }}",
            "{{ .Values.n | trunc (upper \"1\") }}",
            "{{ include \"nope\" (upper \"a\") }}",
            "{{ include (upper .Values.n) . }}",
            "{{ template \"\\u00e9\\\"\" . }}",
        ],
    );
}
