//! Whole templates over all functions, drawn at random: statements, variables, blocks, pipelines, included templates.

use proptest::prelude::*;
use proptest::sample::select;

use crate::direct::{cases, samples};
use crate::generated::{expression, text_values};
use crate::helm::render;
use crate::template::compare_with;

/// What goes into braces of its own, or into a condition.
fn piped() -> impl Strategy<Value = String> {
    let stage = select(vec![
        "quote",
        "squote",
        "toString",
        "toYaml",
        "toJson",
        "toRawJson",
        "default `d`",
        "trunc 20",
        "trim",
        "nindent 2",
        "indent 1",
        "upper",
        "b64enc",
        "len",
        "list",
        "first",
        "keys | sortAlpha",
        "empty",
        "not",
        "join `,`",
        "toToml",
        "typeOf",
        "kindOf",
        "dict `k`",
        "printf `%v|%s`  1",
        "printf `%q`",
        "printf `%5.2f`",
        "include `show`",
        "fromYaml",
        "toStrings",
        "int",
        "print 1 ` `",
        "html",
        "js",
        "urlquery",
        "and 1",
        "or ``",
        "eq 1",
        "ne `a`",
        "sha256sum",
        "index $v.l",
        "required `needed`",
        "toYamlPretty",
        "println",
        "ternary 1 2",
        "coalesce nil",
        "hasKey $v.m",
        "has `a`",
        "mustToJson",
        "fromJson",
        "kebabcase",
        "regexFind `[a-z]+`",
        "regexReplaceAll `([aeiou])` `x` ",
        "regexSplit `,` `a,b`",
        "semverCompare `>=1.2-0`",
        "adler32sum",
        "mustToDuration",
        "durationSeconds",
        "fromJsonArray",
        "fromYamlArray",
        "fromToml",
        "lookup `v1` `Pod` `a`",
        "date `2006`",
        "regexQuoteMeta",
    ]);
    (expression(2), prop::collection::vec(stage, 0..3)).prop_map(|(first, stages)| {
        let piped: String = stages.into_iter().map(|stage| format!(" | {stage}")).collect();
        format!("{first}{piped}")
    })
}

/// A statement; those in it go to a depth.
fn statement() -> impl Strategy<Value = String> {
    let variable = || select(vec!["$x", "$y"]);
    let text = "[a-z:\\- \\n]{0,6}";
    let open = || select(vec!["{{", "{{- "]);
    let close = || select(vec!["}}", " -}}"]);
    let leaf = prop_oneof![
        4 => (open(), piped(), close()).prop_map(|(open, it, close)| format!("{open} {it} {close}")),
        2 => (variable(), piped()).prop_map(|(x, it)| format!("{{{{ {x} = {it} }}}}")),
        2 => (variable(), close()).prop_map(|(x, close)| format!("{{{{ {x} | toJson {close}")),
        1 => (text, Just(())).prop_map(|(text, ())| text),
        1 => expression(1).prop_map(|it| format!("{{{{ template `show` {it} }}}}")),
        1 => expression(1).prop_map(|it| format!("{{{{ tpl `{{{{ .a | quote }}}}{{{{ .b.c }}}}` (dict `a` ({it}) `b` $v.m) }}}}")),
        1 => select(vec!["{{ .Release.Name }}", "{{ .Chart.Name }}", "{{/* none */ -}}", "{{ .Values.m.b.c.d }}", "{{ .Values.missing.x }}",
            "{{ .Values.missing }}", "{{ $.Values.n }}", "{{ .Capabilities.KubeVersion.Version }}", "{{ .Values.m.b.q | default 5 }}"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let block = || prop::collection::vec(inner.clone(), 1..3).prop_map(|it| it.concat());
        prop_oneof![
            (piped(), block(), block())
                .prop_map(|(it, a, b)| format!("{{{{ if {it} }}}}{a}{{{{ else }}}}{b}{{{{ end }}}}")),
            (piped(), piped(), block(), block())
                .prop_map(|(it, or, a, b)| format!("{{{{- if {it} }}}}{a}{{{{ else if {or} -}}}}{b}{{{{ end }}}}")),
            (expression(1), block(), block()).prop_map(|(it, a, b)| {
                ranged(
                    &it,
                    &format!("range $i, $e := $r }}}}{{{{ $i }}}}={{{{ $e | toJson }}}};{a}{{{{ else }}}}{b}{{{{ end"),
                )
            }),
            (expression(1), select(vec!["break", "continue"])).prop_map(|(it, jump)| {
                ranged(
                    &it,
                    &format!("range $r }}}}{{{{ . | toJson }}}}{{{{ if . }}}}{{{{ {jump} }}}}{{{{ end }}}}-{{{{ end"),
                )
            }),
            (piped(), block())
                .prop_map(|(it, b)| format!("{{{{ with {it} }}}}{{{{ . | toJson }}}}{{{{ else }}}}{b}{{{{ end }}}}")),
        ]
    })
}

/// A loop over `$r`, unless that is an integer to which it would take long to count.
fn ranged(over: &str, body: &str) -> String {
    let short = "or (not (regexMatch `int` (kindOf $r))) (lt (int64 $r) 20)";
    format!("{{{{ $r := {over} }}}}{{{{ if {short} }}}}{{{{ {body} }}}}{{{{ end }}}}")
}

#[test]
fn whole_templates() {
    let statements = prop::collection::vec(statement(), 1..5);
    let mut templates: Vec<String> = samples(cases(), &statements)
        .into_iter()
        .map(|statements| {
            let body = statements.concat();
            format!("{{{{ $v := .Values }}}}{{{{ $x := 1 }}}}{{{{ $y := `t` }}}}{body}")
        })
        .collect();
    let values = text_values();
    // Go's program ends where a value holds itself, and writes an address where a pointer is printed.
    templates.retain(|template| {
        let refused = |error: String| error.contains("itself") || error.contains("address in memory");
        !render(template, &values).is_err_and(refused)
    });
    for batch in templates.chunks(1000) {
        compare_with(batch, &values, render, 100);
    }
}
