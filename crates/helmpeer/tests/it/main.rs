//! The peer answers as the helm program does.

use hoist_helmpeer::{
    Case, Command, Kind, Release, chart, coalesce, helm, merge, render, render_bytes, text, texts, tool,
};
use serde_json::json;

#[test]
fn a_template_is_rendered_with_values_that_are_float64() {
    let rendered = text("{{ .Values.a }} {{ .Release.Name }}", &json!({ "a": 1_000_000 }));
    assert_eq!(rendered.as_deref(), Ok("1e+06 release-name"));
    let error = text("{{ fail \"no\" }}", &json!({})).unwrap_err();
    assert_eq!(error, "execution error at (chart/templates/t.yaml:1:3): no");
}

#[test]
fn a_chart_is_what_its_files_are() {
    let mut case = Case::default()
        .with("templates/_a.tpl", "{{ define \"a\" }}{{ .Chart.Name }}{{ end }}")
        .with(
            "templates/b.yaml",
            "{{ include \"a\" . }} {{ .Files.Get \"x\" }} {{ .Values.sub.v }}",
        )
        .with("values.yaml", "sub: {v: 1}")
        .with("charts/sub/Chart.yaml", "{apiVersion: v2, name: sub, version: 1.0.0}")
        .with(
            "charts/sub/templates/c.yaml",
            "{{ .Values.v }} {{ .Release.IsUpgrade }}",
        );
    case.files.insert("x".into(), vec![0xff]);
    case.chart = Some(json!({ "name": "top" }));
    case.release = Release {
        is_upgrade: true,
        ..Release::default()
    };
    let case = case.set(Kind::Set, "sub.v=7");
    let rendered = render(&case).unwrap();
    assert_eq!(
        rendered.keys().collect::<Vec<_>>(),
        ["charts/sub/templates/c.yaml", "templates/b.yaml"]
    );
    assert_eq!(rendered["charts/sub/templates/c.yaml"], "7 true");
    assert_eq!(render_bytes(&case).unwrap()["templates/b.yaml"], b"top \xff 7");
}

#[test]
fn values_are_merged_and_coalesced() {
    let case = Case::default()
        .values_file("a: {b: 1}\nm: 2")
        .set(Kind::Set, "a.c=x")
        .set(Kind::String, "m=3");
    let merged = merge(&case).unwrap();
    assert_eq!(merged.json, json!({ "a": { "b": 1, "c": "x" }, "m": "3" }));
    assert!(merged.go.starts_with("map[string]interface {}{"), "{}", merged.go);
    let coalesced = coalesce(&case.with("values.yaml", "a: {d: 4}\ne: 5")).unwrap();
    assert_eq!(
        coalesced.json,
        json!({ "a": { "b": 1, "c": "x", "d": 4 }, "e": 5, "m": "3" })
    );
    let bad = Case::default().set(Kind::Json, "a={");
    assert_eq!(merge(&bad).unwrap_err(), "failed parsing --set-json data a={");
}

#[test]
fn a_command_is_what_the_program_does() {
    let chart = chart("metrics-server", "metrics-server-3.13.1");
    let args = [
        "template",
        "numbers",
        chart.to_str().unwrap(),
        "--namespace",
        "kube-system",
        "--values",
        "-",
    ];
    let values = "replicas: 3\nargs: [--kubelet-insecure-tls]\n";
    let ours = helm(&Command::new(args).stdin(values).measured());
    let mut program = std::process::Command::new(tool("helm"))
        .args(args)
        .env("KUBECONFIG", "/dev/null")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut program.stdin.take().unwrap(), values.as_bytes()).unwrap();
    let theirs = program.wait_with_output().unwrap();
    assert!(theirs.status.success());
    assert_eq!(
        String::from_utf8_lossy(&ours.stdout),
        String::from_utf8_lossy(&theirs.stdout)
    );
    assert!(ours.error.is_none() && ours.peak_kib > 1024, "{ours:?}");
    // What one command was told is not the next one's default.
    let next = helm(&Command::new(args[..3].to_vec()));
    assert!(String::from_utf8_lossy(&next.stdout).contains("namespace: default"));
    let fails = helm(&Command::new(["template", "a", "/no/such/chart"]));
    assert!(
        fails.error.as_deref().is_some_and(|it| it.contains("/no/such/chart")),
        "{fails:?}"
    );
    assert!(fails.stderr.starts_with("Error: "), "{fails:?}");
}

#[test]
fn a_crash_is_one_answer_and_the_others_come() {
    // Go cannot recover from a stack that overflows.
    let endless = "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d | toJson }}{{ $d }}";
    let answers = texts(&[("a", json!({})), (endless, json!({})), ("b", json!({}))]);
    assert_eq!(answers[0].as_deref(), Ok("a"));
    assert!(
        answers[1].as_ref().unwrap_err().starts_with("helm-peer crashed: "),
        "{answers:?}"
    );
    assert_eq!(answers[2].as_deref(), Ok("b"));
}

#[test]
fn thousands_go_in_one_batch() {
    let questions: Vec<_> = (0..2000)
        .map(|n| (format!("{n}{{{{ repeat {} \"x\" }}}}", n % 100), json!({})))
        .collect();
    let answers = texts(&questions);
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer, &Ok(format!("{n}{}", "x".repeat(n % 100))));
    }
}
