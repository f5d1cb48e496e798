//! Errors of templates and manifests: Helm's words, with file, line and column.

use super::{Small, same};

#[test]
fn templates_that_fail() {
    let helpers = "{{ define \"deep\" }}\n{{ include \"deeper\" . }}{{ end }}\n{{ define \"deeper\" }}{{ .Values.a.b.c }}{{ end }}\n{{ define \"fails\" }}{{ fail \"no: good\" }}{{ end }}\n{{ define \"loop\" }}{{ include \"loop\" . }}{{ end }}";
    let mut cases: Vec<_> = [
        "{{ .Values.a.b.c }}",
        "{{ include \"deep\" . }}",
        "a: 1\n\n  {{- include \"fails\" . }}",
        "{{ fail \"plain words\" }}",
        "{{ fail \"multi\\nline: words\" }}",
        "{{ required \"it is needed: really\" .Values.x }}",
        "{{ required \"empty\" \"\" }}",
        "{{ required \"zero is something\" 0 }}",
        "{{ include \"nowhere\" . }}",
        "{{ template \"nowhere\" . }}",
        "{{ include \"loop\" . }}",
        "{{ tpl \"{{ .Values.a.b }}\" . }}",
        "{{ tpl \"{{ fail \\\"inside\\\" }}\" . }}",
        "{{ tpl \"{{ nofunction }}\" . }}",
        "{{ tpl \"{{ if }}\" . }}",
        "{{ nofunction 1 }}",
        "{{ if }}",
        "{{ if .Values.x }}",
        "{{ end }}",
        "{{ .Values.x",
        "{{ \"unclosed }}",
        "{{ define \"x\" }}",
        "{{ index .Values.list 7 }}",
        "{{ .Values.list.name }}",
        "{{ .Values.text.name }}",
        "{{ .Nothing.at.all }}",
        "{{ .Chart.Nothing.more }}",
        "{{ .Capabilities.Nothing }}",
        "{{ .Capabilities.KubeVersion.Nothing }}",
        "{{ .Capabilities.KubeVersion.normalizedVersion }}",
        "{{ .Capabilities.APIVersions.Has }}",
        "{{ .Capabilities.APIVersions.Has 1 }}",
        "{{ .Files.Get 1 }}",
        "{{ .Files.Nothing }}",
        "{{ .Release.Nothing.more }}",
        "{{ atoi \"x\" | add 1 }}{{ mustToDate \"x\" \"y\" }}",
        "{{ mustFromJson \"{\" }}",
        "{{ semverCompare \">x\" \"1\" }}",
        "{{ mustRegexMatch \"[\" \"a\" }}",
        "{{ trunc \"a\" \"b\" }}",
        "{{ trunc 5 }}",
        "{{ toYaml }}",
        "{{ lookup \"v1\" \"Pod\" }}",
        "{{ mustToJson (dict \"a\" (list 1 2)) }}",
        "{{ $x }}",
        "{{ range $i, $e := .Values.text }}{{ end }}",
        "{{ range .Values.number }}{{ . }}{{ end }}",
        "{{ template \"fails\" }}",
        "{{ with $x := .Values.a.b.c }}{{ end }}",
        "{{ .Values.Table \"list\" }}",
        "{{ .Values.PathValue \"\" }}",
        "{{ .Values.PathValue \"x.y\" }}",
        "{{/* unclosed",
        "{{ len 3 }}",
        "{{ eq .Values.list 1 }}",
        "{{ lt 1 \"a\" }}",
        "{{ call .Values.text }}",
        "{{ printf \"%d\" }}\n{{ .Values.a.b }}",
        "{{ fail }}",
        "{{ div 1 0 }}",
        "{{ (.Values.a).b.c }}",
        "{{ .Values.text | nofunction }}",
        "{{ include \"fails\" . | quote | indent 4 }}",
        "{{ include .Values.number . }}",
        "{{ include \"deep\" }}",
        "{{ tpl .Values.number . }}",
        "{{ tpl .Values.missing . }}",
        "{{ required 1 2 }}",
        "{{ mustToYaml (dict \"a\" .Capabilities) }}",
        "{{ break }}",
        "{{ else }}",
        "{{ block \"b\" }}{{ end }}",
        "{{ 99999999999999999999 }}",
        "{{ 'ab' }}",
        "{{ .Values.a | .Values.text }}",
    ]
    .iter()
    .map(|template| {
        Small::new(
            *template,
            &[
                ("templates/_helpers.tpl", helpers),
                ("values.yaml", "list: [1, 2]\ntext: words\nnumber: 3\na: {}\n"),
                ("templates/t.yaml", template),
            ],
        )
    })
    .collect();
    let sub = "apiVersion: v2\nname: sub\nversion: 1.0.0\n";
    cases.push(
        Small::new("in a subchart", &[("templates/t.yaml", "{{ fail \"top\" }}")])
            .with("charts/sub/Chart.yaml", sub)
            .with("charts/sub/templates/deep/t.yaml", "\n\n  {{ fail \"sub\" }}"),
    );
    cases.push(
        Small::new(
            "a subchart's define uses its caller's values",
            &[("templates/t.yaml", "{{ include \"sub.x\" . }}")],
        )
        .with("charts/sub/Chart.yaml", sub)
        .with(
            "charts/sub/templates/_t.tpl",
            "{{ define \"sub.x\" }}{{ .Values.sub.a.b.c }}{{ end }}",
        ),
    );
    same(&cases);
}

