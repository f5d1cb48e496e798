//! Times, durations and layouts.

use proptest::prelude::*;
use proptest::sample::select;

use crate::direct::{Arg, cases, compare, question, samples};
use crate::template;

const CASES: template::Cases = &[
    (
        "now",
        &[
            "typeOf now",
            "kindOf now",
            r#"regexMatch "^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(\\.\\d+)? \\+0000 UTC m=\\+\\d+\\.\\d{9}$" (toString now)"#,
            "kindIs \"struct\" now",
            "typeOf (now.Sub now)",
            "(now.AddDate 1 0 0).After now",
            "now 1",
            r#"regexMatch "^\"20\\d\\d-.*Z\"$" (toRawJson now)"#,
        ],
    ),
    (
        "ago",
        &[
            "ago now",
            "ago \"x\"",
            "ago nil",
            "typeOf (ago 0)",
            "ago",
            "ago (toDate \"2006\" \"x\")",
            "ago (now | dateModify \"-90s\")",
        ],
    ),
    (
        "date",
        &[
            "date \"2006-01-02\" 0",
            "date \"Mon Jan _2 15:04:05 MST 2006\" 1700000000",
            "date \"2006-01-02T15:04:05Z07:00\" (int64 -1)",
            "date \"\" 0",
            "date \"2006\" .Values.f | len",
            "date \"2006-01-02 15:04:05.000\" (toDate \"2006-01-02\" \"2024-02-29\")",
            "date 1 2",
            "date \"2006\"",
            "date \"2006-01-02\" (int64 9223372036854775807)",
            "date \"2006-01-02\" (int64 -9223372036854775807)",
        ],
    ),
    (
        "dateInZone",
        &[
            "dateInZone \"2006-01-02 15:04 MST\" 1700000000 \"Europe/Berlin\"",
            "dateInZone \"2006-01-02 15:04 -0700\" 1720000000 \"America/New_York\"",
            "dateInZone \"15:04 MST\" 0 \"Nowhere/Land\"",
            "dateInZone \"15:04 MST\" 0 \"europe/berlin\"",
            "dateInZone \"15:04 MST\" 0 \"\"",
            "dateInZone \"15:04 MST -07:00:00\" -5000000000 \"Europe/London\"",
            "dateInZone \"2006-01-02 15:04 MST\" 1700000000 \"Asia/Kathmandu\"",
            "dateInZone \"2006-01-02 15:04 MST\" 99999999999 \"Europe/Paris\"",
            "dateInZone \"2006-01-02 15:04 MST\" 999999999999 \"Australia/Sydney\"",
            "dateInZone \"2006-01-02 15:04 MST\" 0 \"../x\"",
            "dateInZone \"2006-01-02 15:04 MST Z07:00\" 0 \"America/Sao_Paulo\"",
        ],
    ),
    (
        "date_in_zone",
        &[
            "date_in_zone \"2006-01-02 15:04 MST\" 1700000000 \"UTC\"",
            "date_in_zone \"Jan 2\" 0 \"Local\"",
            "date_in_zone \"Jan 2\" (toDate \"2006\" \"1999\") \"Asia/Tokyo\"",
            "date_in_zone \"Jan 2\" 0",
            "date_in_zone \"Jan 2\" 0 1",
        ],
    ),
    (
        "htmlDate",
        &[
            "htmlDate 0",
            "htmlDate 1700000000",
            "htmlDate (toDate \"2006\" \"1999\")",
            "htmlDate \"x\" | len",
            "htmlDate",
        ],
    ),
    (
        "htmlDateInZone",
        &[
            "htmlDateInZone 0 \"America/New_York\"",
            "htmlDateInZone 1700000000 \"UTC\"",
            "htmlDateInZone (toDate \"2006\" \"1999\") \"Asia/Tokyo\"",
            "htmlDateInZone nil \"UTC\" | len",
            "htmlDateInZone 0",
        ],
    ),
    (
        "dateModify",
        &[
            "toDate \"2006\" \"1999\" | dateModify \"-1.5h\"",
            "toDate \"2006\" \"1999\" | dateModify \"x\"",
            "toDate \"2006\" \"1999\" | dateModify \"1ns\"",
            "dateModify \"1h\" \"x\"",
            "dateModify \"1h\" nil",
        ],
    ),
    (
        "date_modify",
        &[
            "toDate \"2006\" \"1999\" | date_modify \"24h\"",
            "toDate \"2006\" \"1999\" | date_modify \"\"",
            "toDate \"2006\" \"x\" | date_modify \"-1h\"",
            "date_modify \"1h\"",
            "date_modify 1 1",
        ],
    ),
    (
        "mustDateModify",
        &[
            "toDate \"2006\" \"1999\" | mustDateModify \"1h1m1s1ms1us1ns\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"1x\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"1\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"9999999999h\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"é\"",
            "toDate \"2006\" \"1999\" | mustDateModify \"1µs\"",
        ],
    ),
    (
        "must_date_modify",
        &[
            "toDate \"2006\" \"1999\" | must_date_modify \"1h\"",
            "toDate \"2006\" \"1999\" | must_date_modify \".\"",
            "toDate \"2006\" \"1999\" | must_date_modify \"-.5s\"",
            "toDate \"2006\" \"1999\" | must_date_modify \"0\"",
            "toDate \"2006\" \"1999\" | must_date_modify \"-2562047h47m16.854775808s\"",
        ],
    ),
    (
        "duration",
        &[
            "duration \"95\"",
            "duration 95",
            "duration (int64 3661)",
            "duration \"x\"",
            "duration \"-1\"",
            "duration nil",
            "duration \"99999999999999999999\"",
            "duration .Values.f",
            "duration (int64 9223372036854775807)",
        ],
    ),
    (
        "durationRound",
        &[
            "durationRound \"2h10m5s\"",
            "durationRound \"400h\"",
            "durationRound \"9000h\"",
            "durationRound \"900h\"",
            "durationRound \"-61s\"",
            "durationRound \"1s\"",
            "durationRound \"1.1s\"",
            "durationRound (int64 61000000000)",
            "durationRound 61000000000",
            "durationRound nil",
            "durationRound \"x\"",
            "durationRound (toDate \"2006\" \"x\")",
        ],
    ),
    (
        "toDate",
        &[
            "toDate \"2006-01-02\" \"2017-12-31\"",
            "toDate \"2006-01-02\" \"x\"",
            "toDate \"2006-01-02T15:04:05Z07:00\" \"2017-12-31T01:02:03+02:00\"",
            "toDate \"\" \"\"",
            "toDate 1 2",
            "toDate \"2006-01-02 MST\" \"2017-12-31 CET\"",
            "toDate \"2006-01-02 MST\" \"2017-12-31 GMT+3\"",
        ],
    ),
    (
        "mustToDate",
        &[
            "mustToDate \"2006-01-02\" \"2017-12-31\"",
            "mustToDate \"2006-01-02\" \"2017-13-31\"",
            "mustToDate \"2006-01-02\" \"2017-02-29\"",
            "mustToDate \"2006-01-02\" \"2016-02-29\"",
            "mustToDate \"2006-01-02\" \"2016-02-29x\"",
            "mustToDate \"2006-01-02\" \"é\\n\"",
            "mustToDate \"2006 002\" \"2016 366\"",
            "mustToDate \"2006 002\" \"2015 366\"",
            "mustToDate \"2006 002\" \"2016 060\"",
            "mustToDate \"2006 002 Jan\" \"2016 060 Mar\"",
            "mustToDate \"2006 __2 2\" \"2016  60 28\"",
            "mustToDate \"3PM\" \"12AM\"",
            "mustToDate \"3pm\" \"12pm\"",
            "mustToDate \"3PM\" \"13PM\"",
            "mustToDate \"3PM\" \"1XM\"",
            "mustToDate \"Monday, Jan 2\" \"tuesday, fEB 3\"",
            "mustToDate \"-07:00:00\" \"+01:02:03\"",
            "mustToDate \"-0700\" \"+2500\"",
            "mustToDate \"-0700\" \"+0061\"",
            "mustToDate \"-070000\" \"-000001\"",
            "mustToDate \"15:04:05\" \"01:02:03,25\"",
            "mustToDate \"15:04:05.00\" \"01:02:03.-5\"",
            "mustToDate \"15:04:05.999\" \"01:02:03.123456789012\"",
        ],
    ),
    (
        "unixEpoch",
        &[
            "unixEpoch (toDate \"2006\" \"1999\")",
            "unixEpoch (toDate \"2006\" \"x\")",
            "unixEpoch 1",
            "unixEpoch nil",
            "unixEpoch",
            "unixEpoch now | len",
        ],
    ),
];

