//! What the fuzzer found, once.

use std::rc::Rc;

use hoist_chart::{Chart, ChartFile, NoCluster, Options, SystemHost, ValueSources, template};
use hoist_govalue::Map;

/// Why a chart of one template does not render.
fn error(text: &str) -> String {
    let file = |name: &str, text: &str| ChartFile {
        name: Rc::from(name),
        data: text.as_bytes().into(),
    };
    let chart = Chart::from_files(vec![
        file("Chart.yaml", "{ apiVersion: v2, name: demo, version: 0.1.0 }"),
        file("templates/a.yaml", text),
    ]);
    let chart = chart.unwrap_or_else(|error| panic!("{error}"));
    let rendered = template(
        &chart,
        &Map::new(),
        &Options::default(),
        &mut SystemHost,
        &mut NoCluster,
    );
    rendered.expect_err("it must not render").to_string()
}

#[test]
fn maps_in_lists_of_a_set_have_a_depth() {
    for line in [".a[1]".repeat(20_000), ".a[0][0]".repeat(20_000)] {
        let line = format!("a[1]{line}=1");
        let of_set = ValueSources {
            set: vec![line.clone()],
            ..Default::default()
        };
        let of_literal = ValueSources {
            literal: vec![line],
            ..Default::default()
        };
        for sources in [of_set, of_literal] {
            let error = sources
                .merge(|_| Ok(Vec::new()))
                .expect_err("it is refused")
                .to_string();
            assert!(error.contains("the values nest deeper than 256 levels"), "{error}");
        }
    }
}

/// Its error comes through ten thousand places, whose texts were all held at once.
#[test]
fn a_template_within_itself_fails_in_little_memory() {
    let error = error("{{ define `r` }}{{ template `r` . }}{{ end }}{{ template `r` . }}");
    assert!(
        error.ends_with("exceeded maximum template depth (10000)"),
        "{}",
        error.len()
    );
    assert!(error.len() < 4 << 20, "{}", error.len());
}

/// Each character becomes six: several times as much memory as a text may have was asked for.
#[test]
fn a_text_that_is_too_long_when_it_is_escaped_is_refused_before() {
    let error = error("{{ repeat 23000000 `<` | toJson | len }}");
    assert!(error.contains("a text of more than"), "{error}");
}
