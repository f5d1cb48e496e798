//! The functions over patterns, versions, times, keys and randomness do not panic, whatever they are given.

use hoist_govalue::{Kind, Value};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::direct::{Still, call, call_in, cases, samples};
use crate::hostile::value;

/// Those that do not take long.
const NAMES: &[&str] = &[
    "regexMatch",
    "mustRegexFind",
    "regexFindAll",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "regexSplit",
    "regexQuoteMeta",
    "semver",
    "semverCompare",
    "ago",
    "date",
    "dateInZone",
    "htmlDate",
    "htmlDateInZone",
    "dateModify",
    "mustDateModify",
    "duration",
    "durationRound",
    "toDate",
    "mustToDate",
    "unixEpoch",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "adler32sum",
    "buildCustomCert",
    "genCAWithKey",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "encryptAES",
    "decryptAES",
    "randInt",
    "uuidv4",
    "now",
];

#[test]
fn no_function_panics() {
    let strategy = (select(NAMES), prop::collection::vec(value(), 0..6));
    for (name, args) in samples(cases() * 8, &strategy) {
        // What it answers is compared elsewhere.
        let _ = call(name, &args);
    }
}

#[test]
fn no_count_is_too_large_to_be_refused() {
    for name in ["randAlphaNum", "randAlpha", "randNumeric", "randAscii", "randBytes"] {
        for count in [i64::MAX, 1 << 40, 1 << 32] {
            let error = call(name, &[Value::int(count)]).expect_err(name);
            assert!(error.contains("more than hoist makes"), "{error}");
        }
        assert!(call(name, &[Value::int(i64::MIN)]).is_ok() || name == "randBytes");
    }
}

/// Bytes changed, cut out and put in.
fn damaged(text: &[u8], edits: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for (at, byte, how) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match how % 4 {
            0 => bytes[at] = *byte,
            1 => bytes[at] ^= 1 << (byte % 8),
            2 => bytes.insert(at, *byte),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn damaged_keys_and_certificates_panic_nowhere() {
    let mut world = Still::default();
    let mut pems = Vec::new();
    for kind in ["ecdsa", "ed25519"] {
        let key = call_in(&mut world, "genPrivateKey", &[kind.into()]).expect("a key is made");
        let made = call_in(&mut world, "genCAWithKey", &["ca".into(), Value::int(1), key.clone()]).expect("it is made");
        let Value::Object(made) = made else {
            panic!("it is an object");
        };
        pems.push((key, made.field("Cert").expect("it is there")));
    }
    let made = call_in(&mut world, "genCA", &["ca".into(), Value::int(1)]).expect("it is made");
    let Value::Object(made) = made else {
        panic!("it is an object");
    };
    pems.push((
        made.field("Key").expect("it is there"),
        made.field("Cert").expect("it is there"),
    ));

    let edits = prop::collection::vec((any::<Index>(), any::<u8>(), any::<u8>()), 1..4);
    let base64 = |bytes: &[u8]| Value::from(data_encoding::BASE64.encode(bytes));
    for (which, edits, inside) in samples(cases() * 2, &(0..pems.len(), edits, any::<bool>())) {
        let (key, cert) = &pems[which];
        let [key, cert] = [key, cert].map(|text| text.as_str().expect("it is text").to_vec());
        let change = |pem: &[u8]| {
            if !inside {
                return damaged(pem, &edits);
            }
            // The bytes that the text stands for.
            let text = String::from_utf8_lossy(pem).into_owned();
            let lines: Vec<_> = text.lines().collect();
            let data = lines[1..lines.len() - 1].concat();
            let der = data_encoding::BASE64.decode(data.as_bytes()).expect("it is base64");
            let data = data_encoding::BASE64.encode(&damaged(&der, &edits));
            format!("{}\n{data}\n{}\n", lines[0], lines[lines.len() - 1]).into_bytes()
        };
        let (bad_key, bad_cert) = (change(&key), change(&cert));
        let _ = call(
            "genSelfSignedCertWithKey",
            &[
                "x".into(),
                Value::Nil,
                Value::Nil,
                Value::int(1),
                Value::str(bad_key.as_slice()),
            ],
        );
        for (cert, key) in [(&bad_cert, &key), (&cert, &bad_key)] {
            if let Ok(ca) = call("buildCustomCert", &[base64(cert), base64(key)]) {
                let args = [
                    "x".into(),
                    Value::Nil,
                    Value::Nil,
                    Value::int(1),
                    ca,
                    Value::str(pems[1].0.as_str().expect("it is text").to_vec()),
                ];
                let _ = call("genSignedCertWithKey", &args);
            }
        }
    }
}

#[test]
fn times_at_the_ends_of_time_have_every_method() {
    let host: &mut Still = &mut Still::default();
    let ends = [
        i64::MIN,
        i64::MIN + 1,
        -62_135_596_801,
        0,
        253_402_300_800,
        i64::MAX - 1,
        i64::MAX,
    ];
    let layouts = [
        "2006-01-02 15:04:05.000 MST -07:00",
        "Monday January __2 002 PM Z070000",
    ];
    for unix in ends {
        for zone in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Factory"] {
            for layout in layouts {
                let args = [layout.into(), Value::int64(unix), zone.into()];
                call_in(host, "dateInZone", &args).expect("a time is written");
            }
        }
        for nanos in ["-2562047h47m16.854775808s", "2562047h47m16.854775807s", "1ns"] {
            let time = call_in(host, "toDate", &["2006".into(), "9999".into()]).expect("a time is read");
            let moved = call_in(host, "dateModify", &[nanos.into(), time]).expect("a time is moved");
            let Value::Object(moved) = moved else {
                panic!("it is an object");
            };
            for method in moved.methods() {
                let arg = |ty: &hoist_govalue::Type| match ty.kind() {
                    Kind::Int | Kind::Int64 => Value::Int(unix, ty.kind()),
                    Kind::String => Value::from("2006"),
                    Kind::Struct => Value::Object(moved.clone()),
                    _ => Value::Nil,
                };
                let args: Vec<_> = method.params.iter().map(arg).collect();
                let _ = moved.call(method.name, host, &args);
            }
        }
    }
}