#[test]
fn each_function_agrees() {
    template::check(CASES);
}

#[test]
fn methods_of_times_and_durations_agree() {
    let times = [
        "(toDate \"2006-01-02T15:04:05.999999999Z07:00\" \"2024-02-29T23:59:58.123456789Z\")",
        "(toDate \"2006-01-02T15:04:05Z07:00\" \"1969-12-31T00:00:00-07:30\")",
        "(toDate \"2006-01-02 MST\" \"2000-06-01 XYZ\")",
        "(toDate \"x\" \"y\")",
    ];
    let calls = [
        "Add 1000000001",
        "Add -1",
        "AddDate 1 1 1",
        "AddDate -3000 0 0",
        "AddDate 0 13 -31",
        "Day",
        "Hour",
        "Minute",
        "Second",
        "Nanosecond",
        "Year",
        "YearDay",
        "Month",
        "Weekday",
        "Month.String",
        "Weekday.String",
        "Format \"Mon Jan 2 15:04:05.000 -0700 MST 2006\"",
        "GoString",
        "IsDST",
        "IsZero",
        "Location",
        "Location.String",
        "Round 1000000000",
        "Round 3600000000000",
        "Round 7000000013",
        "Truncate 60000000000",
        "Truncate 0",
        "String",
        "UTC",
        "Unix",
        "UnixMilli",
        "UnixMicro",
        "UnixNano",
        "Local.String",
        "MarshalText",
        "MarshalJSON",
        "Format",
        "Format 1",
        "Nothing",
        "Add \"x\"",
    ];
    let others = [
        "Sub %",
        "After %",
        "Before %",
        "Compare %",
        "Equal %",
        "(Sub %).Hours",
        "(Sub %).Minutes",
        "(Sub %).Seconds",
        "(Sub %).Milliseconds",
        "(Sub %).Abs",
        "(Sub %).Microseconds",
        "(Sub %).Nanoseconds",
        "(Sub %).String",
        "(Sub %).Round 7000000000",
        "(Sub %).Truncate 86400000000000",
    ];
    let mut all = Vec::new();
    for time in times {
        all.extend(calls.iter().map(|call| format!("{time}.{call}")));
        for other in times {
            all.extend(others.iter().map(|call| match call.strip_prefix("(Sub %)") {
                Some(method) => format!("({time}.Sub {other}){method}"),
                None => format!("{time}.{}", call.replace('%', other)),
            }));
        }
    }
    // A struct prints in JSON as its text, and so it does here; bytes are compared as text.
    template::compare(&all, &template::values());
}

