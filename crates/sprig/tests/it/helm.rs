//! Helm's own functions, and whole templates over all functions, rendered by `hoist_chart` and by the real Helm.

use hoist_chart::{Chart, ChartFile, NoCluster, Options, SystemHost};
use hoist_govalue::Value;

use crate::template::{Cases, HELPERS, PATH, compare_with, value, values};

/// What a chart of one template renders to.
pub(crate) fn render(template: &str, values: &serde_json::Value) -> Result<String, String> {
    let file = |path: &str, text: &str| ChartFile {
        name: path.into(),
        data: text.as_bytes().into(),
    };
    let chart = Chart::from_files(vec![
        file("Chart.yaml", "{ apiVersion: v2, name: chart, version: 0.1.0 }"),
        file(PATH, template),
        file(HELPERS.0, HELPERS.1),
    ])
    .map_err(|error| error.to_string())?;
    let Value::Map(values) = value(values) else {
        panic!("values are a map");
    };
    let rendered = hoist_chart::template(&chart, &values, &Options::default(), &mut SystemHost, &mut NoCluster)
        .map_err(|error| error.to_string())?;
    let notes = rendered.notes.expect("the template is rendered");
    Ok(notes.text().into_owned())
}

const CASES: Cases = &[
    (
        "include",
        &[
            "include `show` 5",
            "include `nothing` nil",
            "include `none` 1",
            "include `show` $v.m",
            "include 5 1",
            "include `show`",
            "include `show` (include `show` `a`)",
        ],
    ),
    (
        "tpl",
        &[
            "tpl `{{ .a }}` (dict `a` 5)",
            "tpl `{{` nil",
            "tpl `{{ fail \"x\" }}` nil",
            "tpl `` nil",
            "tpl `{{ include \"show\" . }}` 1",
            "tpl `{{ .a.b }}` (dict)",
            "tpl `{{ nope }}` 1",
            "tpl `{{ .x }}` $v",
            "tpl 5 1",
            "tpl `a\n{{ .b.c.d }}` (dict `b` 1)",
            "tpl `{{ define \"z\" }}q{{ end }}{{ include \"z\" . }}` 1",
        ],
    ),
    (
        "required",
        &[
            "required `no` nil",
            "required `no` ``",
            "required `no` 0",
            "required `no` (list)",
            "required `` nil",
            "required `no` $v.missing",
            "required 5 5",
            "required `a: b` $v.nil",
        ],
    ),
    (
        "lookup",
        &[
            "lookup `v1` `Pod` `a` `b`",
            "lookup `v1` `Pod` `` ``",
            "(lookup `v1` `Secret` `a` `b`).data",
            "lookup `v1` `Pod` `a`",
            "lookup `` `` `` ``",
        ],
    ),
    (
        "toYaml",
        &[
            "toYaml $v",
            "toYaml nil",
            "toYaml (list)",
            "toYaml (float64 `nan`)",
            "toYaml $v.u",
            "toYaml (until 3)",
            "toYaml (dict `a` (list (dict `b` 1) (list 1 2)))",
            "toYaml (semver `1.2`)",
            "toYaml `a: b`",
            "toYaml 1e21",
            "toYaml (list `yes` `0x1` `1e3` `~` ` a` `a\nb\n` `- x` `#` `null`)",
            "toYaml (int64 9007199254740993)",
            "toYaml (b64dec `Yf9i`)",
            "toYaml (dict `` 1 `a10` 2 `a2` 3 `B` 4)",
        ],
    ),
    (
        "mustToYaml",
        &[
            "mustToYaml $v.m",
            "mustToYaml nil",
            "mustToYaml (float64 `inf`)",
            "mustToYaml (list 1)",
            "mustToYaml `x`",
        ],
    ),
    (
        "toYamlPretty",
        &[
            "toYamlPretty $v",
            "toYamlPretty nil",
            "toYamlPretty (list (list 1))",
            "toYamlPretty (dict `a` (list 1))",
            "toYamlPretty (float64 `nan`)",
            "toYamlPretty 5",
        ],
    ),
    (
        "fromYaml",
        &[
            "fromYaml `a: [1, {b: 2}]`",
            "fromYaml ``",
            "fromYaml `[`",
            "fromYaml `- a`",
            "fromYaml `a: yes`",
            "fromYaml `5`",
            "fromYaml `a: 1\na: 2`",
            "fromYaml `{a: 0x1F, b: 1e3, c: ~, d: 012, 5: x, true: y}`",
            "fromYaml (toYaml $v)",
            "fromYaml 5",
        ],
    ),
    (
        "fromYamlArray",
        &[
            "fromYamlArray `[1, a]`",
            "fromYamlArray ``",
            "fromYamlArray `a: 1`",
            "fromYamlArray `[`",
            "fromYamlArray (toYaml $v.mixed)",
        ],
    ),
    (
        "toJson",
        &[
            "toJson $v",
            "toJson nil",
            "toJson (float64 `nan`)",
            "toJson `<&>`",
            "toJson (rest (list))",
            "toJson (until 2)",
            "toJson (semver `1`)",
            "toJson 1e21",
            "toJson (list 1.0 1.5 1e-7)",
        ],
    ),
    (
        "mustToJson",
        &[
            "mustToJson $v.m",
            "mustToJson (float64 `inf`)",
            "mustToJson nil",
            "mustToJson `a`",
            "mustToJson (list)",
        ],
    ),
    (
        "fromJson",
        &[
            "fromJson `{\"a\":[1]}`",
            "fromJson `[1]`",
            "fromJson ``",
            "fromJson `{`",
            "fromJson `null`",
            "fromJson (toJson $v)",
        ],
    ),
    (
        "fromJsonArray",
        &[
            "fromJsonArray `[1,{}]`",
            "fromJsonArray `{}`",
            "fromJsonArray ``",
            "fromJsonArray `[`",
            "fromJsonArray `null`",
        ],
    ),
    (
        "toToml",
        &[
            "toToml (dict `a` 1 `b` (dict `c` `d`))",
            "toToml nil",
            "toToml (list 1)",
            "toToml (dict `a` nil)",
            "toToml $v.m",
            "toToml (dict `a` (list (dict `b` 1) (dict `b` 2)))",
            "toToml (dict `a` (list 1 `x`))",
            "toToml 5",
            "toToml (dict `a b` 1.0 `c` true `d` (list) `e` (dict))",
        ],
    ),
    (
        "mustToToml",
        &[
            "mustToToml (dict `a` 1)",
            "mustToToml nil",
            "mustToToml 5",
            "mustToToml (dict `a` nil)",
            "mustToToml (list (list))",
            "mustToToml (dict `a` (dict `b` (list 1.5)))",
        ],
    ),
    (
        "fromToml",
        &[
            "fromToml `a = 1`",
            "fromToml `a =`",
            "fromToml ``",
            "fromToml `[a]\nb = [1.5, 2]`",
            "fromToml `a = 1\na = 2`",
            "fromToml `d = 1979-05-27T07:32:00Z`",
            "fromToml (toToml $v.over)",
        ],
    ),
    (
        "mustToDuration",
        &[
            "mustToDuration `90m`",
            "mustToDuration 90",
            "mustToDuration `x`",
            "mustToDuration nil",
            "mustToDuration 1.5",
            "mustToDuration `90`",
            "mustToDuration (mustToDuration `1h`)",
        ],
    ),
    (
        "durationSeconds",
        &[
            "durationSeconds `1h30m`",
            "durationSeconds 5",
            "durationSeconds `x`",
            "durationSeconds nil",
            "durationSeconds `1.5s`",
            "durationSeconds 1e300",
            "durationSeconds true",
        ],
    ),
    (
        "durationMilliseconds",
        &[
            "durationMilliseconds `1.5s`",
            "durationMilliseconds 2",
            "durationMilliseconds `x`",
            "durationMilliseconds (list)",
            "durationMilliseconds `-1ms`",
        ],
    ),
    (
        "durationMicroseconds",
        &[
            "durationMicroseconds `2ms`",
            "durationMicroseconds 2",
            "durationMicroseconds ``",
            "durationMicroseconds nil",
            "durationMicroseconds `1ns`",
        ],
    ),
    (
        "durationNanoseconds",
        &[
            "durationNanoseconds `2us`",
            "durationNanoseconds 2.5",
            "durationNanoseconds `x`",
            "durationNanoseconds nil",
            "durationNanoseconds `1m`",
        ],
    ),
    (
        "durationMinutes",
        &[
            "durationMinutes `90s`",
            "durationMinutes 90",
            "durationMinutes `x`",
            "durationMinutes nil",
            "durationMinutes `-1h`",
        ],
    ),
    (
        "durationHours",
        &[
            "durationHours `90m`",
            "durationHours 7200",
            "durationHours `x`",
            "durationHours nil",
            "durationHours $v.n",
        ],
    ),
    (
        "durationDays",
        &[
            "durationDays `36h`",
            "durationDays 86400",
            "durationDays `1d`",
            "durationDays nil",
            "durationDays `0`",
        ],
    ),
    (
        "durationWeeks",
        &[
            "durationWeeks `336h`",
            "durationWeeks 604800",
            "durationWeeks `x`",
            "durationWeeks nil",
            "durationWeeks $v.f",
        ],
    ),
    (
        "durationRoundTo",
        &[
            "durationRoundTo `2h13m` `1h`",
            "durationRoundTo `61s` 60",
            "durationRoundTo `x` `1h`",
            "durationRoundTo `1h` `x`",
            "durationRoundTo `1h` 0",
            "durationRoundTo nil nil",
        ],
    ),
    (
        "durationTruncateTo",
        &[
            "durationTruncateTo `2h53m` `1h`",
            "durationTruncateTo `119s` 60",
            "durationTruncateTo `x` `1h`",
            "durationTruncateTo `1h` `x`",
            "durationTruncateTo `-1h30m` `1h`",
            "durationTruncateTo 5 -1",
        ],
    ),
];

/// The cases of one of these functions.
pub(crate) fn knows(name: &str) -> bool {
    CASES.iter().any(|(known, _)| *known == name)
}

#[test]
fn helms_own_functions() {
    let mut all = Vec::new();
    for (name, cases) in CASES {
        assert!(
            cases.len() >= 5 && cases.iter().all(|case| case.contains(name)),
            "{name}"
        );
        all.extend_from_slice(cases);
    }
    compare_with(&all, &values(), render, 1);
}
