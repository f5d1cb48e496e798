//! Functions with texts and numbers drawn for them: URLs, paths, encodings, words, floats; and programs that change maps
//! which share parts.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::direct::{cases, samples};
use crate::template::{compare, compare_with, render, values};

/// Draws values, and compares an expression over `$v.a`, `$v.b`, `$v.c` with each.
fn check(expressions: &[&'static str], text: &'static str) {
    let strategy = (select(expressions.to_vec()), [text, text, text], 0..12_i64);
    for (expression, [a, b, c], n) in samples(cases() / 4, &strategy) {
        let (template, values) = (
            expression.replace('#', &n.to_string()),
            json!({ "a": a, "b": b, "c": c }),
        );
        compare(&[template], &values);
    }
}

#[test]
fn urls() {
    check(
        &["urlParse $v.a", "urlJoin (urlParse $v.a)"],
        r"(http|db|https|a\+b|1|)(:|://|//|)([a-z:%@^]{0,5}@)?([a-z0-9.:]{0,8}|\[[0-9a-f:.%]{0,12}\]?|[é<%]{0,2})(:[0-9x]{0,3})?([/a-z.%2;:é ?]{0,10})(\?[a-z%=?]{0,5})?(#[a-z%2!']{0,6})?",
    );
    check(
        &[
            "urlJoin (dict `scheme` $v.a `host` $v.b `path` $v.c)",
            "urlJoin (dict `path` $v.a `query` $v.b `fragment` $v.c)",
            "urlJoin (dict `userinfo` $v.a `host` $v.b)",
            "urlJoin (dict `opaque` $v.a `path` $v.b)",
        ],
        "[a-c:/%@?# é*.;\\[\\]\"<]{0,8}",
    );
}

#[test]
fn addresses() {
    check(
        &["urlParse (printf `http://[%s]/` $v.a)"],
        "(::)?([0-9a-f]{1,5}:){0,8}(:|[0-9a-f]{1,4}|([0-9]{1,3}\\.){1,4}[0-9]{0,3})?(%25[a-z%2.]{0,3})?",
    );
}

#[test]
fn paths() {
    check(
        &[
            "clean $v.a",
            "dir $v.a",
            "base $v.a",
            "ext $v.a",
            "osClean $v.a",
            "isAbs $v.a",
        ],
        "[/.]{0,3}([a-b./]{0,3}/){0,4}[a.]{0,3}",
    );
}

#[test]
fn encodings() {
    check(
        &["b64dec $v.a", "b64enc $v.a", "b64dec (b64enc $v.a)"],
        "[A-Za-z0-9+/]{0,9}[=\\n\\r-]{0,3}[A-Za=]{0,2}",
    );
    check(
        &["b32dec $v.a", "b32enc $v.a", "b32dec (b32enc $v.a)"],
        "[A-Z2-7]{0,17}[=1\\n]{0,7}[A=]{0,8}",
    );
}

#[test]
fn words() {
    let all = [
        "snakecase $v.a",
        "kebabcase $v.a",
        "camelcase $v.a",
        "title $v.a",
        "untitle $v.a",
        "swapcase $v.a",
        "initials $v.a",
        "nospace $v.a",
        "wrap # $v.a",
        "wrapWith # $v.b $v.a",
        "abbrev # $v.a",
        "abbrevboth # 8 $v.a",
        "abbrevboth 5 # $v.a",
        "trim $v.a",
        "trimAll $v.b $v.a",
        "quote $v.a $v.b",
        "cat $v.a $v.b",
        "indent # $v.a",
        "trunc # $v.a",
        "trunc -# $v.a",
        "substr # 8 $v.a",
        "substr 3 # $v.a",
    ];
    check(&all, "([a-zA-Z]{0,4}[-_ .0-9éÉ中\u{FFFD}\u{2028}\\n]{0,3}){0,5}");
    check(&all, "\\PC{0,20}");
}

#[test]
fn parts() {
    check(
        &[
            "split $v.b $v.a",
            "splitn $v.b # $v.a",
            "splitList $v.b $v.a",
            "replace $v.b $v.c $v.a",
            "join $v.b (list $v.a $v.c)",
            "contains $v.b $v.a",
            "trimSuffix $v.b $v.a",
            "trimPrefix $v.b $v.a",
            "sortAlpha (splitList $v.b $v.a)",
            "hasPrefix $v.b $v.a",
            "hasSuffix $v.b $v.a",
            "uniq (splitList $v.b $v.a)",
        ],
        "[abé]{0,6}",
    );
}

#[test]
fn numbers_in_texts() {
    check(
        &[
            "int $v.a",
            "int64 $v.a",
            "float64 $v.a",
            "atoi $v.a",
            "toDecimal $v.a",
            "add $v.a $v.b",
            "addf $v.a $v.b",
            "floor $v.a",
            "max $v.a $v.b",
            "maxf $v.a $v.b",
            "mod $v.a $v.b",
            "round $v.a 2",
        ],
        "[+-]?(0[xXobB])?[0-9a-f_]{0,6}\\.?[0-9]{0,4}0{0,3}([eEpP][+-]?[0-9]{0,3})?",
    );
}

#[test]
fn floats() {
    let expressions = [
        "addf $v.a $v.b",
        "subf $v.a $v.b",
        "mulf $v.a $v.b",
        "divf $v.a $v.b",
        "add1f $v.a",
        "addf $v.a $v.b $v.a",
        "divf $v.a $v.b $v.b",
        "round $v.a #",
        "round $v.a -#",
        "floor $v.a",
        "ceil $v.a",
        "int64 $v.a",
        "maxf $v.a $v.b",
        "minf $v.a $v.b",
        "toString $v.a",
        "quote $v.a",
        "mul $v.a $v.b",
        "div $v.a $v.b",
        "round $v.a # 0.3",
        "list $v.a $v.b",
    ];
    let number = prop_oneof![
        3 => any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()),
        3 => -1000.0..1000.0_f64,
        2 => (-1_000_000..1_000_000_i64).prop_map(|number| number as f64 / 100.0),
        1 => (-50..50_i64).prop_map(|number| number as f64),
    ];
    let strategy = (select(expressions.to_vec()), number.clone(), number, 0..25_i64);
    for (expression, a, b, n) in samples(cases() / 2, &strategy) {
        compare(&[expression.replace('#', &n.to_string())], &json!({ "a": a, "b": b }));
    }
}

