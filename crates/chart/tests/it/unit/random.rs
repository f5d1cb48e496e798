//! Cases that nobody wrote, made at random from a fixed beginning: lines of `--set`, values over values, schemas, patterns.

use hoist_chart::{
    Chart, ChartFile, NoCluster, Options, SystemHost, ValueFile, ValueSources, computed_values, template,
};
use hoist_govalue::{Value, fmt};
use hoist_helmpeer::{Case, Kind, coalesce_all, merge_all, render_all};

/// Numbers that look random and are the same in each run (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| self.one(pieces)).collect()
    }
}

fn shown(values: hoist_govalue::Map) -> String {
    let shown = fmt::sprintf(b"%#v", &[Value::Map(values)]).unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}

fn report(findings: Vec<String>, all: usize) {
    assert!(
        findings.is_empty(),
        "{} of {all} differ:\n{}",
        findings.len(),
        findings.into_iter().take(20).collect::<Vec<_>>().join("\n")
    );
}

fn lines(count: usize, seed: u64) {
    let pieces = [
        "a", "b", "c", ".", "=", ",", "[", "]", "{", "}", "\\", "0", "1", "-", "null", "true", " ", "\"", "[0]", "a.b",
        "=1", "a[1].", "é",
    ];
    let mut dice = Dice::new(seed);
    let cases: Vec<_> = (0..count)
        .map(|_| {
            let kinds = [Kind::Set, Kind::String, Kind::Literal, Kind::Json];
            let kind = kinds[dice.below(kinds.len())];
            let base = dice.one(&["", "a: { b: 1, c: [x, { d: 2 }] }\nb: [[1], null]\nc: ~"]);
            Case::default().values_file(base).set(kind, dice.text(&pieces, 9))
        })
        .collect();
    let mut findings = Vec::new();
    for (case, theirs) in cases.iter().zip(merge_all(&cases)) {
        let (kind, line) = &case.sets[0];
        let mut sources = ValueSources::default();
        sources.files.push(ValueFile {
            name: "base".into(),
            text: case.values_files[0].clone().into_bytes(),
        });
        match kind {
            Kind::Set => sources.set.push(line.clone()),
            Kind::String => sources.string.push(line.clone()),
            Kind::Json => sources.json.push(line.clone()),
            _ => sources.literal.push(line.clone()),
        }
        let ours = sources
            .merge(|_| Err("none".into()))
            .map(shown)
            .map_err(|error| error.to_string());
        let alike = match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) => theirs.go == *ours,
            (Err(theirs), Err(ours)) => ours.contains(theirs.as_str()),
            _ => false,
        };
        if !alike {
            let theirs = theirs.map(|merged| merged.go);
            findings.push(format!("{kind:?} {line:?}\nhelm: {theirs:?}\nours: {ours:?}"));
        }
    }
    report(findings, count);
}

#[test]
fn lines_of_set() {
    lines(600, 1);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn many_lines_of_set() {
    (0..10).for_each(|seed| lines(2000, 100 + seed));
}

/// A value as flow YAML.
fn value(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 5 } else { 9 }) {
        0 => "null".into(),
        1 => "1".into(),
        2 => "text".into(),
        3 => "false".into(),
        4 => "{}".into(),
        5 => format!("[{}, {}]", value(dice, depth - 1), value(dice, 0)),
        _ => table(dice, depth - 1),
    }
}

fn table(dice: &mut Dice, depth: usize) -> String {
    let names = ["a", "b", "global", "sub", "inner", "tags", "enabled", "exports"];
    let mut entries: Vec<String> = Vec::new();
    for name in names {
        if dice.below(3) == 0 {
            entries.push(format!("{name}: {}", value(dice, depth)));
        }
    }
    format!("{{{}}}", entries.join(", "))
}

fn charts(count: usize, seed: u64) {
    let mut dice = Dice::new(seed);
    let cases: Vec<_> = (0..count)
        .map(|_| {
            let condition = dice.one(&["sub.enabled", "tags.a,sub.enabled", "a", ""]);
            let alias = dice.one(&["", ", alias: other", ", alias: inner"]);
            let imports = dice.one(&["", ", import-values: [a]", ", import-values: [{ child: a, parent: b.c }]"]);
            let top = format!(
                "apiVersion: v2\nname: chart\nversion: 0.1.0\ndependencies: [{{ name: sub, version: 1.0.0, repository: '', condition: '{condition}', tags: [a]{alias}{imports} }}]\n"
            );
            let inner = dice.one(&["", "dependencies: [{ name: inner, version: 1.0.0, repository: '', condition: inner.enabled, import-values: [b] }]"]);
            Case::template("")
                .with("Chart.yaml", top)
                .with("values.yaml", table(&mut dice, 3))
                .with("charts/sub/Chart.yaml", format!("apiVersion: v2\nname: sub\nversion: 1.0.0\n{inner}\n"))
                .with("charts/sub/values.yaml", table(&mut dice, 3))
                .with("charts/sub/charts/inner/Chart.yaml", "apiVersion: v2\nname: inner\nversion: 1.0.0\n")
                .with("charts/sub/charts/inner/values.yaml", table(&mut dice, 3))
                .values_file(table(&mut dice, 4))
        })
        .collect();
    let mut findings = Vec::new();
    for (case, theirs) in cases.iter().zip(coalesce_all(&cases)) {
        let ours = coalesced(case);
        let alike = match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) => theirs.go == *ours,
            (Err(theirs), Err(ours)) => ours.contains(theirs.as_str()),
            _ => false,
        };
        if !alike {
            let theirs = theirs.map(|merged| merged.go);
            findings.push(format!(
                "{:#?} with {:?}\nhelm: {theirs:?}\nours: {ours:?}",
                case.templates, case.values_files
            ));
        }
    }
    report(findings, count);
}

