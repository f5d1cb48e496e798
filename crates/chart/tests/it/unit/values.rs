//! Values: defaults, subcharts, globals, null, and what templates see of them.

use super::{Small, same};

/// A chart in a chart in a chart, which show what they see.
fn nested(name: &str, values: [&str; 3]) -> Small {
    let show = "values: {{ toJson .Values }}\nchart: {{ .Chart.Name }} {{ .Chart.IsRoot }} {{ .Template.Name }} {{ .Template.BasePath }}\n";
    let inner = "apiVersion: v2\nname: inner\nversion: 1.0.0\n";
    let middle = "apiVersion: v2\nname: middle\nversion: 1.0.0\n";
    Small::new(name, &[("templates/t.yaml", show), ("values.yaml", values[0])])
        .with("charts/middle/Chart.yaml", middle)
        .with("charts/middle/templates/t.yaml", show)
        .with("charts/middle/values.yaml", values[1])
        .with("charts/middle/charts/inner/Chart.yaml", inner)
        .with("charts/middle/charts/inner/templates/t.yaml", show)
        .with("charts/middle/charts/inner/values.yaml", values[2])
}

#[test]
fn subcharts_and_globals_are_coalesced() {
    let plain = ["a: 1", "b: 2", "c: 3"];
    let mut cases = vec![
        nested("plain", plain),
        nested("given", plain).args("--set middle.b=x,middle.inner.c=y,middle.new=z"),
        nested("null", plain).args("--set middle.b=null,middle.inner.c=null,a=null"),
        nested(
            "null table",
            ["m: { x: { y: 1 } }", "m: { x: { y: 1 } }", "m: { x: 1 }"],
        )
        .args("--set m.x=null,middle.m.x.y=null,middle.inner.m=null"),
        nested("no table", plain).args("--set middle=5"),
        nested("no table below", plain).args("--set middle.inner=text"),
        nested("no table, null", plain).args("--set middle=null"),
        nested("a table for a scalar", ["a: { b: 1 }", "b: 2", "c: [1]"])
            .args("--set a=1,middle.b.c=2,middle.inner.c.d=3"),
    ];
    for (top, middle, inner) in [
        ("global: { x: 1 }", "global: { x: 2, y: 2 }", "global: { x: 3, z: 3 }"),
        (
            "global: { t: { a: 1 } }",
            "global: { t: { a: 2, b: 2 } }",
            "global: { t: { c: 3 } }",
        ),
        ("global: { t: 1 }", "global: { t: { a: 1 } }", "global: { t: [1] }"),
        ("global: { t: { a: 1 } }", "global: { t: 1 }", "global: { t: null }"),
        ("global: 1", "global: { t: 1 }", ""),
        ("global: { a: 1 }", "global: text", ""),
        (
            "global: { a: null, b: { c: null } }",
            "global: { a: 1, b: { c: 2 } }",
            "global: { a: 3 }",
        ),
        (
            "middle: { global: { x: 9 }, inner: { global: { x: 8 } } }\nglobal: { y: 1 }",
            "global: { x: 1 }",
            "",
        ),
        (
            "middle: { b: 5, inner: { c: 6 } }",
            "b: 2\ninner: { c: 7, d: 8 }",
            "c: 3\nd: 4\ne: 5",
        ),
        ("middle: { b: null, inner: null }", "b: 2\ninner: { c: null }", "c: 3"),
        ("middle: null", "b: 2", "c: 3"),
        (
            "a: null\nb: { c: null, d: { e: null } }",
            "a: null\nb: { c: null }",
            "a: null",
        ),
        ("a: ~\nm: { n: ~ }\nl: [~, { x: ~ }]", "", ""),
        ("tags: { a: true }", "tags: { b: true }", "tags: { c: true }"),
        ("", "", ""),
        ("null", "# nothing", "---"),
        ("a: 1\n---\na: 2\nb: { c: 1 }\n---\nb: { d: 2 }", "", ""),
        (
            "list: [1, 2.5, 1e6, 1000000, 12345678901234567890, 0x1F, 017, true, yes, null, ~, '']",
            "",
            "",
        ),
    ] {
        cases.push(nested(&format!("{top} | {middle} | {inner}"), [top, middle, inner]));
        cases.push(
            nested(&format!("given over {top} | {middle} | {inner}"), [top, middle, inner]).args(
                "--set global.x=given,global.t.given=1,middle.global.z=5,middle.inner.global.x=null,b.c=null,a=null",
            ),
        );
    }
    same(&cases);
}

#[test]
fn files_of_values_are_merged_in_order() {
    let chart = |name: &str| {
        Small::new(
            name,
            &[
                ("templates/t.yaml", "v: {{ toJson .Values }}"),
                ("values.yaml", "a: { b: 1, c: { d: 2 } }\nl: [1, 2]\n"),
            ],
        )
    };
    same(&[
        chart("one").with("v1.yaml", "a: { b: 2 }").args("--values v1.yaml"),
        chart("two")
            .with("v1.yaml", "a: { b: 2 }\nl: null")
            .with("v2.yaml", "a: { c: null }\nx: 1e3")
            .args("--values v1.yaml --values v2.yaml --set a.b=7 --set-string x=9"),
        chart("null brought back")
            .with("v1.yaml", "a: { c: null }")
            .with("v2.yaml", "a: { c: { e: 1 } }")
            .args("--values v1.yaml --values v2.yaml"),
        chart("documents")
            .with("v1.yaml", "a: 1\n---\na: { b: 3 }\n")
            .args("--values v1.yaml"),
    ]);
}

#[test]
fn templates_change_values_in_place() {
    let sub = "apiVersion: v2\nname: sub\nversion: 1.0.0\n";
    same(&[
        Small::new(
            "set on a parent's values is seen below",
            &[
                (
                    "templates/z.yaml",
                    "{{ $_ := set .Values.sub \"new\" 1 }}{{ $_ := set .Values \"own\" 2 }}a: {{ toJson .Values }}",
                ),
                ("templates/a.yaml", "b: {{ toJson .Values }}"),
                ("values.yaml", "sub: { x: 1 }"),
                ("charts/sub/Chart.yaml", sub),
                (
                    "charts/sub/templates/t.yaml",
                    "c: {{ toJson .Values }}\n{{ $_ := set .Values \"deep\" 3 }}",
                ),
            ],
        ),
        Small::new(
            "the dot is shared by the templates of a chart",
            &[
                (
                    "templates/b.yaml",
                    "{{ $_ := set . \"Extra\" 1 }}{{ $_ := set .Release \"Name\" \"x\" }}{{ $_ := set .Chart \"Name\" \"y\" }}a: 1",
                ),
                (
                    "templates/a.yaml",
                    "b: {{ .Extra }} {{ .Release.Name }} {{ .Chart.Name }}",
                ),
            ],
        ),
        Small::new(
            "types",
            &[
                (
                    "templates/a.yaml",
                    "{{- range list . .Values .Values.m .Values.l .Chart .Release .Subcharts .Files .Template .Capabilities .Capabilities.APIVersions .Capabilities.KubeVersion .Capabilities.HelmVersion .Values.n .Values.s }}\n- {{ typeOf . }} {{ kindOf . }}\n{{- end }}",
                ),
                ("values.yaml", "m: {}\nl: []\nn: 1\ns: x"),
            ],
        ),
    ]);
}
