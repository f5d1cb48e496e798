//! Versions and constraints.

use proptest::prelude::*;

use crate::direct::{Question, cases, compare, question, samples};
use crate::template;

const CASES: template::Cases = &[
    (
        "semver",
        &[
            "semver \"1.2.3\"",
            "semver \"v1.2-alpha.1+meta\"",
            "semver \"x\"",
            "semver \"\"",
            "semver \"01.2.3-01\"",
            "semver 1",
            "semver .Values.f",
            "(semver \"v1.2.3-a+b\").Major",
            "(semver \"v1.2.3-a+b\").Minor",
            "(semver \"v1.2.3-a+b\").Patch",
            "(semver \"v1.2.3-a+b\").Prerelease",
            "(semver \"v1.2.3-a+b\").Metadata",
            "(semver \"v1.2.3-a+b\").Original",
            "(semver \"v1.2.3-a+b\").String",
            "(semver \"v1.2.3-a+b\").IncMajor",
            "(semver \"v1.2.3-a+b\").IncMinor",
            "(semver \"v1.2.3-a+b\").IncPatch",
            "(semver \"v1.2.3\").IncPatch",
            "(semver \"v1.2.3\").IncPatch.IncMinor.Minor",
            "(semver \"18446744073709551615.1.1\").IncMajor",
            "(semver \"1.18446744073709551615.1\").IncMinor",
            "(semver \"1.1.18446744073709551615\").IncPatch",
            "(semver \"v1.2.3\").SetPrerelease \"rc.1\"",
            "(semver \"v1.2.3\").SetPrerelease \"rc..1\"",
            "(semver \"v1.2.3-a\").SetPrerelease \"\"",
            "(semver \"v1.2.3\").SetPrerelease \"01\"",
            "(semver \"v1.2.3\").SetMetadata \"b.1\"",
            "(semver \"v1.2.3\").SetMetadata \"é\"",
            "(semver \"1.2.3\").Compare (semver \"1.2.4\")",
            "(semver \"1.2.3\").Compare (semver \"1.2.3+b\")",
            "(semver \"1.2.3\").Equal (semver \"v1.2.3+b\")",
            "(semver \"1.2.3\").Equal nil",
            "(semver \"1.2.3\").LessThan (semver \"1.10.0\")",
            "(semver \"1.2.3\").LessThanEqual (semver \"1.2.3\")",
            "(semver \"1.2.3\").GreaterThan (semver \"1.2.3-rc\")",
            "(semver \"1.2.3\").GreaterThanEqual (semver \"2\")",
            "(semver \"1.2.3\").GreaterThan \"1.2.2\"",
            "(semver \"1.2.3\").Compare nil",
            "(semver \"1.2.3\").Nothing",
            "(semver \"1.2.3\").Major 1",
            "printf \"%d %s %v\" (semver \"1.2.3\").Major (semver \"1.2\") (semver \"1\")",
            "semver \"1.2.3\" | toString",
            "(semver \"1.2.3\").MarshalText | toString",
            "(semver \"1.2.3\").MarshalJSON | toString",
        ],
    ),
    (
        "semverCompare",
        &[
            "semverCompare \">=1.25-0\" \"v1.31.2-eks-1\"",
            "semverCompare \"^1\" \"2\"",
            "semverCompare \"\" \"2\"",
            "semverCompare \"x y\" \"2\"",
            "semverCompare \"1\" \"y\"",
            "semverCompare 1 1",
            "semverCompare \"1\"",
        ],
    ),
];

#[test]
fn versions_and_their_methods_agree() {
    template::check(CASES);
}

fn check(constraint: &str, version: &str) -> Question {
    question("semverCompare", vec![constraint.into(), version.into()])
}

const VERSIONS: &[&str] = &[
    "1.2.3",
    "v1.2.3",
    "1.2",
    "1",
    "v1",
    "1.2.4",
    "1.3.0",
    "2.0.0",
    "0.0.0",
    "0.0.1",
    "0.1.0",
    "0.1.1",
    "0.2.0",
    "1.2.3-alpha",
    "1.2.3-alpha.1",
    "1.2.3-beta",
    "1.2.3-0",
    "1.2.3-9007199254740993",
    "1.2.3+build",
    "1.2.3-rc.1+b.2",
    "v1.31.0-eks-1234",
    "1.30.14-gke.100",
    "01.2.3",
    "1.02",
    "",
    " 1.2.3",
    "1.2.3 ",
    "1.2.3.4",
    "x",
    "1.x",
    "1.2.3-",
    "1.2.3-01",
    "1.2.3+",
    "1.2.3-a..b",
    "99999999999999999999.1.1",
    "1.99999999999999999999.1",
    "-1",
    "v",
    "V1.2.3",
    "vv1",
    "1.2.3-é",
    "=1.2.3",
    "18446744073709551615.0.0",
    "1.2.3-99999999999999999999",
    "1.2.3-1a",
    "4.5.6-beta.10",
    "4.5.6-beta.9",
    "0.0.0-0",
];