fn loaded(case: &Case) -> Result<Chart, String> {
    let files = case.templates.iter().map(|(name, text)| ChartFile {
        name: name.as_str().into(),
        data: text.as_bytes().into(),
    });
    Chart::from_files(files.collect()).map_err(|error| error.to_string())
}

fn given(case: &Case) -> Result<hoist_govalue::Map, String> {
    let mut sources = ValueSources::default();
    for text in &case.values_files {
        sources.files.push(ValueFile {
            name: "v".into(),
            text: text.clone().into_bytes(),
        });
    }
    sources.merge(|_| Err("none".into())).map_err(|error| error.to_string())
}

fn coalesced(case: &Case) -> Result<String, String> {
    let values = computed_values(&loaded(case)?, &given(case)?, &Options::default());
    values.map(shown).map_err(|error| error.to_string())
}

#[test]
fn values_over_values() {
    charts(400, 2);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn many_values_over_values() {
    (0..10).for_each(|seed| charts(2000, 200 + seed));
}

/// A schema whose parts fit the values of [`plain`] now and then.
fn schema(dice: &mut Dice, depth: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let inner = |dice: &mut Dice| {
        if depth == 0 {
            dice.one(&["true", "false", "{}", "{\"type\":\"string\"}"]).to_owned()
        } else {
            schema(dice, depth - 1)
        }
    };
    for _ in 0..1 + dice.below(2) {
        let part = match dice.below(24) {
            0 => format!(
                "\"type\":{:?}",
                dice.one(&["string", "integer", "number", "object", "array", "null", "boolean"])
            ),
            1 => "\"type\":[\"object\",\"string\"]".into(),
            2 => format!("\"enum\":[{}]", dice.one(&["1", "\"x\"", "null,{}", "[1],\"y\""])),
            3 => format!("\"const\":{}", dice.one(&["1", "\"x\"", "null", "{\"a\":1}"])),
            4 => format!("\"required\":[{}]", dice.one(&["\"a\"", "\"b\",\"c\"", ""])),
            5 => format!("\"minLength\":{}", dice.below(4)),
            6 => format!("\"maximum\":{}", dice.below(4)),
            7 => format!("\"exclusiveMinimum\":{}", dice.below(4)),
            8 => format!("\"multipleOf\":{}", dice.one(&["2", "0.5", "0.1"])),
            9 => format!("\"minItems\":{}", dice.below(4)),
            10 => "\"uniqueItems\":true".into(),
            11 => format!("\"maxProperties\":{}", dice.below(4)),
            12 => format!("\"pattern\":{:?}", dice.one(&["^x", "[0-9]", ""])),
            13 => format!("\"not\":{}", inner(dice)),
            14 => format!("\"anyOf\":[{},{}]", inner(dice), inner(dice)),
            15 => format!("\"oneOf\":[{},{}]", inner(dice), inner(dice)),
            16 => format!("\"allOf\":[{},{}]", inner(dice), inner(dice)),
            17 => format!(
                "\"if\":{},\"then\":{},\"else\":{}",
                inner(dice),
                inner(dice),
                inner(dice)
            ),
            18 => format!("\"items\":{}", inner(dice)),
            19 => format!("\"contains\":{},\"minContains\":{}", inner(dice), dice.below(3)),
            20 => format!("\"additionalProperties\":{}", inner(dice)),
            21 => "\"$ref\":\"#/$defs/d\"".into(),
            22 => format!("\"unevaluatedProperties\":{}", inner(dice)),
            _ => format!("\"properties\":{{\"a\":{},\"b\":{}}}", inner(dice), inner(dice)),
        };
        // A keyword twice is no schema that anybody reads the same way.
        let keyword = part.split(':').next().unwrap().to_owned();
        if !parts.iter().any(|known| known.starts_with(&keyword)) {
            parts.push(part);
        }
    }
    format!("{{{}}}", parts.join(","))
}

fn plain(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth == 0 { 6 } else { 10 }) {
        0 => "1".into(),
        1 => "2.5".into(),
        2 => "x".into(),
        3 => "y0".into(),
        4 => "null".into(),
        5 => "{}".into(),
        6 => format!("[{}, {}]", plain(dice, depth - 1), plain(dice, depth - 1)),
        _ => format!("{{ a: {}, b: {} }}", plain(dice, depth - 1), plain(dice, depth - 1)),
    }
}