/// A statement over the maps `$a`, `$b`, `$c`. Parts of a map go to those before it in the alphabet, so that none comes
/// to hold itself.
fn statement() -> impl Strategy<Value = String> {
    let map = || select(vec!["$a", "$b", "$c"]);
    let two = || select(vec![("$a", "$b"), ("$a", "$c"), ("$b", "$c")]);
    let key = || select(vec!["x", "y", "z", "n", "l"]);
    let merge = || select(vec!["merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"]);
    let value = select(vec![
        "1",
        "``",
        "`s`",
        "nil",
        "(list 1)",
        "(list)",
        "(dict)",
        "(dict `x` (dict `y` 1))",
        "(dict `x` 0 `z` nil)",
        "false",
        "2.5",
        "(dict `l` (list (dict `x` 1)))",
        "(split `,` `p,q`)",
        "(deepCopy $a)",
        "(deepCopy $b)",
    ]);
    prop_oneof![
        3 => (map(), key(), value.clone()).prop_map(|(m, k, v)| format!("$_ := set {m} `{k}` {v}")),
        3 => (merge(), two()).prop_map(|(f, (m, n))| format!("$_ := {f} {m} {n}")),
        1 => merge().prop_map(|f| format!("$_ := {f} $a $b $c")),
        2 => (merge(), two(), key()).prop_map(|(f, (m, n), k)| format!("$_ := {f} {m} (dict `{k}` {n})")),
        1 => (map(), map(), map()).prop_map(|(m, n, o)| format!("{m} = mergeOverwrite (deepCopy {n}) (deepCopy {o})")),
        1 => (map(), key()).prop_map(|(m, k)| format!("$_ := unset {m} `{k}`")),
        1 => (two(), key()).prop_map(|((m, n), k)| format!("{m} = omit {n} `{k}`")),
        1 => (two(), key()).prop_map(|((m, n), k)| format!("{m} = pick {n} `{k}` `x` `y`")),
        2 => (map(), key(), key(), value).prop_map(|(m, k, l, v)| {
            format!("if kindIs `map` (get {m} `{k}`) }}}}{{{{ $_ := set (get {m} `{k}`) `{l}` {v} }}}}{{{{ end")
        }),
        1 => (two(), key()).prop_map(|((m, n), k)| format!("$_ := set {m} `{k}` (get {n} `{k}`)")),
    ]
}

#[test]
fn maps_that_share_parts() {
    let programs = samples(cases(), &prop::collection::vec(statement(), 2..10));
    let templates: Vec<String> = programs
        .into_iter()
        .map(|statements| {
            let body: String = statements.iter().map(|it| format!("{{{{ {it} }}}}")).collect();
            let show = ["$a", "$b", "$c"].map(|map| format!("{{{{ {map} }}}};")).concat();
            format!(
                "{{{{ $a := dict `x` (dict `y` 1 `z` ``) `n` nil }}}}{{{{ $b := dict `x` (dict `z` (dict `x` 2)) `l` (list 3) }}}}\
                 {{{{ $c := dict }}}}{body}{show}"
            )
        })
        // Where a map holds itself after all, Go's program ends.
        .filter(|template| !render(template, &values()).is_err_and(|error| error.contains("itself")))
        .collect();
    compare_with(&templates, &values(), render, 100);
}