#[test]
fn manifests_that_fail() {
    let cases: Vec<_> = [
        "a: b: c",
        "a: [1",
        "\tx: 1",
        "- 1\n- 2",
        "text",
        "5",
        "kind: [1]",
        "kind: { a: 1 }",
        "metadata: text",
        "metadata: [1]",
        "metadata: { annotations: text }",
        "metadata: { annotations: { a: { b: 1 } } }",
        "metadata: { name: [1] }",
        "apiVersion: 1.5\nkind: 7\nmetadata: { name: 1e6, annotations: { helm.sh/hook: test, helm.sh/hook-weight: 5, x: true } }",
        "KIND: A\nMetadata: { NAME: x }",
        "a: 1\na: 2",
        "? [a]\n: b",
        "a: *x",
        "a: &x 1\nb: *x",
        "{}",
        "null",
        "# only a comment",
        "a: !!int x",
        "%YAML 2.0\n---\na: 1",
        "a: 'x",
        "a: \"\\q\"",
        "kind: A\n...\nmore",
        "kind: A\n--- text\nkind: B",
        "---kind: A\n---\tkind: B\n----\n",
    ]
    .iter()
    .map(|text| Small::new(*text, &[("templates/t.yaml", text)]))
    .collect();
    same(&cases);
}

#[test]
fn releases_and_versions_that_are_refused() {
    let chart = |wanted: &str| format!("apiVersion: v2\nname: demo\nversion: 1.0.0\nkubeVersion: '{wanted}'\n");
    let mut cases = Vec::new();
    for wanted in [
        ">=1.20",
        ">=1.20-0",
        "<1.30",
        "1.x",
        "^1.36.0 || ^1.37.0",
        "nonsense",
        ">= 1.37.0, < 1.38.0",
        "~1.37",
    ] {
        for flags in ["", "--kube-version 1.29.3", "--kube-version v1.37.2-gke.5"] {
            cases.push(
                Small::new(
                    format!("{wanted} {flags}"),
                    &[("templates/t.yaml", "v: {{ .Capabilities.KubeVersion }}")],
                )
                .with("Chart.yaml", chart(wanted))
                .args(flags),
            );
        }
    }
    for version in [
        "1",
        "x",
        "1.x",
        "01.2",
        "1.02",
        "v1.2.3.4",
        "1.30+",
        "1.99999999999999999999",
        " 1.30",
        "1..2",
    ] {
        cases.push(Small::shows(".Capabilities.KubeVersion").arg("--kube-version", version));
    }
    same(&cases);
}
