//! Every character of Unicode, in each function that knows their classes and cases.

use serde_json::json;

use crate::template::compare;

/// Characters, a few thousand together, with `around` them: all of the planes that have letters with cases, and every
/// `step`th beyond.
fn texts(step: u32, around: fn(char, &mut String)) -> Vec<String> {
    let all: Vec<char> = (0..0x2_0000_u32)
        .chain((0x2_0000..=0x10_FFFF).step_by(step as usize))
        .filter_map(char::from_u32)
        .collect();
    all.chunks(8192)
        .map(|chunk| {
            let mut text = String::new();
            for character in chunk {
                around(*character, &mut text);
            }
            text
        })
        .collect()
}

/// A template, and how it is given each character.
type Check = (&'static str, fn(char, &mut String));

const CASES: Check = (
    "{{ $s := .Values.s }}{{ upper $s }}{{ lower $s }}{{ title $s }}{{ swapcase $s }}",
    |character, text| text.extend([character, ' ']),
);

const CLASSES: Check = (
    "{{ $s := .Values.s }}{{ snakecase $s }}{{ camelcase $s }}{{ title $s }}{{ untitle $s }}",
    |character, text| text.extend(['a', character, 'b', 'C', character, '1', character, 'd', '-']),
);

const SPACE: Check = (
    "{{ trim .Values.s }}{{ initials .Values.s }}{{ nospace .Values.s }}",
    |character, text| text.push(character),
);

fn check(step: u32, (case, around): Check) {
    for text in texts(step, around) {
        compare(&[case], &json!({ "s": text }));
    }
}

#[test]
fn cases_are_mapped_as_go_maps_them() {
    check(211, CASES);
}

#[test]
fn classes_are_those_of_go() {
    check(211, CLASSES);
}

#[test]
fn white_space_is_gos() {
    check(211, SPACE);
}

#[test]
#[ignore = "every character there is takes a quarter of a minute"]
fn every_character() {
    for it in [CASES, CLASSES, SPACE] {
        check(1, it);
    }
}
