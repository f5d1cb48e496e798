//! Defaults, types, JSON.

use crate::template::{Cases, check};

pub(crate) const CASES: Cases = &[
    ("default", &["default `x` ``", "default `x` `y`", "default `x` nil", "default `x` 0", "default `x` false",
        "default `x` (list)", "default `x` (dict)", "default `x`", "default nil nil", "default `x` 0.0",
        "default `x` (duration 0)", "default `x` $v.missing", "default 1 (list nil)", "default `x` (semver `0`)",
        "default `x` `` `y`", "`` | default 5", "default `x` now.Month"]),
    ("empty", &["empty ``", "empty `a`", "empty nil", "empty 0", "empty 0.0", "empty (list)", "empty (dict)", "empty false",
        "empty (list nil)", "empty now", "empty (semver `0.0.0`)", "empty (rest (list))", "empty (int64 0)"]),
    ("coalesce", &["coalesce nil `` 0 `a` `b`", "coalesce", "coalesce nil", "coalesce (list) (dict) 5", "coalesce false true",
        "coalesce $v.missing $v.s"]),
    ("all", &["all", "all 1 `a`", "all 1 ``", "all nil", "all (list 1) true"]),
    ("any", &["any", "any 0 `a`", "any 0 ``", "any nil", "any (list) false 1"]),
    ("ternary", &["ternary 1 2 true", "ternary 1 2 false", "true | ternary `a` `b`", "ternary nil 2 true", "ternary 1 2 nil",
        "ternary 1 2 `true`", "ternary 1 2 $v.b", "ternary 1 2 1"]),
    ("fail", &["fail `no`", "fail ``", "fail (printf `%d%%` 5)", "fail nil", "fail 1", "fail"]),
    ("typeOf", &["typeOf 1", "typeOf nil", "typeOf $v", "typeOf $v.m", "typeOf $v.l", "typeOf (until 1)", "typeOf now",
        "typeOf (semver `1`)", "typeOf (duration 1)", "typeOf 1.5", "typeOf $v.n", "typeOf (split `,` `a`)",
        "typeOf (chunk 1 $v.l)", "typeOf (add 1 2)", "typeOf (len $v.l)", "typeOf .", "typeOf 'a'", "typeOf 1i"]),
    ("typeIs", &["typeIs `int` 1", "typeIs `string` `a`", "typeIs `<nil>` nil", "typeIs `float64` $v.n",
        "typeIs `map[string]interface {}` $v.m", "typeIs `*semver.Version` (semver `1`)"]),
    ("typeIsLike", &["typeIsLike `int` 1", "typeIsLike `semver.Version` (semver `1`)",
        "typeIsLike `*semver.Version` (semver `1`)", "typeIsLike `string` 1", "typeIsLike `` nil"]),
    ("kindOf", &["kindOf 1", "kindOf nil", "kindOf $v", "kindOf $v.l", "kindOf now", "kindOf (semver `1`)", "kindOf (duration 1)",
        "kindOf $v.n", "kindOf true", "kindOf `a`", "kindOf now.Month"]),
    ("kindIs", &["kindIs `int` 1", "kindIs `map` $v.m", "kindIs `invalid` nil", "kindIs `slice` $v.l", "kindIs `ptr` (semver `1`)",
        "kindIs 1 1"]),
    ("deepEqual", &["deepEqual 1 1", "deepEqual 1 1.0", "deepEqual 1 (int64 1)", "deepEqual (list 1) (list 1)", "deepEqual nil nil",
        "deepEqual (dict `a` (list)) (dict `a` (list))", "deepEqual (list) (rest (list))", "deepEqual $v.m $v.over",
        "deepEqual $v $v", "deepEqual (splitList `,` `a`) (list `a`)", "deepEqual `a` nil",
        "deepEqual (float64 `nan`) (float64 `nan`)", "deepEqual (semver `1.0.0`) (semver `1.0.0`)"]),
    ("mustFromJson", &["mustFromJson `{\"a\":[1,null]}`", "mustFromJson `[`", "mustFromJson ``", "mustFromJson `5`",
        "mustFromJson `\"a\"`", "mustFromJson `{\"a\":1}x`", "mustFromJson `nul`", "mustFromJson `1e400`"]),
    ("toPrettyJson", &["toPrettyJson $v.m", "toPrettyJson nil", "toPrettyJson (list)", "toPrettyJson `<a>&`",
        "toPrettyJson (float64 `nan`)", "toPrettyJson (rest (list))", "toPrettyJson (dict `a` (dict))",
        "toPrettyJson (semver `1.2`)"]),
    ("mustToPrettyJson", &["mustToPrettyJson $v.m", "mustToPrettyJson nil", "mustToPrettyJson (float64 `nan`)",
        "mustToPrettyJson (list 1 2.50 1e21)", "mustToPrettyJson `\u{2028}`"]),
    ("toRawJson", &["toRawJson $v.m", "toRawJson `<a>&\"`", "toRawJson (float64 `inf`)", "toRawJson nil", "toRawJson (until 2)",
        "toRawJson (b64dec `Yf9i`)", "toRawJson $v.big", "toRawJson `a\nb\t\u{1}\u{7f}`"]),
    ("mustToRawJson", &["mustToRawJson $v.m", "mustToRawJson `<a>&`", "mustToRawJson (float64 `nan`)", "mustToRawJson nil",
        "mustToRawJson (list (dict `b` 1 `a` 2))"]),
];

#[test]
fn as_the_real_ones() {
    check(CASES);
}
