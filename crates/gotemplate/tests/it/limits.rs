//! What hostile templates meet: an error, and never the end of the stack or of memory.

use hoist_gotemplate::{Context, Embedder, ExecError, Limits, Options, Set};
use hoist_govalue::{Args, Host, Value};
use serde_json::json;

use crate::support::{Engine, FILE, compare_with, options, render, set, top};

fn run(template: &str, limits: Limits) -> Result<String, String> {
    let mut set = set();
    set.parse(FILE, template).map_err(|error| error.to_string())?;
    let options = Options { limits, ..options() };
    let text = set.execute(FILE, &top(&json!({"a": 1})), &options, &mut Engine::default());
    text.map(|text| text.text().into_owned())
        .map_err(|error| error.to_string())
}

fn refused(template: &str, limits: Limits) -> String {
    match run(template, limits) {
        Ok(text) => panic!("not refused: {} bytes", text.len()),
        Err(error) => error,
    }
}

#[test]
fn an_endless_include_is_helms_error() {
    compare_with(
        &json!({}),
        &[
            "{{ define \"t\" }}{{ include \"t\" . }}{{ end }}{{ include \"t\" . }}",
            "{{ define \"t\" }}{{ include \"u\" . }}{{ end }}{{ define \"u\" }}{{ if true }}{{ include \"t\" . }}{{ end }}{{ end }}{{ include \"t\" . }}",
        ],
    );
}

#[test]
fn an_endless_template_ends() {
    let error = refused(
        "{{ define \"t\" }}{{ template \"t\" . }}{{ end }}{{ template \"t\" . }}",
        Limits::default(),
    );
    assert_eq!(
        error,
        "template: chart/templates/t.yaml:1:28: executing \"t\" at <{{template \"t\" .}}>: exceeded maximum template \
         depth (10000)"
    );
    let error = refused(
        "{{ define \"t\" }}{{ if true }}{{ range list 1 }}{{ with . }}{{ template \"t\" . }}{{ end }}{{ end }}{{ end }}{{ end }}{{ template \"t\" . }}",
        Limits::default(),
    );
    assert!(error.ends_with("exceeded maximum template depth (10000)"), "{error}");
}

#[test]
fn an_endless_evaluation_ends() {
    let text = "{{ define \"t\" }}{{ tpl . . }}{{ end }}{{ $s := \"{{ tpl . . }}\" }}{{ tpl $s $s }}";
    let error = refused(
        text,
        Limits {
            depth: 50,
            ..Limits::default()
        },
    );
    assert!(error.ends_with("exceeded maximum template depth (50)"), "{error}");
}

#[test]
fn deep_parentheses_are_gos() {
    let nested = |depth: usize| format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    let called = |depth: usize| format!("{{{{ {}1{} }}}}", "(print ".repeat(depth), ")".repeat(depth));
    let texts = [
        nested(9_999),
        nested(10_000),
        nested(10_001),
        called(5_000),
        format!("{{{{ upper {}1{} }}}}", "(".repeat(2_000), ")".repeat(2_000)),
    ];
    compare_with(&json!({}), &texts.each_ref().map(String::as_str));
}

#[test]
fn deep_blocks_end() {
    let nested = |depth: usize| format!("{}x{}", "{{ if true }}".repeat(depth), "{{ end }}".repeat(depth));
    let chained = |depth: usize| {
        format!(
            "{{{{ if false }}}}{}y{{{{ end }}}}",
            "{{ else if false }}".repeat(depth) + "{{ else }}"
        )
    };
    let texts = [nested(5_000), chained(4_000)];
    compare_with(&json!({}), &texts.each_ref().map(String::as_str));
    for text in [nested(10_001), chained(10_001), nested(100_000)] {
        let error = refused(&text, Limits::default());
        assert!(error.ends_with("max block depth exceeded"), "{error}");
    }
}

#[test]
fn steps_end() {
    let limits = Limits {
        steps: 100_000,
        ..Limits::default()
    };
    for text in [
        "{{ range 9223372036854775807 }}{{ end }}",
        "{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}",
        "{{ define \"t\" }}{{ if . }}{{ include \"t\" (slice . 1) }}{{ include \"t\" (slice . 1) }}{{ end }}{{ end }}{{ include \"t\" (until 100) }}",
    ] {
        let error = refused(text, limits);
        assert!(error.ends_with("more than 100000 steps"), "{error}");
    }
}

#[test]
fn output_ends() {
    let limits = Limits {
        output: 10_000,
        ..Limits::default()
    };
    let error = refused("{{ range until 1000 }}0123456789abcdef{{ end }}", limits);
    assert!(error.ends_with("more than 10000 bytes of output"), "{error}");
    let error = refused(
        "{{ define \"t\" }}0123456789{{ include \"t\" . }}{{ end }}{{ include \"t\" . }}",
        Limits {
            output: 5_000,
            ..limits
        },
    );
    assert!(error.ends_with("more than 5000 bytes of output"), "{error}");
    assert_eq!(
        run("{{ range until 100 }}0123456789{{ end }}", limits).map(|text| text.len()),
        Ok(1000)
    );
}

#[test]
fn what_functions_make_ends() {
    let limits = Limits {
        produced: 1 << 20,
        ..Limits::default()
    };
    for text in [
        "{{ $x := \"0123456789\" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}",
        "{{ $x := list 1 2 3 4 }}{{ range until 1000000 }}{{ $x = list $x $x }}{{ end }}",
    ] {
        let error = refused(text, limits);
        assert!(error.ends_with("functions made more than 1048576 bytes"), "{error}");
    }
    // Without a limit of that kind, fmt refuses what is too long for one string.
    let error = refused(
        "{{ $x := \"0123456789\" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}",
        Limits::default(),
    );
    assert!(error.contains("error calling print: "), "{error}");
}

#[test]
fn values_that_hold_themselves_are_survived() {
    for text in [
        "{{ $m := dict }}{{ set $m \"m\" $m | len }}{{ $m.m.m.m | len }}",
        "{{ $m := dict }}{{ range until 100000 }}{{ $m = dict \"m\" $m }}{{ end }}{{ len $m }}",
        "{{ $m := list }}{{ range until 100000 }}{{ $m = list $m }}{{ end }}{{ len $m }}",
    ] {
        let text = render(text, &json!({}));
        assert!(text.is_ok(), "{text:?}");
    }
    for text in [
        "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ $m }}",
        "{{ $m := dict }}{{ range until 100000 }}{{ $m = dict \"m\" $m }}{{ end }}{{ $m }}",
        "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ eq $m $m }}",
    ] {
        let text = render(text, &json!({}));
        assert!(text.is_err(), "{text:?}");
    }
}

struct Impatient(Engine, u32);

impl Embedder for Impatient {
    fn host(&mut self) -> &mut dyn Host {
        self.0.host()
    }

    fn call(&mut self, context: &mut Context, function: &'static str, args: Args<'_>) -> Result<Value, ExecError> {
        self.0.call(context, function, args)
    }

    fn interrupted(&mut self) -> Option<String> {
        self.1 += 1;
        (self.1 > 3).then(|| "it takes too long".to_owned())
    }
}

#[test]
fn an_embedder_may_interrupt() -> Result<(), hoist_gotemplate::ParseError> {
    let mut set: Set = set();
    set.parse("t", "{{ range 1000000 }}{{ end }}")?;
    let result = set.execute("t", &Value::Nil, &options(), &mut Impatient(Engine::default(), 0));
    let error = result.map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("template: t:1:9: executing \"t\" at <1000000>: it takes too long".to_owned())
    );
    Ok(())
}
