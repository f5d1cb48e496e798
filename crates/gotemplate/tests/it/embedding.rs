//! What an embedder sees and gives: objects, their methods, the host, the set, coverage, the parts of an error.

use std::any::Any;
use std::rc::Rc;

use hoist_gotemplate::{BranchKind, Coverage, FuncTable, MissingKey, Options, Set, Step};
use hoist_govalue::{Body, Func, FuncError, FuncResult, Host, Kind, List, Map, Method, Object, Str, Type, Value};
use serde_json::json;

use crate::support::{Engine, FILE, helm_parse_error, options, set, top};

#[derive(Debug)]
struct Version(&'static str, Kind);

const METHODS: &[Method] = &[
    Method {
        name: "String",
        params: &[],
        variadic: false,
    },
    Method {
        name: "Has",
        params: &[Type::Str],
        variadic: false,
    },
    Method {
        name: "Join",
        params: &[Type::Str, Type::INT],
        variadic: true,
    },
];

impl Object for Version {
    fn ty(&self) -> Type {
        match self.1 {
            Kind::Ptr => Type::Named("*common.Version", Kind::Ptr),
            kind => Type::Named("common.Version", kind),
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Major", Value::from("1")),
            ("Inner", Value::Object(Rc::new(Self("inner", Kind::Struct)))),
            ("None", Value::Nil),
            ("Placed", Value::Object(Rc::new(Inner))),
        ]
    }

    fn field(&self, name: &str) -> Option<Value> {
        // One that is promoted, and so not among the fields.
        if name == "Promoted" {
            return Some(Value::int(7));
        }
        self.fields()
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    fn methods(&self) -> &'static [Method] {
        METHODS
    }

    fn call(&self, method: &str, host: &mut dyn Host, args: &[Value]) -> FuncResult {
        match (method, args) {
            ("String", []) => Ok(Value::from(self.0)),
            ("Has", [Value::Str(text)]) if text.is_empty() => Err(FuncError::new("nothing to have")),
            ("Has", [Value::Str(text)]) => Ok(Value::Bool(*text == self.0)),
            ("Join", [first, rest @ ..]) => {
                let mut buffer = [0];
                host.random(&mut buffer);
                let text = first.as_str().map(|text| text.text().into_owned()).unwrap_or_default();
                Ok(Value::from(format!("{text}{}{}", rest.len(), buffer[0])))
            }
            _ => Err(FuncError::new("unknown")),
        }
    }

    fn text(&self) -> Option<Str> {
        (self.1 == Kind::Struct).then(|| Str::from(self.0))
    }

    fn plain(&self) -> Value {
        Value::from(self.0)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// A struct whose pointer has a `String` method, and which has a field that is not exported.
#[derive(Debug)]
struct Inner;

impl Object for Inner {
    fn ty(&self) -> Type {
        Type::Named("common.Inner", Kind::Struct)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("A", Value::int(1)), ("hidden", Value::from("h"))]
    }

    fn field(&self, name: &str) -> Option<Value> {
        (name == "A").then(|| Value::int(1))
    }

    fn pointer_text(&self) -> Option<Str> {
        Some("by pointer".into())
    }

    fn plain(&self) -> Value {
        Value::Nil
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

#[derive(Debug)]
struct Files;

impl Object for Files {
    fn ty(&self) -> Type {
        Type::Named("engine.files", Kind::Map)
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        let bytes = |text: &str| Value::Bytes(text.as_bytes().into());
        Some(vec![("a".into(), bytes("AB")), ("b".into(), bytes("C"))])
    }

    fn elem(&self) -> Type {
        Type::Bytes
    }

    fn plain(&self) -> Value {
        Value::Nil
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

fn data() -> Value {
    let entries = [
        ("version", Value::Object(Rc::new(Version("v1", Kind::Struct)))),
        ("pointer", Value::Object(Rc::new(Version("v2", Kind::Ptr)))),
        ("files", Value::Object(Rc::new(Files))),
        (
            "named",
            Value::List(List::typed(
                Type::Named("common.VersionSet", Kind::Slice),
                vec![Value::from("v1")],
            )),
        ),
        ("nil", Value::Map(Map::nil(Type::Map))),
        ("uint", Value::Uint(3, Kind::Uint8)),
        ("float32", Value::Float(1.5, Kind::Float32)),
        ("int8", Value::Int(-3, Kind::Int8)),
        ("bytes", Value::Bytes(b"hi".as_slice().into())),
    ];
    entries
        .into_iter()
        .map(|(key, value)| (Str::from(key), value))
        .collect::<Map>()
        .into()
}

fn execute(text: &str) -> Result<String, String> {
    execute_with(text, &options())
}

fn execute_with(text: &str, options: &Options) -> Result<String, String> {
    let mut set = set();
    set.parse("t", text).map_err(|error| error.to_string())?;
    let text = set.execute("t", &data(), options, &mut Engine::default());
    text.map(|text| text.text().into_owned())
        .map_err(|error| error.to_string())
}

/// Expectations by Go's rules: what Helm's own objects do is compared where they are.
#[test]
fn objects() {
    for (text, expected) in [
        ("{{ .version }}", "v1"),
        ("{{ .version.Major }}{{ .version.Promoted }}", "17"),
        ("{{ .version.Inner.Inner.Major }}", "1"),
        ("{{ .pointer.Major }}{{ .pointer.Inner }}", "1inner"),
        ("{{ .version.Has \"v1\" }}{{ \"v2\" | .version.Has }}", "truefalse"),
        ("{{ .pointer.Join \"x\" 1 2 }}{{ .pointer.Join \"y\" }}", "x24y04"),
        ("{{ (.pointer).String | upper }}", "V2"),
        ("{{ .version.None }}", "<no value>"),
        ("{{ .pointer.Placed }}{{ .version.Placed }}", "by pointer{1 h}"),
        ("{{ print .pointer.Placed }}{{ (.pointer.Placed) }}", "{1 h}by pointer"),
        (
            "{{ $x := .pointer.Placed }}{{ $x }}{{ (dict \"a\" $x).a }}{{ $x.A }}",
            "by pointer{1 h}1",
        ),
        (
            "{{ if .version }}a{{ end }}{{ with .pointer }}{{ .Major }}{{ end }}",
            "a1",
        ),
        (
            "{{ .files.a }}{{ .files.zz }}{{ index .files \"b\" }}{{ index .files \"zz\" | len }}",
            "[65 66][][67]0",
        ),
        (
            "{{ range $k, $v := .files }}{{ $k }}{{ printf \"%s\" $v }}{{ end }}{{ len .files }}",
            "aABbC2",
        ),
        (
            "{{ range .named }}{{ . }}{{ end }}{{ len .named }}{{ index .named 0 }}",
            "v11v1",
        ),
        (
            "{{ range .bytes }}{{ . }},{{ end }}{{ index .bytes 1 | printf \"%T\" }}",
            "104,105,uint8",
        ),
        (
            "{{ range $i := .uint }}{{ $i }}{{ end }}{{ range .int8 }}x{{ else }}none{{ end }}",
            "012none",
        ),
        (
            "{{ eq .uint 3 }}{{ eq 3 .uint }}{{ lt .int8 .uint }}{{ lt .uint .int8 }}{{ ge .uint 3 }}",
            "truetruetruefalsetrue",
        ),
        (
            "{{ eq .nil nil }}{{ eq .nil .missing }}{{ not .nil }}{{ len .nil }}",
            "truetruetrue0",
        ),
        ("{{ eq .version .version }}{{ eq .pointer .pointer }}", "truetrue"),
        (
            "{{ typeOf .version }}{{ typeOf .pointer }}",
            "common.Version*common.Version",
        ),
    ] {
        assert_eq!(execute(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        (
            "{{ .version.Nope }}",
            "t:1:11: executing \"t\" at <.version.Nope>: can't evaluate field Nope in type interface {}",
        ),
        (
            "{{ .version.Inner.Nope }}",
            "t:1:11: executing \"t\" at <.version.Inner.Nope>: can't evaluate field Nope in type common.Version",
        ),
        (
            "{{ .version.Has }}",
            "t:1:11: executing \"t\" at <.version.Has>: wrong number of args for Has: want 1 got 0",
        ),
        (
            "{{ .version.Has 1 }}",
            "t:1:16: executing \"t\" at <1>: expected string; found 1",
        ),
        (
            "{{ .version.Has \"\" }}",
            "t:1:11: executing \"t\" at <.version.Has>: error calling Has: nothing to have",
        ),
        (
            "{{ .version.Has.x }}",
            "t:1:11: executing \"t\" at <.version.Has.x>: wrong number of args for Has: want 1 got 0",
        ),
        (
            "{{ .version.Join }}",
            "t:1:11: executing \"t\" at <.version.Join>: wrong number of args for Join: want at least 1 got 0",
        ),
        (
            "{{ .version.Join \"a\" \"b\" }}",
            "t:1:21: executing \"t\" at <\"b\">: expected integer; found \"b\"",
        ),
        (
            "{{ .version.Major 1 }}",
            "t:1:11: executing \"t\" at <.version.Major>: Major has arguments but cannot be invoked as function",
        ),
        (
            "{{ .pointer.Placed.hidden }}",
            "t:1:11: executing \"t\" at <.pointer.Placed.hidden>: hidden is an unexported field of struct type common.Inner",
        ),
        (
            "{{ .files.a 1 }}",
            "t:1:9: executing \"t\" at <.files.a>: a is not a method but has arguments",
        ),
        (
            "{{ .named.Nope }}",
            "t:1:9: executing \"t\" at <.named.Nope>: can't evaluate field Nope in type interface {}",
        ),
        (
            "{{ eq .version .pointer }}",
            "t:1:3: executing \"t\" at <eq .version .pointer>: error calling eq: non-comparable types v1: common.Version, *common.Version: {1 inner <nil> {1 h}}",
        ),
        (
            "{{ range .version }}{{ end }}",
            "t:1:9: executing \"t\" at <.version>: range can't iterate over v1",
        ),
        (
            "{{ len .version }}",
            "t:1:3: executing \"t\" at <len .version>: error calling len: len of type common.Version",
        ),
        (
            "{{ index .version 1 }}",
            "t:1:3: executing \"t\" at <index .version 1>: error calling index: can't index item of type common.Version",
        ),
        (
            "{{ upper .version }}",
            "t:1:9: executing \"t\" at <.version>: wrong type for value; expected string; got common.Version",
        ),
    ] {
        assert_eq!(execute(text), Err(format!("template: {expected}")), "{text}");
    }
}

/// `slice` is overridden by sprig's, so that Helm cannot be asked for it.
#[test]
fn slices() {
    let mut set = Set::new("gotpl", FuncTable::new());
    let mut run = |text: &str| {
        set.parse("t", text).map_err(|error| error.to_string())?;
        let text = set.execute("t", &data(), &options(), &mut Engine::default());
        text.map(|text| text.text().into_owned())
            .map_err(|error| error.to_string())
    };
    for (text, expected) in [
        (
            "{{ slice \"abcd\" }}{{ slice \"abcd\" 1 }}{{ slice \"abcd\" 1 3 }}{{ slice \"abcd\" 4 }}",
            "abcdbcdbc",
        ),
        (
            "{{ slice .named 0 1 }}{{ slice .named 1 }}{{ slice .named 0 1 1 }}{{ slice .bytes 1 }}",
            "[v1][][v1][105]",
        ),
        ("{{ printf \"%T\" (slice .named 0) }}", "common.VersionSet"),
    ] {
        assert_eq!(run(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, expected) in [
        ("{{ slice nil }}", "slice of untyped nil"),
        ("{{ slice \"abc\" 0 1 2 }}", "cannot 3-index slice a string"),
        ("{{ slice \"abc\" 2 1 }}", "invalid slice index: 2 > 1"),
        ("{{ slice .bytes 0 2 1 }}", "invalid slice index: 2 > 1"),
        ("{{ slice \"abc\" 4 }}", "index out of range: 4"),
        ("{{ slice \"abc\" -1 }}", "index out of range: -1"),
        ("{{ slice \"abc\" \"1\" }}", "cannot index slice/array with type string"),
        ("{{ slice \"abc\" nil }}", "cannot index slice/array with nil"),
        ("{{ slice \"abc\" 0 1 1 1 }}", "too many slice indexes: 4"),
        ("{{ slice 1 }}", "can't slice item of type int"),
        ("{{ slice .nil }}", "can't slice item of type map[string]interface {}"),
    ] {
        let error = run(text).map_err(|error| error.rsplit("error calling slice: ").next().map(str::to_owned));
        assert_eq!(error, Err(Some(expected.to_owned())), "{text}");
    }
}

/// Bytes that are not UTF-8 go through.
#[test]
fn any_bytes() {
    for template in [
        &b"\xff{{ \"\xfe\" }}{{ `\xc3` }}\xe2\x98{{/* \xff */}}{{ \"a\\xffb\" | print }}"[..],
        b"{{ len \"\xff\xff\" }}{{ print \"\xc3\xa9\" }}{{ printf \"%q\" \"\xff\" }}",
        b"{{ .\xff }}",
        b"{{ \xff }}",
        b"{{ $\xc3 }}",
        b"{{ '\xff' }}",
    ] {
        let mut case = hoist_helmpeer::Case::default();
        case.files.insert("templates/t.yaml".to_owned(), template.to_vec());
        let theirs = hoist_helmpeer::render_bytes(&case).map(|mut files| files.remove("templates/t.yaml"));
        let mut set = set();
        let ours = match set.parse(FILE, template.to_vec()) {
            Ok(()) => set
                .execute(FILE, &top(&json!({})), &options(), &mut Engine::default())
                .map(|text| Some(text.as_bytes().to_vec()))
                .map_err(|error| error.to_string()),
            Err(error) => Err(helm_parse_error(&error)),
        };
        assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(template));
    }
}

#[test]
fn missing_keys() {
    let error = Options {
        missing_key: MissingKey::Error,
        ..options()
    };
    let invalid = Options {
        missing_key: MissingKey::Invalid,
        ..options()
    };
    assert_eq!(
        execute_with("{{ .x }}{{ .x.y }}", &invalid).as_deref(),
        Ok("<no value><no value>")
    );
    assert_eq!(
        execute_with("{{ .x }}", &error),
        Err("template: t:1:3: executing \"t\" at <.x>: map has no entry for key \"x\"".to_owned())
    );
    assert_eq!(
        execute_with(
            "{{ with (index . \"x\") }}{{ else }}{{ (index . \"x\").y }}{{ end }}",
            &error
        ),
        Err("template: t:1:46: executing \"t\" at <\"x\">: nil data; no entry for key \"y\"".to_owned())
    );
    assert_eq!(execute("{{ .x }}{{ range .x }}{{ end }}").as_deref(), Ok("<no value>"));
}

#[test]
fn hosts_and_functions() {
    fn random(host: &mut dyn Host, _: hoist_govalue::Args<'_>) -> FuncResult {
        let mut buffer = [0; 2];
        host.random(&mut buffer);
        Ok(Value::from(format!("{buffer:?}")))
    }
    let own = Func {
        name: "len",
        params: &[Type::Named("common.Version", Kind::Struct)],
        variadic: false,
        body: Body::Pure(|args| Ok(Value::from(args.any(0).type_name()))),
    };
    let random = Func {
        name: "random",
        params: &[],
        variadic: false,
        body: Body::Host(random),
    };
    let mut table: FuncTable = [own, random].into_iter().collect();
    let mut set = Set::new("gotpl", table.clone());
    assert!(
        set.parse("t", "{{ random }}{{ len .version }}{{ len .pointer }}")
            .is_ok()
    );
    let text = set.execute("t", &data(), &options(), &mut Engine::default());
    // A function of one's own precedes the builtin one; a pointer stands for what it points to.
    assert_eq!(
        text.map(|text| text.text().into_owned()).as_deref(),
        Ok("[4, 4]common.Version*common.Version")
    );
    // A function may be called as a jump is.
    table.insert(Func {
        name: "break",
        ..random
    });
    let mut set = Set::new("gotpl", table);
    assert!(set.parse("t", "{{ break }}").is_ok());
    assert!(set.parse("t", "{{ continue }}").is_err());
}

#[test]
fn names_of_a_set() {
    let mut set = set();
    assert!(set.parse("a", "{{ define \"x\" }}1{{ end }}a").is_ok());
    assert!(
        set.parse("b", "{{ define \"x\" }} {{ end }}{{ define \"y\" }}{{ end }}")
            .is_ok()
    );
    assert!(set.contains("x") && set.contains("b") && !set.contains("z"));
    assert_eq!(set.names(), ["a", "b", "x", "y"].map(Str::from));
    // The second definition is empty, and does not take the place of the first.
    let text = |set: &Set, name: &str| {
        let text = set.execute(name, &Value::Nil, &options(), &mut Engine::default());
        text.map(|text| text.text().into_owned())
            .map_err(|error| error.to_string())
    };
    assert_eq!(text(&set, "x").as_deref(), Ok("1"));
    let before = set.clone();
    assert!(set.parse("c", "{{ define \"x\" }}2{{ end }}").is_ok());
    assert_eq!(text(&set, "x").as_deref(), Ok("2"));
    assert_eq!(text(&before, "x").as_deref(), Ok("1"));
    assert_eq!(
        text(&set, "z"),
        Err("template: no template \"z\" associated with template \"gotpl\"".to_owned())
    );
}

#[test]
fn coverage() {
    let mut set = set();
    let text = "{{ if .a }}1{{ else }}2{{ end }}\n{{ range .l }}{{ with . }}x{{ end }}{{ end }}";
    assert!(set.parse("t", text).is_ok());
    let branches = set.branches();
    let shown: Vec<_> = branches
        .iter()
        .map(|branch| {
            (
                branch.line,
                branch.column,
                branch.kind,
                branch.has_else,
                branch.pipeline.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1, 6, BranchKind::If, true, ".a"),
            (2, 9, BranchKind::Range, false, ".l"),
            (2, 22, BranchKind::With, false, "."),
        ]
    );
    let mut all = Coverage::new();
    for values in [json!({"a": 1, "l": [0, 1, 1]}), json!({"l": []})] {
        let Some(Value::Map(data)) = top(&values).as_map().and_then(|top| top.get(b"Values")) else {
            panic!("no values");
        };
        let mut coverage = Coverage::new();
        let data = Value::Map(data);
        let text = set.execute_covered("t", &data, &options(), &mut Engine::default(), &mut coverage);
        assert!(text.is_ok());
        all.merge(&coverage);
    }
    let counts: Vec<_> = branches.iter().map(|branch| all.counts(branch)).collect();
    assert_eq!(counts, [[1, 1], [1, 1], [2, 1]]);
}

#[test]
fn the_parts_of_an_error() {
    let mut set = set();
    assert!(
        set.parse(
            "t",
            "{{ define \"d\" }}\n {{ upper .a }}{{ end }}\n{{ include \"d\" . }}"
        )
        .is_ok()
    );
    let data = Value::Map([(Str::from("a"), Value::int(1))].into_iter().collect());
    let Err(error) = set.execute("t", &data, &options(), &mut Engine::default()) else {
        panic!("no error");
    };
    let places: Vec<_> = error
        .places()
        .map(|at| {
            (
                at.template.text(),
                at.line,
                at.column,
                at.node.as_str(),
                at.message.as_str(),
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ("t".into(), 3, 3, "include \"d\" .", "error calling include"),
            (
                "d".into(),
                2,
                10,
                ".a",
                "wrong type for value; expected string; got int"
            ),
        ]
    );
    assert!(matches!(error.cause(), Some(Step::At(at)) if at.line == 2));
    let wrapped = error.context("while testing");
    assert!(
        wrapped
            .to_string()
            .starts_with("while testing: template: t:3:3: executing \"t\" at <include")
    );
}
