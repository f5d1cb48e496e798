//! Charts and values that are out to exhaust or break us: an error each, soon, and never a panic.

use hoist_chart::{Chart, ChartError, ChartFile, NoCluster, Options, SystemHost, ValueSources, template};
use hoist_govalue::Map;

use super::random::Dice;

fn chart(files: &[(&str, Vec<u8>)]) -> Result<Chart, ChartError> {
    let files = files.iter().map(|(name, data)| ChartFile {
        name: (*name).into(),
        data: data.as_slice().into(),
    });
    Chart::from_files(files.collect())
}

fn rendered(files: &[(&str, Vec<u8>)], set: &[String]) -> Result<(), String> {
    let told = |error: ChartError| error.to_string();
    let chart = chart(files).map_err(told)?;
    let sources = ValueSources {
        set: set.to_vec(),
        ..Default::default()
    };
    let values = sources.merge(|_| Err("none".into())).map_err(told)?;
    let rendered = template(&chart, &values, &Options::default(), &mut SystemHost, &mut NoCluster).map_err(told)?;
    rendered.to_text(&Default::default()).map_err(told)?;
    rendered.objects(true).map_err(told).map(drop)
}

fn refused(files: &[(&str, String)], set: &[String], why: &str) {
    let mut all = vec![("Chart.yaml", super::CHART.as_bytes().to_vec())];
    all.extend(files.iter().map(|(name, text)| (*name, text.clone().into_bytes())));
    let error = rendered(&all, set).unwrap_err();
    assert!(error.contains(why), "{}", error.chars().take(500).collect::<String>());
}