/// Months, weekdays and durations are numbers to Go, and times can be held by everything else.
#[test]
fn other_functions_take_them_alike() {
    let time = "$t := toDate \"2006-01-02\" \"2020-05-06\"";
    let uses = [
        "eq $t.Month 5",
        "eq $t.Month $t.Month",
        "lt $t.Month 6",
        "gt $t.Weekday 6",
        "eq $t.Weekday 3 4",
        "eq $t $t",
        "ne $t now",
        "add $t.Month 1",
        "add1 $t.Weekday",
        "mul $t.Month 2",
        "addf $t.Month 1",
        "int $t.Month",
        "int64 $t.Weekday",
        "float64 $t.Month",
        "toString $t.Month",
        "quote $t.Month $t",
        "int ($t.Sub $t)",
        "int64 (($t.AddDate 0 0 1).Sub $t)",
        "($t.AddDate 0 0 1).Sub $t",
        "duration (($t.AddDate 0 0 1).Sub $t)",
        "durationRound (($t.AddDate 0 0 1).Sub $t)",
        "printf \"%d %s %v %q %x %03d %T\" $t.Month $t.Month $t.Month $t.Month $t.Month $t.Month $t.Month",
        "printf \"%d %s %v %T\" (($t.AddDate 0 0 1).Sub $t) (($t.AddDate 0 0 1).Sub $t) (($t.AddDate 0 0 1).Sub $t) ($t.Sub $t)",
        "printf \"%s %v %q\" $t $t $t",
        "list $t $t.Month",
        "dict \"a\" $t \"b\" ($t.Sub $t)",
        "default 1 $t",
        "default 1 ($t.Sub $t)",
        "default 1 $t.Month",
        "empty ($t.Sub $t)",
        "empty $t",
        "ternary 1 2 ($t.Sub $t)",
        "and $t 1",
        "not $t",
        "until $t.Month",
        "until (int $t.Month)",
        "kindIs \"int64\" ($t.Sub $t)",
        "typeIs \"time.Month\" $t.Month",
        "typeIsLike \"time.Time\" $t",
        "deepEqual $t $t",
        "deepEqual $t.Month 5",
        "has $t (list $t)",
        "len $t",
        "cat $t.Month $t.Year",
        "join \",\" (list $t $t.Month)",
        "toStrings (list $t.Month)",
        "max $t.Month 3",
        "round $t.Month 1",
        "seq $t.Month",
        "date \"2006\" (int $t.Month)",
        "trunc $t.Month \"abcdefghi\"",
        "repeat (int $t.Month) \"a\"",
        "$t.Add ($t.Sub $t)",
        "$t.Add (int64 5)",
        "$t.Add $t.Month",
        "deepCopy $t",
        "merge (dict \"a\" $t) (dict \"a\" 1 \"b\" $t)",
        "$t | toRawJson",
        "$t.Month | toRawJson",
        "$t.Location | toRawJson",
    ];
    let cases: Vec<_> = uses
        .iter()
        .map(|case| format!("{time} }}}}{{{{ $r := {case} }}}}{{{{ typeOf $r }}}}|{{{{ $r }}}}|{{{{ toPrettyJson $r"))
        .collect();
    let cases: Vec<_> = cases.iter().map(|case| format!("{{{{ {case} }}}}")).collect();
    template::compare(&cases, &template::values());
}

