//! Values files, `--set`, schemas and metadata that mean harm.

use super::super::language::Rng;
use super::{Case, Corpus, file};

const SHOWS: &str = "{{ .Values | toYaml | len }}{{ .Values | toJson | len }}{{ range $k, $v := .Values }}{{ kindOf $v }}{{ end }}\
                     {{ .Values.a }}{{ deepCopy .Values | len }}";

const VALUES: &[&str] = &[
    "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f]",
    "a: &a {k: v}\nb: &b {<<: *a, x: 1}\nc: &c {<<: [*a, *b, *b], y: {<<: *b}}\nd: {<<: [*c, *c, *c, *c]}",
    "a: &a\n  <<: *a\n  b: 1",
    "a: &a [*a]",
    "&a a: *a",
    "<<: 1",
    "<<: [1, {a: b}]",
    "? {a: b}\n: c",
    "? [1]\n: c\n1: d\n1.0: e\n~: f\ntrue: g\n0x1: h",
    "a: !!binary AAAA\nb: !!binary \"%%\"\nc: !!int x\nd: !!float 1\ne: !!set {a, b}\nf: !x y\ng: !!str 1\nh: !!null x\ni: !!timestamp 2020-01-01",
    "a: 99999999999999999999999999999999999\nb: 1e999\nc: -.inf\nd: .nan\ne: 0o777\nf: 0b1\ng: 1_000\nh: 190:20:30\ni: 0x8000000000000000",
    "a: 2020-13-45T99:99:99Z\nb: 2001-12-14t21:59:43.10-05:00",
    "a: \"\\u0000\\xff\\U0010ffff\\ud800\"",
    "a: |99\n  x",
    "a: |-2\n  x\n b: >+\n",
    "%YAML 9.9\n---\na: 1",
    "%TAG ! tag:x,2000:\n---\na: !b c",
    "--- a\n",
    "---\na: 1\n---\n[1]\n---\na: null\n...\nb: 1",
    "\u{feff}a: 1",
    "a: 'x\n\n\ny'\nb: \"x\\\n   y\"",
    "a:\tb\n\tc: d",
    "- a",
    "a",
    "null",
    "{",
    "a: b: c",
    "a: [}",
    "\"a\" : b\n'a': c\na: d",
    "*a : b",
    "global: [1]\nsubchart: 1",
    "a: #\n  - # x\n#",
];

fn nested(rng: &mut Rng) -> String {
    let depth = *rng.one(&[10, 200, 300, 5000, 20_000, 200_000]);
    match rng.below(9) {
        0 => "[".repeat(depth),
        1 => format!("a: {}{}", "[".repeat(depth), "]".repeat(depth)),
        2 => format!("a: {}1{}", "{a: ".repeat(depth), "}".repeat(depth)),
        3 => format!("a:\n{}", "- ".repeat(depth)),
        4 => (0..depth.min(2000))
            .map(|at| format!("{}a:\n", " ".repeat(at)))
            .collect(),
        5 => "? ".repeat(depth),
        6 => format!("a: \"{}\"", "x".repeat(depth * 10)),
        7 => (0..depth)
            .map(|at| format!("k{at}: &a{at} [*a{}]\n", at.saturating_sub(1)))
            .collect(),
        _ => format!("{}: 1", "k".repeat(depth)),
    }
}

