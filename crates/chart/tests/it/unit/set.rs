//! `--set` and its kinds: the same values, to the types of Go, or the same error.

use hoist_chart::ValueSources;
use hoist_govalue::{Value, fmt};
use hoist_helmpeer::{Case, Kind, merge_all};

fn ours(case: &Case) -> Result<String, String> {
    let mut sources = ValueSources::default();
    for (index, text) in case.values_files.iter().enumerate() {
        sources.files.push(hoist_chart::ValueFile {
            name: format!("{index}.yaml"),
            text: text.clone().into_bytes(),
        });
    }
    for (kind, text) in &case.sets {
        let into = match kind {
            Kind::Set => &mut sources.set,
            Kind::String => &mut sources.string,
            Kind::Json => &mut sources.json,
            Kind::File => &mut sources.file,
            Kind::Literal => &mut sources.literal,
        };
        into.push(text.clone());
    }
    let read = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
    let values = sources.merge(read).map_err(|error| error.to_string())?;
    let shown = fmt::sprintf(b"%#v", &[Value::Map(values)]).unwrap();
    Ok(String::from_utf8_lossy(&shown).into_owned())
}

fn same(cases: &[Case]) {
    let mut findings = Vec::new();
    for (case, theirs) in cases.iter().zip(merge_all(cases)) {
        let theirs = theirs.map(|merged| merged.go);
        let ours = ours(case);
        let alike = match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) => theirs == ours,
            // Ours adds the cause to `--set-json`'s.
            (Err(theirs), Err(ours)) => {
                // Each side has the files of values elsewhere.
                let theirs = theirs.split_once(".yaml: ").map_or(theirs.as_str(), |(_, why)| why);
                ours.contains(theirs) || theirs.contains("no such file")
            }
            _ => false,
        };
        if !alike {
            findings.push(format!(
                "{:?} over {:?}\nhelm: {theirs:?}\nours: {ours:?}",
                case.sets, case.values_files
            ));
        }
    }
    assert!(
        findings.is_empty(),
        "{} of {}:\n{}",
        findings.len(),
        cases.len(),
        findings.join("\n")
    );
}

const BASE: &str = "a: 1\nm: { x: 1, y: { z: [1, { q: 2 }] } }\nl: [1, { b: 2 }, [3]]\nn: null\ns: text\n";

const LINES: &[&str] = &[
    "",
    "a",
    "a=",
    "a=b",
    "a=1",
    "a=-1",
    "a=+5",
    "a=01",
    "a=0",
    "a=00",
    "a=-0",
    "a=0x10",
    "a=1_000",
    "a=1e3",
    "a=1.5",
    "a=true",
    "a=TRUE",
    "a=faLSE",
    "a=yes",
    "a=null",
    "a=NULL",
    "a=~",
    "a=9223372036854775807",
    "a=9223372036854775808",
    "a= 1",
    "a=1 ",
    " a=1",
    "a=b,c=d",
    "a=b,,c=d",
    "a=b,",
    ",a=b",
    "a,b=c",
    "a=b,c",
    "=b",
    "a==b",
    "a=b=c",
    "a.b=c",
    "a.b.c=d",
    ".a=b",
    "a.=b",
    "a..b=c",
    "a.b",
    "a.",
    "a.b=",
    "m.x=2",
    "m.y.z=1",
    "m.y.new=1",
    "m.x.y=1",
    "s.t=1",
    "n.a=1",
    "a={}",
    "a={b}",
    "a={b,c}",
    "a={1,true,null,x}",
    "a={b,c",
    "a={b},c=d",
    "a={b}c=d",
    "a={b}}",
    "a={b\\,c,d}",
    "a={b\\}c}",
    "a={{b}}",
    "a=b\\,c",
    "a\\.b=c",
    "a\\=b=c",
    "a\\[0]=c",
    "a=b\\\\c",
    "a=b\\",
    "a\\,b=c",
    "l[0]=x",
    "l[1].b=3",
    "l[1].c=3",
    "l[5]=x",
    "l[2][0]=9",
    "l[2][3]=9",
    "l[0][0]=1",
    "l[0].x=1",
    "l[1][0]=1",
    "l[-1]=x",
    "l[a]=x",
    "l[]=x",
    "l[0",
    "l[0]",
    "l[0]x=1",
    "l[0]=",
    "l[0]={a,b}",
    "l[0]=a,l[1]=b",
    "new[0]=a",
    "new[2]=a",
    "new[0][1]=a",
    "new[0].a.b[1].c=d",
    "new[0].a=1,new[0].b=2",
    "new[1].a=1",
    "m[0]=1",
    "a[0]=1",
    "n[0]=1",
    "s[0]=1",
    "new[65536]=x",
    "new[65537]=x",
    "new[99999999999]=x",
    "new[99999999999999999999]=x",
    "new[0][65537]=x",
    "new[0].=x",
    "new[0].a",
    "new[0].a.",
    "new[0]a",
    "a=é\u{a0}ü",
    "é=1",
    "a=\"b\"",
    "a='b'",
    "a=[1,2]",
    "a=${x}",
    "a=b c,d = e",
    "a=\t1",
    "a={ b , c }",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d=1",
    "a1.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e=1",
    "a1.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.a.b.c.d.e.f=1",
    "a={a.b=c}",
    "a.b={x},a.c={y,z}",
    "m={}",
    "m=1",
    "l=1",
    "m.y=null",
    "m.y.z=null",
    "l=null",
    "a=falſe",
    "new.a[1].b[1]=x",
];

