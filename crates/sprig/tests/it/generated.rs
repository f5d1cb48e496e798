//! Every function with arguments drawn at random, of the types that it takes and sometimes of others.

use hoist_govalue::{Func, Type};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::direct::{cases, samples};
use crate::template::{compare, values};

/// All that have tables of cases, but those whose answer is chance.
fn names() -> Vec<&'static str> {
    crate::tables()
        .flat_map(|(_, table)| table.iter().map(|(name, _)| *name))
        .filter(|name| !["fail", "shuffle"].contains(name))
        .collect()
}

/// Functions whose answer is as large as their argument says.
const HUNGRY: &[&str] = &["repeat", "indent", "nindent", "until", "untilStep", "seq"];

const STRINGS: &[&str] = &[
    "``",
    "`a`",
    "`b`",
    "` `",
    "`,`",
    "`a,b,c`",
    "`HelloWorld`",
    "`foo_bar-baz`",
    "`  x y  `",
    "`0`",
    "`-1`",
    "`08`",
    "`0x1F`",
    "`1.50`",
    "`1e3`",
    "`true`",
    "`nil`",
    "`/a/../b//c.tar.gz`",
    "`http://u:p@h:80/p%20q?x=1#f`",
    "`aGVsbG8=`",
    "`NBSWY3DP`",
    "`v1.2.3`",
    "$v.s",
    "$v.u",
    "$v.lines",
    "$v.t",
    "$v.r0",
    "$v.r1",
    "$v.r2",
    "(b64dec `YP9i`)",
    "(b64dec `/+8=`)",
    "`<&>\"'`",
    "`éa`",
    "`int`",
    "`map`",
    "`\u{feff}`",
    "(toString 5)",
    "`[1,{\"a\":null}]`",
    "`.`",
    "`..`",
    "`%41`",
    "`_0`",
    "`s`",
];

const INTS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "20",
    "-1",
    "-2",
    "-5",
    "(int 4)",
    "(len $v.l)",
];

const LARGE: &[&str] = &[
    "9223372036854775807",
    "-9223372036854775808",
    "1000000000000",
    "-4611686018427387904",
];

const MAPS: &[&str] = &[
    "$v.m",
    "$v.over",
    "$v.void",
    "(omit $v `over` `void` `m`)",
    "(dict)",
    "(dict `a` 1)",
    "(dict `a` (dict `b` 2) `c` nil)",
    "(dict `a` ``)",
    "(dict `b` (dict `c` (list 1)))",
    "(dict `l` (list))",
    "(dict `host` `h` `path` `p q` `scheme` `s`)",
    "nil",
    "(dict `a` (split `,` `x,y`))",
    "(dict `k` 1.5 `a` false)",
    "(deepCopy $v.m)",
    "(dict `b` 5 `z` `z`)",
];

const OTHERS: &[&str] = &[
    "nil",
    "true",
    "false",
    "1.5",
    "-0.5",
    "1e21",
    "1e-7",
    "(float64 `nan`)",
    "(float64 `-inf`)",
    "(int64 3)",
    "$v.n",
    "$v.neg",
    "$v.f",
    "$v.big",
    "$v.million",
    "$v.l",
    "$v.nums",
    "$v.mixed",
    "$v.none",
    "$v.nil",
    "$v.missing",
    "(list)",
    "(list 1 `a` nil)",
    "(list (list 1) (dict `a` 1))",
    "(until 3)",
    "(until 0)",
    "(splitList `,` `b,a`)",
    "(rest (list))",
    "(split `,` `a,b`)",
    "(list 3 1 2)",
    "(semver `1.2.3`)",
    "(chunk 2 $v.nums)",
    "(list nil)",
    "'x'",
    "(seq 3)",
    "(list true ``)",
    "(ceil 1.2)",
    "(concat)",
    "(toDate `2006-01-02` `2020-02-03`)",
    "(b64dec `/w==` | list)",
];

fn of(pools: &[&'static [&'static str]]) -> BoxedStrategy<String> {
    select(pools.concat()).prop_map(str::to_owned).boxed()
}

/// An argument of a type.
fn argument(function: &str, ty: Type) -> BoxedStrategy<String> {
    match ty {
        Type::Str => of(&[STRINGS]),
        Type::Num(kind) if kind.is_int() && HUNGRY.contains(&function) => of(&[INTS]),
        Type::Num(kind) if kind.is_int() => prop_oneof![9 => of(&[INTS]), 1 => of(&[LARGE])].boxed(),
        Type::Num(_) => of(&[&["0.5", "0.1", "1.0", "-0.5"]]),
        Type::Bool => of(&[&["true", "false", "$v.b"]]),
        Type::Map => of(&[MAPS]),
        _ => prop_oneof![
            2 => of(&[STRINGS]),
            2 => of(&[INTS, LARGE]),
            2 => of(&[MAPS]),
            6 => of(&[OTHERS]),
        ]
        .boxed(),
    }
}

/// A call of a function.
fn call(function: &'static Func) -> BoxedStrategy<String> {
    let name = function.name;
    let fixed = function.params.len() - usize::from(function.variadic);
    let first: Vec<_> = function
        .params
        .iter()
        .take(fixed)
        .map(|ty| argument(name, *ty))
        .collect();
    let more = match function.params.last().filter(|_| function.variadic) {
        Some(ty) => prop::collection::vec(argument(name, *ty), 0..4).boxed(),
        None => Just(Vec::new()).boxed(),
    };
    // Now and then an argument is of a wrong type.
    let wrong =
        prop_oneof![15 => Just(None), 1 => (any::<prop::sample::Index>(), argument(name, Type::Any)).prop_map(Some)];
    (first, more, wrong)
        .prop_map(move |(mut args, more, wrong)| {
            args.extend(more);
            if let Some((at, other)) = wrong.filter(|_| !args.is_empty() && !HUNGRY.contains(&name)) {
                let at = at.index(args.len());
                args[at] = other;
            }
            let call = format!("{name} {}", args.join(" "));
            // Go's maps have no order.
            match name {
                "keys" | "values" => format!("sortAlpha ({call})"),
                _ => call,
            }
        })
        .boxed()
}

#[test]
fn any_arguments() {
    let functions: Vec<&'static Func> = names()
        .into_iter()
        .map(|name| {
            hoist_sprig::functions()
                .find(|it| it.name == name)
                .expect("a table is of functions")
        })
        .collect();
    let mut with_texts = values();
    let texts = samples(3, &"[ -~éßǅ\\n\\t中]{0,24}");
    for (at, text) in texts.into_iter().enumerate() {
        with_texts[format!("r{at}")] = json!(text);
    }
    let calls = samples(
        cases() * 4,
        &(0..functions.len()).prop_flat_map(move |at| call(functions[at])),
    );
    for batch in calls.chunks(2000) {
        compare(batch, &with_texts);
    }
}