fn schemas(count: usize, seed: u64) {
    let mut dice = Dice::new(seed);
    let cases: Vec<_> = (0..count)
        .map(|_| {
            let draft = dice.one(&[
                "",
                "\"$schema\":\"http://json-schema.org/draft-07/schema#\",",
                "\"$schema\":\"https://json-schema.org/draft/2019-09/schema\",",
            ]);
            let top = format!(
                "{{{draft}\"$defs\":{{\"d\":{}}},\"properties\":{{\"v\":{},\"w\":{}}}}}",
                schema(&mut dice, 1),
                schema(&mut dice, 3),
                schema(&mut dice, 2)
            );
            Case::template("a: ok")
                .with("Chart.yaml", super::CHART)
                .with("values.schema.json", top)
                .values_file(format!("v: {}\nw: {}", plain(&mut dice, 3), plain(&mut dice, 2)))
        })
        .collect();
    let mut findings = Vec::new();
    let mut failing = 0;
    for (case, theirs) in cases.iter().zip(render_all(&cases)) {
        let ours = loaded(case).and_then(|chart| {
            let values = given(case)?;
            let rendered = template(&chart, &values, &Options::default(), &mut SystemHost, &mut NoCluster);
            rendered.map(drop).map_err(|error| error.to_string())
        });
        failing += usize::from(ours.is_err());
        // Go walks a map in no order, so what is wrong comes in none; "oneOf" tells of the first two that match, in order.
        let sorted = |text: &str| {
            // Helm names the two ways that lead to the same place.
            let cycle = |line: &str| match line.split_once(": both /") {
                Some((place, rest)) if rest.ends_with("reference cycle") => {
                    format!("{place}: the schema refers to itself in a cycle")
                }
                _ => line.to_owned(),
            };
            let mut lines: Vec<_> = text.trim().lines().map(cycle).collect();
            lines.sort();
            lines
        };
        let alike = match (&theirs, &ours) {
            (Ok(_), Ok(())) => true,
            (Err(theirs), Err(ours)) => {
                let (theirs, ours) = (sorted(theirs), sorted(ours));
                theirs == ours || words(&theirs) == words(&ours)
            }
            _ => false,
        };
        if !alike {
            findings.push(format!(
                "{} with {}\nhelm: {}\nours: {}",
                case.templates["values.schema.json"],
                case.values_files[0],
                theirs.map_or_else(|error| error, |_| "fits".into()),
                ours.map_or_else(|error| error, |()| "fits".into())
            ));
        }
    }
    assert!((count / 4..count).contains(&failing), "{failing} of {count} fail");
    report(findings, count);
}

/// Names in one line come in no order, either.
fn words(lines: &[String]) -> Vec<&str> {
    let mut words: Vec<_> = lines.iter().flat_map(|line| line.split([' ', ','])).collect();
    words.sort_unstable();
    words
}

#[test]
fn schemas_and_values() {
    schemas(500, 3);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn many_schemas_and_values() {
    (0..10).for_each(|seed| schemas(2000, 300 + seed));
}

fn patterns(count: usize, seed: u64) {
    let names = [
        "a",
        "ab",
        "b.txt",
        "d/a",
        "d/ab.txt",
        "d/e/a.txt",
        "d/e/f/ab",
        "x-y",
        "a,b",
        "[a]",
        "{a}",
        "aa",
        "aba",
        "d/-",
    ];
    let pieces = [
        "a", "b", "d", "e", "/", "*", "**", "?", "[a]", "[!a]", "[a-c]", "{a,b}", "{d/,}", "{", "}", ",", "[", "]",
        ".txt", "\\", "é", "!", "-",
    ];
    let mut dice = Dice::new(seed);
    let mut case = Case::default().with("Chart.yaml", super::CHART);
    for name in names {
        case = case.with(name, "x");
    }
    let cases: Vec<_> = (0..count)
        .map(|_| {
            let pattern = serde_json::to_string(&dice.text(&pieces, 6)).unwrap();
            let text = format!("{{{{ range $k, $v := .Files.Glob {pattern} }}}}{{{{ $k }}}} {{{{ end }}}}");
            case.clone().with("templates/NOTES.txt", text)
        })
        .collect();
    let mut findings = Vec::new();
    for (case, theirs) in cases.iter().zip(render_all(&cases)) {
        // The library that Helm has comes to grief over some.
        let Ok(theirs) = theirs else { continue };
        let none = hoist_govalue::Map::new();
        let chart = loaded(case).unwrap();
        let ours = template(&chart, &none, &Options::default(), &mut SystemHost, &mut NoCluster);
        let ours = match ours {
            Ok(ours) => ours.notes.unwrap().to_string(),
            Err(error) if error.to_string().contains("cannot be foretold") => continue,
            Err(error) => error.to_string(),
        };
        let theirs = &theirs["templates/NOTES.txt"];
        if *theirs != ours {
            findings.push(format!(
                "{}\nhelm: {theirs}\nours: {ours}",
                case.templates["templates/NOTES.txt"]
            ));
        }
    }
    report(findings, count);
}

#[test]
fn patterns_of_files() {
    patterns(800, 4);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn many_patterns_of_files() {
    (0..10).for_each(|seed| patterns(3000, 400 + seed));
}
