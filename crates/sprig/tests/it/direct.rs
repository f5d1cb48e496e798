//! One function called by us and by the real sprig, with the same bytes.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hoist_govalue::{Args, Body, Host, Kind, Value};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Map, json};

/// A world with one moment and a random generator that always draws the same.
pub(crate) struct Still {
    pub(crate) now: SystemTime,
    state: u64,
    /// What was drawn, and what of.
    pub(crate) drawn: Vec<(&'static str, Value)>,
    /// What [`Host::recall`] answers.
    pub(crate) kept: Option<Value>,
}

impl Default for Still {
    fn default() -> Self {
        Self {
            now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
            state: 0x9E37_79B9_7F4A_7C15,
            drawn: Vec::new(),
            kept: None,
        }
    }
}

impl Host for Still {
    fn now(&mut self) -> SystemTime {
        self.now
    }

    fn random(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            *byte = (self.state >> 32) as u8;
        }
    }

    fn recall(&mut self, _kind: &'static str, _detail: &[Value]) -> Option<Value> {
        self.kept.clone()
    }

    fn drawn(&mut self, kind: &'static str, _detail: &[Value], result: &Value) {
        self.drawn.push((kind, result.clone()));
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        Err(format!("{name} is not looked up"))
    }
}

/// Calls a function in a world.
pub(crate) fn call_in(host: &mut dyn Host, name: &str, args: &[Value]) -> Result<Value, String> {
    let function = hoist_sprig::functions()
        .find(|function| function.name == name)
        .unwrap_or_else(|| panic!("there is no function {name}"));
    let args = Args::new(args);
    let answer = match function.body {
        Body::Pure(run) => run(args),
        Body::Host(run) => run(host, args),
        Body::Embedder => panic!("{name} is the embedder's"),
    };
    answer.map_err(|error| error.message().to_owned())
}

/// Calls a function.
pub(crate) fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    call_in(&mut Still::default(), name, args)
}

/// A call to compare.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    name: &'static str,
    args: Vec<Arg>,
}

/// An argument.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Text(Vec<u8>),
    Int(i64),
    Uint(u32),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// The call of a function with these arguments.
pub(crate) fn question(name: &'static str, args: Vec<Arg>) -> Question {
    Question { name, args }
}

impl Question {
    fn ours(&self) -> Result<String, String> {
        let args: Vec<_> = self
            .args
            .iter()
            .map(|arg| match arg {
                Arg::Text(text) => Value::str(text.as_slice()),
                Arg::Int(number) => Value::int(*number),
                Arg::Uint(number) => Value::Uint((*number).into(), Kind::Uint32),
            })
            .collect();
        call(self.name, &args).map(|value| shown(&value))
    }

    /// A template that calls the function and writes strings in base64, since they may hold any bytes.
    fn template(&self) -> (String, serde_json::Value) {
        let mut values = Map::new();
        let mut call = self.name.to_owned();
        for (index, arg) in self.args.iter().enumerate() {
            match arg {
                Arg::Text(text) => {
                    values.insert(format!("a{index}"), json!(STANDARD.encode(text)));
                    call += &format!(" (b64dec .Values.a{index})");
                }
                Arg::Int(number) => call += &format!(" {number}"),
                Arg::Uint(number) => call += &format!(" {number}"),
            }
        }
        let template = format!(
            r#"{{{{ $r := {call} }}}}{{{{ if kindIs "slice" $r }}}}{{{{ if eq (toJson $r) "null" }}}}nil{{{{ end }}}}[{{{{ range $r }}}}{{{{ b64enc . }}}};{{{{ end }}}}]{{{{ else if kindIs "string" $r }}}}{{{{ b64enc $r }}}}{{{{ else }}}}{{{{ $r }}}}{{{{ end }}}}"#
        );
        (template, values.into())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => STANDARD.encode(text.as_bytes()),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number, _) => number.to_string(),
        Value::List(list) => {
            let nil = if list.is_nil() { "nil" } else { "" };
            let items: String = list.iter().map(|item| shown(item) + ";").collect();
            format!("{nil}[{items}]")
        }
        Value::Object(object) => object.text().expect("the object has a text").to_string(),
        other => panic!("{other:?} is not compared"),
    }
}

/// Compares calls with the real sprig; fails with those that differ.
pub(crate) fn compare(questions: &[Question]) {
    let templates: Vec<_> = questions.iter().map(Question::template).collect();
    let mut wrong = Vec::new();
    for (question, theirs) in questions.iter().zip(hoist_helmpeer::texts(&templates)) {
        let ours = question.ours();
        let same = match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            (Err(ours), Err(theirs)) => theirs.ends_with(&format!("error calling {}: {ours}", question.name)),
            _ => false,
        };
        if !same {
            wrong.push(format!("{question:?}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} calls differ:\n{}",
        wrong.len(),
        questions.len(),
        wrong.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
}

/// How many random cases a test draws: a few hundred, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases() -> usize {
    proptest::test_runner::Config::default().cases as usize
}

/// Random values, the same ones in each run.
pub(crate) fn samples<S: Strategy>(count: usize, strategy: &S) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).expect("the strategy draws").current())
        .collect()
}
