//! Structs, pointers and named types, printed as Go prints them.

use std::any::Any;
use std::rc::Rc;

use hoist_govalue::{Kind, Object, Str, Type, Value, fmt};

#[derive(Debug)]
struct Thing {
    ty: Type,
    text: Option<&'static str>,
    plain: Value,
    fields: Vec<(&'static str, Value)>,
    entries: Option<Vec<(Value, Value)>>,
}

impl Object for Thing {
    fn ty(&self) -> Type {
        self.ty
    }
    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }
    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        self.entries.clone()
    }
    fn text(&self) -> Option<Str> {
        self.text.map(Str::from)
    }
    fn plain(&self) -> Value {
        self.plain.clone()
    }
    fn any(&self) -> &dyn Any {
        self
    }
}

fn thing(name: &'static str, kind: Kind) -> Thing {
    Thing {
        ty: Type::Named(name, kind),
        text: None,
        plain: Value::Nil,
        fields: Vec::new(),
        entries: None,
    }
}

fn value(thing: Thing) -> Value {
    Value::Object(Rc::new(thing))
}

fn printed(format: &str, value: &Value) -> String {
    match fmt::sprintf(format.as_bytes(), std::slice::from_ref(value)) {
        Ok(text) => String::from_utf8(text).unwrap(),
        Err(error) => format!("error: {error}"),
    }
}

/// Seen of `type S struct { A string; B interface{} }` and others in a Go program.
#[test]
fn structs_and_pointers() {
    let fields = vec![("A", Value::from("x")), ("B", Value::Nil)];
    let of = |name, kind| {
        value(Thing {
            fields: fields.clone(),
            ..thing(name, kind)
        })
    };
    let (plain, pointer) = (of("m.S", Kind::Struct), of("*m.S", Kind::Ptr));
    assert_eq!(printed("%v", &plain), "{x <nil>}");
    assert_eq!(printed("%+v", &plain), "{A:x B:<nil>}");
    assert_eq!(printed("%#v", &plain), "m.S{A:\"x\", B:interface {}(nil)}");
    assert_eq!(printed("%d", &plain), "{%!d(string=x) <nil>}");
    assert_eq!(printed("%T", &pointer), "*m.S");
    assert_eq!(printed("%v", &pointer), "&{x <nil>}");
    assert_eq!(printed("%#v", &pointer), "&m.S{A:\"x\", B:interface {}(nil)}");
    let list = Value::list(vec![pointer]);
    assert!(printed("%v", &list).contains("a *m.S would be printed as its address"));
    assert_eq!(printed("%s", &list), "[%!s(*m.S=&{x <nil>})]");
}

#[test]
fn named_types_and_methods() {
    let duration = value(Thing {
        text: Some("1m0s"),
        plain: Value::int64(60),
        ..thing("time.Duration", Kind::Int64)
    });
    assert_eq!(printed("%v", &duration), "1m0s");
    assert_eq!(printed("%8s|", &duration), "    1m0s|");
    assert_eq!(printed("%q", &duration), "\"1m0s\"");
    assert_eq!(printed("%d", &duration), "60");
    assert_eq!(printed("%t", &duration), "%!t(time.Duration=60)");
    assert_eq!(printed("%v", &Value::list(vec![duration.clone()])), "[1m0s]");
    assert_eq!(
        printed("%*d", &duration),
        "%!d(BADINDEX)".replace("BADINDEX", "MISSING")
    );

    let versions = value(Thing {
        entries: Some(vec![(Value::int(0), "v1".into()), (Value::int(1), "v2".into())]),
        ..thing("common.VersionSet", Kind::Slice)
    });
    assert_eq!(printed("%v", &versions), "[v1 v2]");
    assert_eq!(printed("%#v", &versions), "common.VersionSet{\"v1\", \"v2\"}");

    let files = value(Thing {
        entries: Some(vec![("a".into(), Value::Bytes(b"hi"[..].into()))]),
        ..thing("engine.files", Kind::Map)
    });
    assert_eq!(printed("%v", &files), "map[a:[104 105]]");
    assert_eq!(printed("%s", &files), "map[a:hi]");
    assert_eq!(printed("%#v", &files), "engine.files{\"a\":[]uint8{0x68, 0x69}}");

    let time = value(Thing {
        text: Some("noon"),
        ..thing("time.Time", Kind::Struct)
    });
    assert_eq!(printed("%s", &time), "noon");
    assert!(printed("%d", &time).contains("does not know the fields of a time.Time"));
    assert_eq!(fmt::sprint(&[time, "x".into()]).unwrap(), b"noonx");
}