#[test]
fn lines_of_each_kind_are_read_as_helms() {
    let mut cases = Vec::new();
    for kind in [Kind::Set, Kind::String, Kind::Literal] {
        for line in LINES {
            cases.push(Case::default().values_file(BASE).set(kind, *line));
        }
    }
    same(&cases);
}

#[test]
fn json_is_read_as_helms() {
    let lines = [
        "",
        "a",
        "a=",
        "a=1",
        "a=1.50",
        "a=1e2",
        "a=01",
        "a=true",
        "a=truex",
        "a=null",
        "a=nul",
        "a=\"b\"",
        "a=\"b",
        "a=b",
        "a={\"b\":1}",
        "a={\"b\":1",
        "a={\"b\":[1,{\"c\":\"]}\"}]}",
        "a=[1,2]",
        "a=[1,2],b=3",
        "a=[1,2] , b=3",
        "a=,b=1",
        "a= ,b=1",
        "a=1,",
        "a=1 b=2",
        "a.b={\"c\":1}",
        "l[0]={\"x\":1}",
        "l[1].b=[1]",
        "l[9]=null",
        "l[0]=",
        "{\"a\":{\"b\":1}}",
        " {\"m\":{\"x\":5}} ",
        "{\"a\":1",
        "{\"a\":1}x",
        "{}",
        "{\"m\":null}",
        "a=\"\\u00e9\\n\"",
        "a=-",
        "a=-1",
        "a=1.5.5",
        "a=\"x\",b={\"y\":\"z\"},c=[\"q\"]",
        "m={\"new\":1}",
        "m.x=\"y\"",
        "a={\"b\":1,\"b\":2}",
        "[1]",
        "a=1e400",
        "a=\"\\ud800\"",
    ];
    let cases: Vec<_> = lines
        .iter()
        .map(|line| Case::default().values_file(BASE).set(Kind::Json, *line))
        .collect();
    same(&cases);
}

#[test]
fn files_and_the_order_of_kinds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f.txt");
    std::fs::write(&file, "text, with commas\n").unwrap();
    let path = file.display();
    let mut cases = vec![
        Case::default().set(Kind::File, format!("a={path}")),
        Case::default().set(Kind::File, format!("a.b[1]={path},c={path}")),
        Case::default().set(Kind::File, format!("a={{{path},{path}}}")),
        Case::default().set(Kind::File, "a=/nowhere/at/all"),
        Case::default().set(Kind::File, "a="),
    ];
    let every = Case::default()
        .set(Kind::Literal, "k=literal")
        .set(Kind::File, format!("k={path}"))
        .set(Kind::String, "k=string")
        .set(Kind::Set, "k=set")
        .set(Kind::Json, "k=\"json\"")
        .values_file("k: file");
    for kept in 0..6 {
        let mut case = every.clone();
        case.sets.drain(..kept.min(5));
        cases.push(case);
    }
    for (first, second) in [
        ("a: 1", "a: null"),
        ("a: { b: 1, c: 2 }", "a: { b: null }"),
        ("a: { b: 1 }", "a: 2"),
        ("a: 2", "a: { b: 1 }"),
        ("a: [1, 2]", "a: [3]"),
        ("a: 1\n---\nb: 2\n---\na: { c: 3 }", "b: { d: 4 }"),
        ("---\n---\na: 1\n--- # two\nb: 2", ""),
        ("a: 1\n--- b", "c: 1"),
        ("a: 1\n----\nb: 2", ""),
        ("# nothing", "null"),
        ("a: 1", "[1]"),
        ("a: 1", "text"),
        ("a: 1", "a: ["),
        ("1: a\ntrue: b\n1.5: c", "\"1\": d"),
        (
            "a: 1e6\nb: 0x10\nc: 0o7\nd: 017\ne: 1_000\nf: .5\ng: 12345678901234567890",
            "",
        ),
        ("a: yes\nb: off\nc: ~\nd: 2024-01-01\ne: 1:30", ""),
        ("a: &x { b: 1 }\nc: *x\nd: { <<: *x, e: 2 }", "d: { b: null }"),
        ("a: 1\na: 2", ""),
    ] {
        cases.push(Case::default().values_file(first).values_file(second));
    }
    same(&cases);
}
