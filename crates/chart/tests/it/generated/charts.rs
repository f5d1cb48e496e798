//! Charts whose templates are drawn at random, with values that fit them.

use hoist_helmpeer::Case;
use serde_json::{Value, json};

use super::language::{Language, Rng};

/// The templates that others include.
const PARTIALS: usize = 4;

/// The text that the chart's result is judged by, which may be any.
pub(super) const NOTES: &str = "templates/NOTES.txt";

/// Chart `index` of a seed.
pub(super) fn chart(language: &Language, seed: u64, index: u64) -> Case {
    let mut rng = Rng::new(seed, index);
    let own = values(&mut rng);
    let mut case = Case::default();
    let mut names: Vec<String> = Vec::new();
    let mut partials = String::new();
    for at in 0..rng.between(1, PARTIALS) {
        let name = format!("part{at}");
        let size = rng.between(1, 6);
        let mut writer = language.writer(&mut rng);
        writer.knows(&names);
        let body = writer.template(size);
        let trim = if rng.chance(50) { "-" } else { "" };
        partials.push_str(&format!("{{{{{trim} define \"{name}\" {trim}}}}}{body}{{{{ end }}}}\n"));
        names.push(name);
    }
    case = case.with("templates/_parts.tpl", partials);
    let size = rng.between(1, 12);
    let mut writer = language.writer(&mut rng);
    writer.knows(&names);
    let notes = writer.template(size);
    case = case.with(NOTES, notes);
    if rng.chance(30) {
        // What is written has to be YAML here.
        let mut writer = language.writer(&mut rng);
        writer.knows(&names);
        let text = writer.template(3);
        case = case.with(
            "templates/a.yaml",
            format!("{{{{ define \"a\" }}}}{text}{{{{ end }}}}a: {{{{ include \"a\" . | toJson }}}}\n"),
        );
    }
    if rng.chance(20) {
        let mut writer = language.writer(&mut rng);
        writer.knows(&names);
        let text = writer.template(3);
        case = case
            .with(
                "charts/sub/templates/s.yaml",
                format!("{{{{ define \"sub.s\" }}}}{text}{{{{ end }}}}s: {{{{ include \"sub.s\" . | toJson }}}}\n"),
            )
            .with(
                "charts/sub/values.yaml",
                "s: of the chart below\nl: [1]\nm: {a: below}\nglobal: {h: 2}\n",
            )
            .with("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.2.0\n");
    }
    case.files.insert("data/a.txt".into(), b"one\ntwo\n\nthree".to_vec());
    case.files.insert("data/b.bin".into(), vec![0, 255, 128, b'\n', 7]);
    let chart = json!({
        "apiVersion": "v2", "name": "chart", "version": "0.1.0", "appVersion": "1.2", "keywords": ["x", "y"],
        "annotations": { "a": "b" },
    });
    case.chart = Some(chart);
    // Helm reads values files to float64, and these too: numbers of both kinds come from YAML and from the templates.
    let defaults = serde_json::to_string_pretty(&own).unwrap_or_default();
    case = case.with("values.yaml", defaults);
    if rng.chance(50) {
        let mut person = serde_json::Map::new();
        for (key, value) in values(&mut rng).as_object().into_iter().flatten() {
            if rng.chance(25) {
                person.insert(key.clone(), if rng.chance(10) { Value::Null } else { value.clone() });
            }
        }
        case = case.values_file(Value::Object(person).to_string());
    }
    case
}

fn text(rng: &mut Rng) -> Value {
    let all = [
        "text",
        "a b",
        "",
        "multi\nline\n",
        "  padded  ",
        "1e3",
        "true",
        "null",
        "~",
        "x: y",
        "- z",
        "{{ .Values.n }}",
        "ünï",
        "#",
        "'single'",
        "\"double\"",
        "trailing ",
        "0x10",
        "1.10",
        "a\tb",
        "k",
        "a/b.c",
        "UPPER case",
        "%d",
        "very long text that goes on and on, past the eighty columns at which some writers of YAML begin to fold lines",
    ];
    json!(rng.pick(&all))
}

fn number(rng: &mut Rng) -> Value {
    json!(*rng.one(&[0.0, 1.0, 2.0, 3.0, 7.0, 42.0, -1.0, 0.5, -2.75, 1e6, 12.0]))
}

fn scalar(rng: &mut Rng) -> Value {
    match rng.below(6) {
        0 | 1 => text(rng),
        2 | 3 => number(rng),
        4 => json!(rng.chance(50)),
        _ => Value::Null,
    }
}

fn values(rng: &mut Rng) -> Value {
    let list = |rng: &mut Rng| -> Value { (0..rng.below(4)).map(|_| scalar(rng)).collect() };
    let mut maps = Vec::new();
    for _ in 0..rng.below(3) {
        maps.push(json!({ "name": text(rng), "value": scalar(rng), "a": number(rng) }));
    }
    json!({
        "s": text(rng), "t": text(rng), "e": "", "ver": rng.pick(&["1.2.3", "v1.30.0", "2.0.0-rc.1", "x"]),
        "y": rng.pick(&["a: 1", "- x\n- 2", "{a: [b", "k: {x: y}\nl: [1, 2.5, ~]\n", "&a b"]),
        "j": rng.pick(&["{}", "{\"a\": [1, 2]}", "[1]", "{\"k\": \"v\"", "\"x\""]),
        "tpl": rng.pick(&["{{ .Values.s }}", "{{ include \"part0\" . }}", "{{ .x.y }}", "{{ 1 | }}", "plain", "{{ . | len }}"]),
        "host": rng.pick(&["example.org", "http://h:1/p", ""]),
        "num": rng.pick(&["5", "-3", "08", "1.5", "0x1f"]),
        "n": *rng.one(&[0, 1, 3, 4]), "f": number(rng), "b": rng.chance(50), "z": 0, "nil": Value::Null,
        "big": *rng.one(&[1_000_000_u64, 9_007_199_254_740_993, 123_456_789]),
        "l": list(rng), "nums": [number(rng), number(rng), 3], "maps": maps, "none": [], "empty": {},
        "m": { "a": scalar(rng), "b": list(rng), "sub": { "x": scalar(rng), "y": { "z": text(rng) } }, "k": text(rng) },
        "deep": { "a": { "b": { "c": text(rng) }, "x": number(rng) } },
        "global": { "g": scalar(rng) },
        "sub": { "s": text(rng), "n": 2 },
    })
}