#[test]
fn what_is_too_deep_is_refused() {
    let deep = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    refused(&[("values.yaml", deep("{a: ", "1", "}", 300))], &[], "deep");
    refused(&[("values.yaml", deep("[", "1", "]", 100_000))], &[], "depth");
    refused(
        &[("values.schema.json", deep("{\"not\":", "{}", "}", 5000))],
        &[],
        "recursion limit",
    );
    refused(
        &[("Chart.yaml", deep("[", "", "]", 20_000))],
        &[],
        "cannot load Chart.yaml",
    );
    refused(&[], &[format!("{}=1", ["a"; 40].join("."))], "nested level");
    refused(&[], &[format!("a{}=1", "[0]".repeat(5000))], "indexes");
    refused(
        &[],
        &["a[65536][65536][65536][65536][65536].b[65536].c=1,x[70000]=1".into()],
        "greater than maximum",
    );
    refused(
        &[("templates/t.yaml", deep("{{ if 1 }}", "", "{{ end }}", 100_000))],
        &[],
        "parse error",
    );
    refused(
        &[(
            "templates/t.yaml",
            "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}".into(),
        )],
        &[],
        "exceeded maximum template depth",
    );
    refused(
        &[("templates/t.yaml", deep("[", "1", "]", 50_000))],
        &[],
        "YAML parse error",
    );
    let chain: Vec<String> = (0..20_000)
        .map(|n| format!("\"d{n}\":{{\"$ref\":\"#/$defs/d{}\"}}", n + 1))
        .collect();
    let chain = format!(
        "{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{},\"d20000\":true}}}}",
        chain.join(",")
    );
    refused(&[("values.schema.json", chain)], &[], "too entangled");
    // Each level asks the next one twice.
    let bomb: Vec<String> = (0..60)
        .map(|n| format!("\"d{n}\":{{\"anyOf\":[{{\"not\":{{\"$ref\":\"#/$defs/d{0}\"}}}},{{\"$ref\":\"#/$defs/d{0}\"}},false]}}", n + 1))
        .collect();
    let bomb = format!(
        "{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{},\"d60\":false}}}}",
        bomb.join(",")
    );
    let started = std::time::Instant::now();
    let mut all = vec![("Chart.yaml", super::CHART.as_bytes().to_vec())];
    all.push(("values.schema.json", bomb.into_bytes()));
    let _ = rendered(&all, &[]);
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn charts_that_multiply_are_refused() {
    // Eight levels, in each of which there are eight aliases of the next one.
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut path = String::new();
    for level in 0..8 {
        let wanted: Vec<String> = (0..8)
            .map(|n| format!("{{ name: c{}, version: '*', repository: '', alias: a{n} }}", level + 1))
            .collect();
        let text = format!(
            "apiVersion: v2\nname: c{level}\nversion: 1.0.0\ndependencies: [{}]\n",
            wanted.join(", ")
        );
        files.push((format!("{path}Chart.yaml"), text.into_bytes()));
        path += &format!("charts/c{}/", level + 1);
    }
    files.push((
        format!("{path}Chart.yaml"),
        b"apiVersion: v2\nname: c8\nversion: 1.0.0\n".to_vec(),
    ));
    let files: Vec<_> = files.iter().map(|(name, data)| (name.as_str(), data.clone())).collect();
    let error = rendered(&files, &[]).unwrap_err();
    assert!(error.contains("charts take part"), "{error}");
    // And charts that lie in charts without end.
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut path = String::new();
    for _ in 0..200 {
        files.push((
            format!("{path}Chart.yaml"),
            b"apiVersion: v2\nname: c\nversion: 1.0.0\n".to_vec(),
        ));
        path += "charts/c/";
    }
    let files: Vec<_> = files.iter().map(|(name, data)| (name.as_str(), data.clone())).collect();
    let error = rendered(&files, &[]).unwrap_err();
    assert!(error.contains("deep"), "{error}");
}

fn broken(count: usize, seed: u64) {
    let files: Vec<(&str, &[u8])> = vec![
        ("Chart.yaml", b"apiVersion: v2\nname: demo\nversion: 0.1.0\nkubeVersion: '>=1.20-0'\ndependencies: [{ name: sub, version: 1.x, condition: sub.on, alias: other, import-values: [data, { child: a, parent: b.c }] }]\n"),
        ("values.yaml", b"a: { b: [1, 2.5, { c: d }] }\nother: { x: ~ }\nglobal: { y: true }\ntags: { t: false }\n"),
        ("values.schema.json", b"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"properties\":{\"a\":{\"$ref\":\"#/definitions/x\"}},\"definitions\":{\"x\":{\"anyOf\":[{\"type\":\"object\",\"minProperties\":1},{\"pattern\":\"^[a-z]+$\"}]}}}"),
        ("templates/t.yaml", b"apiVersion: v1\nkind: A\nv: {{ toYaml .Values | nindent 2 }}\nf: {{ (.Files.Glob \"*.{md,txt}\").AsConfig | quote }}\n{{ range $k, $v := .Values.a }}{{ $k }}: {{ tpl \"{{ toJson . }}\" $v | quote }}\n{{ end }}\n---\napiVersion: v1\nkind: B\nmetadata: { annotations: { helm.sh/hook: \"pre-install, test\", helm.sh/hook-weight: '5' } }\n"),
        ("templates/_h.tpl", b"{{ define \"x\" }}{{ include \"y\" . | trunc 5 }}{{ end }}{{ define \"y\" }}{{ .Chart.Name }}{{ end }}"),
        ("charts/sub/Chart.yaml", b"apiVersion: v2\nname: sub\nversion: 1.2.3\ntype: library\n"),
        ("charts/sub/values.yaml", b"exports: { data: { p: 1 } }\na: { q: 2 }\n"),
        ("requirements.yaml", b"dependencies: []\n"),
        ("Chart.lock", b"digest: x\ngenerated: \"2024-01-02T03:04:05Z\"\n"),
        ("crds/c.yaml", b"---\napiVersion: v1\nkind: B\n"),
        ("README.md", b"# x"),
    ];
    let pieces: Vec<&[u8]> = vec![
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"\n",
        b"- ",
        b"\"",
        b"'",
        b"{{",
        b"}}",
        b"\\",
        b"\0",
        b"\xff",
        b"\xc3",
        b"~",
        b"null",
        b"0",
        b"1e999",
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!int ",
        b"|",
        b"---\n",
        b"$ref",
        b"#",
        b"/",
        b"..",
        b"{{ end }}",
        b"{{ if ",
        b".Values",
        b"\xef\xbb\xbf",
        b"%",
        b"\t",
        b"-1",
        b"true",
    ];
    let whole: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, data)| (*name, data.to_vec())).collect();
    assert_eq!(rendered(&whole, &["other.on=true".into()]), Ok(()));
    let mut dice = Dice::new(seed);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..count {
        let mut files = whole.clone();
        for _ in 0..1 + dice.below(3) {
            let file = dice.below(files.len());
            let data = &mut files[file].1;
            let at = dice.below(data.len() + 1);
            match dice.below(3) {
                0 => drop(data.splice(at..at, pieces[dice.below(pieces.len())].iter().copied())),
                1 => data.truncate(at),
                _ => {
                    let end = data.len().min(at + dice.below(6));
                    data.drain(at..end);
                }
            }
        }
        match rendered(&files, &["other.on=true".into()]) {
            Ok(()) => good += 1,
            Err(_) => bad += 1,
        }
    }
    assert!(good > count / 20 && bad > count / 20, "{good} and {bad}");
}

#[test]
fn broken_charts_are_errors() {
    broken(1500, 5);
}

#[test]
#[ignore = "for the long run"]
fn many_broken_charts_are_errors() {
    (0..40).for_each(|seed| broken(5000, 500 + seed));
}

#[test]
fn broken_archives_are_errors() {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none()));
    for (name, text) in [("demo/Chart.yaml", super::CHART), ("demo/templates/t.yaml", "a: 1\n")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let whole = builder.into_inner().unwrap().finish().unwrap();
    Chart::from_archive(&whole).unwrap();
    let mut dice = Dice::new(6);
    for _ in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..1 + dice.below(4) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.below(256) as u8;
        }
        bytes.truncate(bytes.len() - dice.below(3) * dice.below(300));
        if let Ok(chart) = Chart::from_archive(&bytes) {
            let none = Map::new();
            let _ = template(&chart, &none, &Options::default(), &mut SystemHost, &mut NoCluster);
        }
    }
}