const CONSTRAINTS: &[&str] = &[
    "1.2.3",
    "=1.2.3",
    "!=1.2.3",
    ">1.2.3",
    "<1.2.3",
    ">=1.2.3",
    "=>1.2.3",
    "<=1.2.3",
    "=<1.2.3",
    "~1.2.3",
    "~>1.2.3",
    "^1.2.3",
    "1.2",
    "1",
    "1.x",
    "1.2.x",
    "1.X.3",
    "*",
    "x",
    "X",
    "1.*",
    "~1",
    "~1.2",
    "~*",
    "~0",
    "~0.0.0",
    "^0",
    "^0.0",
    "^0.0.1",
    "^0.1",
    "^0.1.1",
    "^1.x",
    "^*",
    "!=1",
    "!=1.2",
    "!=*",
    "!=1.x",
    ">1",
    ">1.2",
    ">*",
    "<1",
    "<1.2",
    "<*",
    ">=1",
    ">=1.2",
    ">=*",
    "<=1",
    "<=1.2",
    "<=*",
    "<=1.x",
    ">=1.2.3-0",
    ">=1.2.3-alpha",
    "^1.2.3-alpha",
    "~1.2.3-beta",
    "!=1.2.3-alpha",
    "!=1.2-alpha",
    "1.2.3-alpha",
    "1.2-alpha",
    "1-0",
    "*-0",
    ">=1.0.0-0 <2",
    ">=1, <2",
    ">=1,<2",
    ">=1 <2",
    ">=1<2",
    ">=1,,<2",
    ">=1, ,<2",
    "1.2 - 1.4",
    "1.2-1.4",
    "1.2 - 1.4.5",
    "1 - 2 || 3",
    "1.2.3 - 2, !=1.5",
    ">1.2 - 2",
    "1.2 - 2.0 - 3",
    "1.2  -  1.4",
    "1 - ",
    " - 1",
    "1 -2",
    "1- 2",
    "<1 || >2",
    "<1||>2",
    "||",
    "1||",
    "||1",
    "1|2",
    "1 | 2",
    "",
    " ",
    ">",
    ">=",
    "> = 1",
    ">==1",
    "==1",
    "~ 1.2",
    ">= 1.2",
    " >=1.2 ",
    "\t>=1.2\n",
    "v1.2",
    ">=v1.2",
    ">= v1.2.x",
    "01.2",
    "1.02.x",
    "1.2.3.4",
    "1.2.3 4",
    "1.2.3,4",
    "1.2.3+meta",
    "=1.2.3+meta",
    "99999999999999999999",
    ">=99999999999999999999.1.1",
    "latest",
    "1.2.3 a",
    "é",
    "1.2.3\u{a0}",
    "a1.2 - 3.4",
    "1 - 2 1 - 2",
    "1 - 2, 1 - 2",
    "1.2.3-01",
    ">=1.2.3-a..b",
    "1.2.3-",
    ">= 1.26.0-0 < 1.33.0-0",
    "1.x.x",
    "x.1.2",
];

#[test]
fn constraints_hold_for_the_versions_that_they_hold_for_in_helm() {
    let pairs: Vec<_> = CONSTRAINTS
        .iter()
        .flat_map(|constraint| VERSIONS.iter().map(|version| check(constraint, version)))
        .collect();
    compare(&pairs);
}

#[test]
fn what_is_too_long_is_refused() {
    let many = vec!["1"; 33].join("||");
    compare(&[
        check(&"1".repeat(513), "1"),
        check(&"1 ".repeat(256), "1"),
        check(&many, "1"),
        check("1", &"1".repeat(257)),
        check("1", &format!("1.2.3-{}", "a".repeat(250))),
    ]);
}

#[test]
fn random_constraints_and_versions_agree() {
    let number =
        prop_oneof![6 => (0u32..4).prop_map(|it| it.to_string()), 1 => Just("x".into()), 1 => Just("*".into())];
    let pre = prop_oneof![4 => Just(String::new()), 1 => "-(0|1|2|10|alpha|beta|rc\\.[0-3]|a-b)", 1 => "\\+[a-c]"];
    let version = (
        proptest::collection::vec(number, 1..4),
        pre,
        prop_oneof![4 => Just(""), 1 => Just("v")],
    )
        .prop_map(|(numbers, pre, v): (Vec<String>, String, &str)| format!("{v}{}{pre}", numbers.join(".")));
    let operator = proptest::sample::select(vec![
        "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", "> ", "~ ",
    ]);
    let condition = (operator, version.clone()).prop_map(|(operator, version)| format!("{operator}{version}"));
    let joint = proptest::sample::select(vec![" ", ", ", ",", " || ", "||", " - ", "  ", ""]);
    let constraint =
        (condition.clone(), proptest::collection::vec((joint, condition), 0..3)).prop_map(|(first, more)| {
            more.into_iter()
                .fold(first, |all, (joint, condition)| all + joint + &condition)
        });
    let drawn = samples(cases() * 4, &(constraint, version));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(constraint, version)| check(constraint, version))
        .collect();
    compare(&questions);
}

#[test]
fn random_noise_is_refused_with_the_same_words() {
    let noise = "[ <>=!~^v0-3xX*|.,+a-]{0,12}";
    let drawn = samples(cases() * 2, &(noise, "[v0-3.+a-]{0,10}"));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(constraint, version)| check(constraint, version))
        .collect();
    compare(&questions);
}