const ELEMENTS: &[&str] = &[
    "January",
    "Jan",
    "1",
    "01",
    "Monday",
    "Mon",
    "2",
    "_2",
    "02",
    "__2",
    "002",
    "15",
    "3",
    "03",
    "4",
    "04",
    "5",
    "05",
    "2006",
    "06",
    "PM",
    "pm",
    "MST",
    "Z0700",
    "Z070000",
    "Z07",
    "Z07:00",
    "Z07:00:00",
    "-0700",
    "-070000",
    "-07",
    "-07:00",
    "-07:00:00",
    ".000",
    ".999",
    ",000000",
    ",9",
    ".0",
    ".000000000",
    ".9999999999",
    "_2006",
    "Janu",
    "Monk",
    " ",
    "-",
    "/",
    ":",
    "T",
    "é",
    "x",
    "0",
    "00",
    "07",
    "Z",
    ".",
    "2006-01-02T15:04:05Z07:00",
    "2006-01-02T15:04:05.999999999Z07:00",
];

const ZONES: &[&str] = &[
    "UTC",
    "Local",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/St_Johns",
    "Pacific/Apia",
    "Etc/GMT+12",
    "Asia/Tehran",
    "Europe/Dublin",
    "MST7MDT",
    "EST5EDT",
    "Antarctica/Troll",
    "America/Caracas",
    "US/Pacific",
    "Pacific/Kiritimati",
];

