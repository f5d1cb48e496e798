//! Random strings, bytes and numbers: their form, and that they are kept.

use hoist_govalue::Value;

use crate::direct::{Still, call_in};
use crate::template;

const CASES: template::Cases = &[
    (
        "randAlphaNum",
        &[
            "randAlphaNum 0",
            "randAlphaNum -1",
            "randAlphaNum 40 | len",
            "regexMatch \"^[0-9A-Za-z]{200}$\" (randAlphaNum 200)",
            "randAlphaNum \"x\"",
            "randAlphaNum .Values.n",
            "randAlphaNum",
        ],
    ),
    (
        "randAlpha",
        &[
            "randAlpha 0",
            "randAlpha -1",
            "randAlpha 5 | len",
            "regexMatch \"^[A-Za-z]{200}$\" (randAlpha 200)",
            "randAlpha 1.5",
        ],
    ),
    (
        "randNumeric",
        &[
            "randNumeric 0",
            "randNumeric -5",
            "randNumeric 7 | len",
            "regexMatch \"^[0-9]{200}$\" (randNumeric 200)",
            "randNumeric nil",
        ],
    ),
    (
        "randAscii",
        &[
            "randAscii 0",
            "randAscii -5",
            "randAscii 7 | len",
            "regexMatch \"^[ -~]{200}$\" (randAscii 200)",
            "randAscii 1 2",
        ],
    ),
    (
        "randBytes",
        &[
            "randBytes 0",
            "randBytes -1",
            "randBytes 16 | len",
            "randBytes 17 | b64dec | len",
            "randBytes \"1\"",
        ],
    ),
    (
        "randInt",
        &[
            "randInt 1 2",
            "randInt -5 -4",
            "randInt 2 1",
            "randInt 1 1",
            "lt (randInt 0 10) 10",
            "randInt 1",
            "typeOf (randInt 1 5)",
            "randInt -9223372036854775807 9223372036854775807",
        ],
    ),
    (
        "uuidv4",
        &[
            "uuidv4 | len",
            "regexMatch \"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$\" uuidv4",
            "typeOf uuidv4",
            "uuidv4 1",
            "eq uuidv4 uuidv4",
        ],
    ),
];

/// `eq` of two draws: each of ours differs, as theirs do.
#[test]
fn each_function_agrees_on_what_is_not_random() {
    template::check(CASES);
}

#[test]
fn what_was_drawn_is_told_and_used_again() {
    let int = Value::int;
    let calls: [(&str, Vec<Value>); 7] = [
        ("randAlphaNum", vec![int(12)]),
        ("randAlpha", vec![int(12)]),
        ("randNumeric", vec![int(12)]),
        ("randAscii", vec![int(12)]),
        ("randBytes", vec![int(12)]),
        ("randInt", vec![int(0), int(i64::MAX)]),
        ("uuidv4", vec![]),
    ];
    for (name, args) in calls {
        let mut world = Still::default();
        let first = call_in(&mut world, name, &args).expect(name);
        let second = call_in(&mut world, name, &args).expect(name);
        assert!(!first.deep_eq(&second), "{name} draws the same twice: {first:?}");
        assert_eq!(world.drawn.len(), 2, "{name} tells what it draws");
        assert!(world.drawn[0].0 == name && world.drawn[0].1.deep_eq(&first));

        world.kept = Some(first.clone());
        let third = call_in(&mut world, name, &args).expect(name);
        assert!(third.deep_eq(&first), "{name} does not use what was kept");
        assert_eq!(world.drawn.len(), 2, "{name} tells what it did not draw");

        // What cannot have been drawn is not used.
        world.kept = Some(Value::Bool(true));
        assert!(
            !call_in(&mut world, name, &args)
                .expect(name)
                .deep_eq(&Value::Bool(true))
        );
    }
}
