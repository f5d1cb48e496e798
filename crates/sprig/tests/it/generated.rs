//! Every function with arguments drawn at random, of the types that it takes and sometimes of others.

use std::sync::LazyLock;

use hoist_govalue::{Func, Type};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::direct::{cases, samples};
use crate::template::{compare, render, template, values};

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

static FUNCTIONS: LazyLock<Vec<&'static Func>> = LazyLock::new(|| {
    let find = |name| hoist_sprig::functions().find(|it| it.name == name);
    let functions = names()
        .into_iter()
        .map(|name| find(name).expect("a table is of functions"));
    functions.collect()
});

/// Functions that answer with a type.
fn that_answer(ty: Type) -> &'static [&'static str] {
    match ty {
        Type::Str => &[
            "toString",
            "trim",
            "trunc",
            "replace",
            "upper",
            "title",
            "snakecase",
            "camelcase",
            "join",
            "quote",
            "squote",
            "cat",
            "nindent",
            "b64enc",
            "b64dec",
            "b32dec",
            "toRawJson",
            "toPrettyJson",
            "typeOf",
            "urlJoin",
            "seq",
            "dir",
            "get",
            "first",
            "default",
            "ternary",
            "coalesce",
            "abbrev",
            "wrap",
            "initials",
            "substr",
            "trimSuffix",
        ],
        Type::Map => &[
            "dict",
            "merge",
            "mergeOverwrite",
            "omit",
            "pick",
            "set",
            "unset",
            "deepCopy",
            "urlParse",
            "get",
            "default",
            "dig",
            "mustFromJson",
        ],
        Type::Bool => &[
            "has",
            "hasKey",
            "empty",
            "contains",
            "kindIs",
            "typeIs",
            "deepEqual",
            "all",
            "any",
            "isAbs",
        ],
        Type::Num(kind) if kind.is_int() => &["int", "atoi"],
        Type::Num(_) => &["float64", "ceil", "addf", "divf"],
        _ => &[],
    }
}

/// An argument of a type, that may be a call.
fn argument(function: &'static str, ty: Type, depth: u32) -> BoxedStrategy<String> {
    let plain = plain(function, ty);
    if depth == 0 || ty.kind().is_int() && HUNGRY.contains(&function) {
        return plain;
    }
    let wanted = that_answer(ty);
    let of_any = (0..FUNCTIONS.len()).prop_flat_map(move |at| call(FUNCTIONS[at], depth - 1));
    let nested = if wanted.is_empty() {
        of_any.boxed()
    } else {
        let find = |name| {
            FUNCTIONS
                .iter()
                .find(|it| it.name == name)
                .expect("a function has a table")
        };
        select(wanted)
            .prop_flat_map(move |name| call(find(name), depth - 1))
            .boxed()
    };
    prop_oneof![3 => plain, 2 => nested.prop_map(|call| format!("({call})"))].boxed()
}

/// An argument of a type.
fn plain(function: &str, ty: Type) -> BoxedStrategy<String> {
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
fn call(function: &'static Func, depth: u32) -> BoxedStrategy<String> {
    let name = function.name;
    let fixed = function.params.len() - usize::from(function.variadic);
    let first: Vec<_> = function
        .params
        .iter()
        .take(fixed)
        .map(|ty| argument(name, *ty, depth))
        .collect();
    let more = match function.params.last().filter(|_| function.variadic) {
        Some(ty) => prop::collection::vec(argument(name, *ty, depth), 0..4).boxed(),
        None => Just(Vec::new()).boxed(),
    };
    // Now and then an argument is of a wrong type.
    let wrong = prop_oneof![15 => Just(None), 1 => (any::<prop::sample::Index>(), argument(name, Type::Any, depth)).prop_map(Some)];
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

/// The values that expressions reckon with.
pub(crate) fn text_values() -> serde_json::Value {
    let mut with_texts = values();
    let texts = samples(3, &"[ -~éßǅ\\n\\t中]{0,24}");
    for (at, text) in texts.into_iter().enumerate() {
        with_texts[format!("r{at}")] = json!(text);
    }
    with_texts
}

/// A call of any function, with calls in it up to a depth.
pub(crate) fn expression(depth: u32) -> impl Strategy<Value = String> {
    (0..FUNCTIONS.len()).prop_flat_map(move |at| call(FUNCTIONS[at], depth))
}

fn check(count: usize, depth: u32) {
    let with_texts = text_values();
    let mut calls = samples(count, &expression(depth));
    // Where a map comes to hold itself, Go's program ends.
    calls.retain(|call| !render(&template(call), &with_texts).is_err_and(|error| error.contains("itself")));
    for batch in calls.chunks(2000) {
        compare(batch, &with_texts);
    }
}

#[test]
fn any_arguments() {
    check(cases() * 2, 0);
}

#[test]
fn calls_in_calls() {
    check(cases() * 2, 3);
}
