//! Numbers.

use crate::template::{Cases, check};

pub(crate) const CASES: Cases = &[
    ("int", &["int 5", "int 1.9", "int -1.9", "int `12`", "int `0x1F`", "int `08`", "int `010`", "int `0b11`", "int `1_000`",
        "int `1.0`", "int `1.5`", "int `1.`", "int `1.0.`", "int ``", "int ` 1`", "int nil", "int true", "int false",
        "int $v.l", "int $v.m", "int $v.big", "int 1e19", "int -1e19", "int `9223372036854775808`", "int `abc`", "int $v.n",
        "int (duration 5)", "int `+5`", "int `-0x10`", "int `.0`", "int `00.00`", "int now.Month", "int now.Weekday"]),
    ("int64", &["int64 5", "int64 `5`", "int64 5.7", "int64 nil", "int64 true", "int64 `1e3`", "int64 (float64 `nan`)",
        "int64 (float64 `-inf`)", "int64 (semver `1`)", "int64 `10.000`", "int64 `0o17`"]),
    ("float64", &["float64 5", "float64 `1.5`", "float64 `1e3`", "float64 `abc`", "float64 nil", "float64 true", "float64 `inf`",
        "float64 `0x1p-2`", "float64 `1_0`", "float64 ` 1`", "float64 $v.l", "float64 `1e400`", "float64 `.5`",
        "float64 `-Infinity`", "float64 (int64 9007199254740993)", "float64 `0x`", "float64 `1e-400`"]),
    ("atoi", &["atoi `5`", "atoi `-5`", "atoi `0x5`", "atoi ``", "atoi `99999999999999999999`",
        "atoi `-99999999999999999999`", "atoi `1.5`", "atoi `+7`", "atoi `012`", "atoi 5", "atoi `1_0`"]),
    ("toDecimal", &["toDecimal `0777`", "toDecimal 777", "toDecimal `8`", "toDecimal nil", "toDecimal 755.0",
        "toDecimal `-10`", "toDecimal $v.octal", "toDecimal `7777777777777777777777777`", "toDecimal true",
        "toDecimal `1_7`"]),
    ("add", &["add", "add 1 2 3", "add 1.9 `2`", "add nil true", "add 9223372036854775807 1", "add `x` 1", "add $v.n $v.f"]),
    ("add1", &["add1 1", "add1 `5`", "add1 nil", "add1 1.9", "add1 9223372036854775807", "add1 $v.n"]),
    ("sub", &["sub 5 3", "sub 3 5", "sub `5` 1.5", "sub nil 1", "sub -9223372036854775807 2", "sub 1"]),
    ("mul", &["mul 2 3 4", "mul 5", "mul `2` 2.9", "mul 9223372036854775807 2", "mul nil 5", "mul -3 $v.n"]),
    ("div", &["div 7 2", "div -7 2", "div 7 0", "div 7 nil", "div `9` 2.9", "div 0 5", "div 7 0.5",
        "div (int64 -9223372036854775808) -1"]),
    ("mod", &["mod 7 2", "mod -7 2", "mod 7 -2", "mod 7 0", "mod `9` 4", "mod (int64 -9223372036854775808) -1"]),
    ("max", &["max 1 2 3", "max 1", "max `5` 2", "max 1.9 1", "max nil -1", "max -5 -3 $v.neg"]),
    ("biggest", &["biggest 1 2 3", "biggest 1", "biggest `5` 2", "biggest 1.9 1", "biggest nil -1"]),
    ("min", &["min 1 2 3", "min 1", "min `5` 2", "min 1.9 1", "min nil -1", "min 0 $v.neg"]),
    ("addf", &["addf", "addf 0.1 0.2", "addf 1.5 2 `2.5`", "addf 1e300 1e-300", "addf nil true", "addf `inf` 1",
        "addf -0.1 0.1", "addf 1e308 1e308", "addf $v.f $v.n", "addf 5e-324 5e-324"]),
    ("add1f", &["add1f 0.1", "add1f 1", "add1f `1.5`", "add1f nil", "add1f `nan`", "add1f -1"]),
    ("subf", &["subf 0.3 0.1", "subf 1.5 2 `2.5`", "subf 5", "subf 0 0", "subf nil 0.1", "subf 1e16 0.1"]),
    ("mulf", &["mulf 0.1 3", "mulf 1.1 1.1", "mulf 5", "mulf 0 -5", "mulf `1.5` 2", "mulf 1e200 1e200", "mulf 1e-200 1e-200",
        "mulf -0.1 0.2", "mulf 123456789.123 987654321.987"]),
    ("divf", &["divf 1 3", "divf 2 3", "divf -2 3", "divf 10 4", "divf 1 0", "divf 0 5", "divf 1e-10 3", "divf 1 1e17",
        "divf 1 6 7", "divf 1e20 3", "divf `7` 2", "divf 5", "divf 1 2e16", "divf -1 2e16", "divf 1e-20 1e-30",
        "divf 22 7"]),
    ("maxf", &["maxf 1.5 2.5", "maxf 1", "maxf `1.5` 1", "maxf nil -1.5", "maxf `nan` 1", "maxf `inf` `nan`", "maxf -0.0 0",
        "maxf 1 2 3.5"]),
    ("minf", &["minf 1.5 2.5", "minf 1", "minf `1.5` 1", "minf nil 1.5", "minf `nan` 1", "minf `-inf` `nan`", "minf 1 2 -3.5",
        "minf 0 (mulf -1 0)"]),
    ("floor", &["floor 1.9", "floor -1.1", "floor `5.5`", "floor nil", "floor 5", "floor `abc`", "floor 1e300", "floor -0.5"]),
    ("ceil", &["ceil 1.1", "ceil -1.9", "ceil `5.5`", "ceil nil", "ceil 5", "ceil true", "ceil -0.5"]),
    ("round", &["round 123.555555 3", "round 123.555555 3 0.6", "round 1.5 0", "round -1.5 0", "round 2.5 0", "round 1234 -2",
        "round 1250 -2", "round 1.005 2", "round `1.25` 1", "round nil 2", "round 1.5 400", "round 1.5 -400", "round 5 22",
        "round 0.1 23", "round 1e300 10", "round `inf` 1", "round -0.4 0", "round 123.456 1 0.1", "round 3.14159 4",
        "round 1.5 $v.n", "round 9.995 2", "round 1e-310 310", "round 7.7 308", "round 7.7 -310", "round 2.675 2"]),
];

#[test]
fn as_the_real_ones() {
    check(CASES);
}