#[test]
fn random_times_are_written_alike() {
    let layout = proptest::collection::vec(select(ELEMENTS), 1..8).prop_map(|it| it.concat());
    let unix = prop_oneof![
        -4_000_000_000i64..8_000_000_000,
        -70_000_000_000_000i64..300_000_000_000_000,
        any::<i64>().prop_map(|it| it.max(-i64::MAX)),
        (0i64..140).prop_map(|it| it * 15_778_463),
    ];
    let drawn = samples(cases() * 4, &(layout, unix, select(ZONES)));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(layout, unix, zone)| {
            let args = vec![layout.as_str().into(), (*unix).into(), (*zone).into()];
            question("dateInZone", args)
        })
        .collect();
    compare(&questions);
}

#[test]
fn random_texts_are_read_alike() {
    let element = select(&ELEMENTS[..ELEMENTS.len() - 2]);
    let separator = select(vec!["", " ", "-", "  ", ":"]);
    let layout = prop_oneof![
        4 => proptest::collection::vec((element, separator), 1..6)
            .prop_map(|it| it.iter().map(|(element, separator)| format!("{element}{separator}")).collect::<String>()),
        1 => select(vec![
            "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00", "Mon Jan _2 15:04:05 MST 2006", "Monday, 02-Jan-06 15:04:05 MST",
            "Mon, 02 Jan 2006 15:04:05 -0700", "3:04PM", "2006-01-02 15:04:05", "2006-002",
        ])
        .prop_map(String::from),
    ];
    let zone = select(vec![
        "UTC",
        "Europe/Berlin",
        "Asia/Kolkata",
        "America/New_York",
        "EST5EDT",
        "Pacific/Apia",
    ]);
    let edit = (
        any::<prop::sample::Index>(),
        select(vec![
            "", "0", "9", " ", "-", "+", ":", ".", "Z", "UTC", "GMT", "GMT-7", "é", "A", "\"",
        ]),
        0u8..4,
    );
    let drawn = samples(cases() * 6, &(layout, -3_000_000_000i64..5_000_000_000, zone, edit));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(layout, unix, zone, (at, text, how))| {
            let args = [layout.as_str().into(), hoist_govalue::Value::int(*unix), (*zone).into()];
            let written = crate::direct::call("dateInZone", &args).expect("it is written");
            let mut value = written.as_str().expect("it is text").to_vec();
            if *how > 0 && !value.is_empty() {
                let at = at.index(value.len());
                let replaced = usize::from(*how > 1).min(value.len() - at);
                value.splice(at..at + replaced, text.bytes());
            }
            question("mustToDate", vec![layout.as_str().into(), Arg::Text(value)])
        })
        .collect();
    compare(&questions);
}

#[test]
fn random_durations_are_read_alike() {
    let part = (
        "[0-9]{0,4}(\\.[0-9]{0,10})?",
        select(vec!["h", "m", "s", "ms", "us", "µs", "μs", "ns", "", "d", "H", "é"]),
    )
        .prop_map(|(number, unit)| format!("{number}{unit}"));
    let duration = (select(vec!["", "-", "+"]), proptest::collection::vec(part, 0..4))
        .prop_map(|(sign, parts)| format!("{sign}{}", parts.concat()));
    let drawn = samples(cases() * 2, &duration);
    let mut questions: Vec<_> = drawn
        .iter()
        .map(|duration| question("durationRound", vec![duration.as_str().into()]))
        .collect();
    questions.extend(
        [
            "9223372036854775807ns",
            "9223372036854775808ns",
            "-9223372036854775808ns",
            "2562047h47m16.854775807s",
            "0.9223372036854775807h",
        ]
        .map(|it| question("durationRound", vec![it.into()])),
    );
    compare(&questions);
    let cases: Vec<_> = drawn
        .iter()
        .map(|duration| format!("toDate \"2006\" \"2000\" | mustDateModify {duration:?}"))
        .collect();
    template::compare(&cases, &template::values());
}