/// Bytes changed, lost and doubled.
pub(super) fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.between(1, 8) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        match rng.below(5) {
            0 => bytes[at] = rng.next().to_le_bytes()[0],
            1 => bytes[at] ^= 1 << rng.below(8),
            2 => bytes.truncate(at.max(1)),
            3 => bytes.insert(at, *rng.one(b"[]{}:,-#&*!|>'\"%@`\t\n \0")),
            _ => {
                let to = rng.between(at, (at + 200).min(bytes.len()));
                let part = bytes[at..to].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
}

pub(super) fn fill(rng: &mut Rng, corpus: &Corpus, case: &mut Case) {
    case.files.push(file("templates/a.yaml", format!("# {SHOWS}")));
    for _ in 0..rng.between(1, 3) {
        let mut text = match rng.below(5) {
            0 | 1 => nested(rng).into_bytes(),
            2 if !corpus.charts.is_empty() => {
                let chart = rng.one(&corpus.charts);
                let found = chart.iter().find(|(name, _)| name == "values.yaml");
                found.map(|(_, text)| text.clone()).unwrap_or_default()
            }
            _ => rng.pick(VALUES).as_bytes().to_vec(),
        };
        if rng.chance(50) {
            damage(rng, &mut text);
        }
        if rng.chance(50) {
            case.files.retain(|(name, _)| name != "values.yaml");
            case.files.push(("values.yaml".into(), text));
        } else {
            case.values.push(text);
        }
    }
}

const SETS: &[&str] = &[
    "a[100000000]=1",
    "a[65536]=1",
    "a[65535]=1",
    "a[-1]=1",
    "a[99999999999999999999]=1",
    "a[0][0][0][0]=1",
    "a.b.c.d=1",
    "a={1,2,{3}}",
    "a={",
    "a=}",
    "a",
    "=",
    "",
    ",",
    "a=1,",
    "a..b=1",
    ".=1",
    "a.=",
    "a\\.b=1",
    "a\\",
    "a=\\",
    "a[",
    "a[]=1",
    "a[x]=1",
    "a[0].b[1].c=1,a[0]=2",
    "a=1,a.b=2",
    "a=1,a[0]=2",
    "b.c[5]=1",
    "b=null",
    "b.c=null",
    "a=1e999",
    "a=9999999999999999999999",
    "a=\u{0}",
    "{\"a\":1}",
    "{\"a\":{\"a\":{\"a\":",
    "a=[1,2",
    "a={\"b\":1}",
    "a=\"x",
    "a=[[[[[[[[[",
    "a=nul",
    "a=1 2",
    "é=ü",
    "a=file",
    "a[1]={x,y},a[0]={z}",
    "a[0]={{1}}",
    "global.a[9].b=1",
    "a[3].b[3].c[3].d[3]=x",
];

pub(super) fn fill_sets(rng: &mut Rng, case: &mut Case) {
    case.files.push(file("templates/a.yaml", format!("# {SHOWS}")));
    case.files.push(file("values.yaml", "a: [1, {b: 2}]\nb: {c: [1, 2]}\n"));
    for _ in 0..rng.between(1, 5) {
        let kind = rng.pick(&["set", "string", "json", "file", "literal"]);
        let mut text = rng.pick(SETS).to_owned();
        if rng.chance(30) {
            let times = *rng.one(&[2, 50, 300, 20_000]);
            let piece = rng.pick(&[
                "a.",
                "a[0]",
                "[0]",
                "{",
                "a=1,",
                "\\",
                "[65535].a",
                "a[1].",
                "[",
                "{\"a\":",
                ",",
                "=",
                "a={1},",
            ]);
            text = format!("{}{text}", piece.repeat(times));
        }
        if rng.chance(30) {
            let mut bytes = text.into_bytes();
            damage(rng, &mut bytes);
            text = String::from_utf8_lossy(&bytes).into_owned();
        }
        case.sets.push((kind.to_owned(), text));
    }
}

const SCHEMAS: &[&str] = &[
    r##"{"$ref": "#"}"##,
    r##"{"properties": {"a": {"$ref": "#"}, "b": {"$ref": "#/properties/a"}}}"##,
    r##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}"##,
    r##"{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}, {"$ref": "#/$defs/b"}]}, "b": {"allOf": [{"$ref": "#/$defs/c"}, {"$ref": "#/$defs/c"}]}, "c": {"allOf": [{"$ref": "#/$defs/d"}, {"$ref": "#/$defs/d"}]}, "d": {"anyOf": [{"$ref": "#/$defs/e"}, {"$ref": "#/$defs/e"}]}, "e": {"type": "object"}}, "$ref": "#/$defs/a"}"##,
    r##"{"$ref": "http://127.0.0.1:1/x.json"}"##,
    r##"{"$ref": "file:///etc/passwd"}"##,
    r##"{"$ref": "urn:x"}"##,
    r##"{"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x", "$dynamicRef": "#x"}}}"##,
    r##"{"$recursiveRef": "#", "$recursiveAnchor": true, "$schema": "https://json-schema.org/draft/2019-09/schema"}"##,
    r##"{"patternProperties": {"(a*)*$": {"type": "string"}, "[": {}}}"##,
    r##"{"properties": {"a": {"pattern": "(x+x+)+y", "format": "regex"}, "b": {"pattern": "((a{1,100}){1,100}){1,100}"}}}"##,
    r##"{"properties": {"a": {"multipleOf": 1e-300}, "b": {"maximum": 1e400, "minLength": -1}}}"##,
    r##"{"type": ["object", "x"], "required": 5, "enum": {}}"##,
    r##"{"not": {"not": {"not": {}}}, "if": true, "then": {"const": 1}, "else": false}"##,
    r##"{"unevaluatedProperties": false, "allOf": [{"properties": {"a": true}}, {"$ref": "#/allOf/0"}]}"##,
    r##"{"dependentSchemas": {"a": {"$ref": "#/dependentSchemas/a"}}, "propertyNames": {"maxLength": 0}}"##,
    r##"{"$id": "http://x/y", "$anchor": "", "$ref": "y#/z", "$schema": "http://x"}"##,
    r##"{"uniqueItems": true, "contains": {}, "minContains": 0, "prefixItems": []}"##,
    r##"{"items": {"$ref": "#"}, "additionalProperties": {"$ref": "#"}, "uniqueItems": true}"##,
    "true",
    "false",
    "null",
    "[]",
    "1",
    "{",
    "\"x\"",
    "",
];

pub(super) fn fill_schema(rng: &mut Rng, case: &mut Case) {
    let mut schema = rng.pick(SCHEMAS).as_bytes().to_vec();
    match rng.below(5) {
        0 => damage(rng, &mut schema),
        1 => {
            let depth = *rng.one(&[100, 1000, 20_000]);
            let open = rng.pick(&[
                "{\"not\":",
                "{\"allOf\":[",
                "{\"properties\":{\"a\":",
                "{\"items\":",
                "[",
                "{\"$defs\":{\"a\":",
            ]);
            let close: String = open
                .chars()
                .rev()
                .filter_map(|it| match it {
                    '{' => Some('}'),
                    '[' => Some(']'),
                    _ => None,
                })
                .collect();
            schema = format!("{}{{}}{}", open.repeat(depth), close.repeat(depth)).into_bytes();
        }
        2 => {
            // Twice as much work with each line.
            let lines = *rng.one(&[5, 20, 40, 200]);
            let combine = rng.pick(&["allOf", "anyOf", "oneOf"]);
            let defs: Vec<String> = (0..lines)
                .map(|at| {
                    format!(
                        r##""d{at}": {{"{combine}": [{{"$ref": "#/$defs/d{n}"}}, {{"$ref": "#/$defs/d{n}"}}]}}"##,
                        n = at + 1
                    )
                })
                .collect();
            let last = rng.pick(&["true", "{\"type\": \"object\"}", "{\"required\": [\"zz\"]}"]);
            schema = format!(
                r##"{{"$ref": "#/$defs/d0", "$defs": {{{}, "d{lines}": {last}}}}}"##,
                defs.join(", ")
            )
            .into_bytes();
        }
        _ => {}
    }
    case.files.push(("values.schema.json".into(), schema));
    let values = match rng.below(4) {
        0 => nested(rng),
        1 => format!(
            "a: {}\nb: [{}]\n",
            "x".repeat(*rng.one(&[30, 10_000])),
            "{a: 1}, ".repeat(*rng.one(&[10, 5000]))
        ),
        _ => rng.pick(VALUES).to_owned(),
    };
    case.files.push(file("values.yaml", values));
    case.files.push(file("templates/a.yaml", "a: 1"));
}

const METADATA: &[&str] = &[
    "apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies:\n- {name: sub, version: '*', condition: 'sub.enabled,,..,a.b.c', tags: [x, ''], import-values: [x, {child: a, parent: .}, {child: '', parent: ''}, 1]}\n- {name: sub, version: '>=0', alias: sub}\n- {name: sub, version: x, alias: ../x}\n",
    "apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies: [{name: sub, version: 0.1.0, alias: a.b}, {name: sub, alias: demo, version: ^0}, {name: none, version: 1}]\n",
    "apiVersion: v2\nname: ../../x\nversion: 0.1.0\n",
    "apiVersion: v2\nname: demo\nversion: 99999999999999999999999.0.0\nkubeVersion: '>=1.0 || <<3'\n",
    "apiVersion: v1\nname: demo\nversion: 0.1.0\ntype: library\n",
    "apiVersion: v3\nname: demo\nversion: 0.1.0\n",
    "apiVersion: 2\nname: 5\nversion: 0.1\nmaintainers: [null, {}, 1]\nsources: x\n",
    "apiVersion: v2\nname: demo\nversion: 0.1.0\nannotations: {a: 1, b: [x], c: null}\nkeywords: [1, null]\ndeprecated: 'yes'\nappVersion: 1.10\nicon: [x]\n",
    "apiVersion: v2\nname: \"a\\0b\"\nversion: 0.1.0\n",
    "apiVersion: v2\nversion: 0.1.0\n",
    "[]",
    "x",
    "",
    "\u{feff}apiVersion: v2\nname: demo\nversion: 0.1.0\n",
    "apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies: &d [&x {name: sub, version: 0.1.0}, *x, *x]\n",
];

pub(super) fn fill_metadata(rng: &mut Rng, case: &mut Case) {
    let mut text = rng.pick(METADATA).as_bytes().to_vec();
    match rng.below(4) {
        0 => damage(rng, &mut text),
        1 => {
            let many = *rng.one(&[10, 100, 1000]);
            let mut all = "apiVersion: v2\nname: demo\nversion: 0.1.0\ndependencies:\n".to_owned();
            for at in 0..many {
                all.push_str(&format!(
                    "- {{name: sub, version: '*', alias: a{at}, import-values: [{{child: a, parent: b{at}}}]}}\n"
                ));
            }
            text = all.into_bytes();
        }
        _ => {}
    }
    case.files = vec![("Chart.yaml".into(), text)];
    case.files.push(file(
        "templates/a.yaml",
        format!("# {SHOWS}{{{{ .Chart | toYaml | len }}}}{{{{ .Subcharts | toYaml | len }}}}"),
    ));
    case.files.push(file(
        "values.yaml",
        "sub: {enabled: true, a: {b: 1}}\ntags: {x: 1}\nexports: {x: {y: 1}}\n",
    ));
    let mut below = "charts/sub/".to_owned();
    for _ in 0..*rng.one(&[1, 1, 2, 5, 40, 100]) {
        case.files.push(file(
            &format!("{below}Chart.yaml"),
            "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
        ));
        case.files.push(file(
            &format!("{below}values.yaml"),
            "a: {b: 1}\nexports: {x: {y: 1}}\nglobal: {z: 1}\n",
        ));
        case.files
            .push(file(&format!("{below}templates/a.yaml"), format!("# {SHOWS}")));
        below.push_str("charts/sub/");
    }
}
