//! A source of random choices that is the same in each run, and what the random tests draw from it.

use serde_json::{Value as Json, json};

pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below another.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "a", "b", "c", "1", "1.5", "true", "~", "x y", ": ", ":", ":\n", "- ", "-", "- - ", "? ", "?", "\n", "\n", "\n\n", "\n  ", "\n  ", "\n    ", "\n- ", "\n  - ", "\na: ", "\n  a: ", "\n    b: ", " ", "  ", "\t", ",", ", ", "[", "]", "{", "}",
    "[]", "{}", "[a]", "{a: b}", "'", "\"", "''", "'a b'", "\"a\\nb\"", "\\", "\\n", "\\\n", "#", " # c", "&", "*", "&x ", "*x", "&y ", "*y", "!", "!!", "!!str ", "!!int ", "!x ", "|", ">", "|\n  ", ">\n  ", "|-\n", "|+\n", "|2", "---", "\n---\n", "--- ", "...", "\n...\n",
    "<<: ", "<<: *x", "<<", "%", "\n%YAML 1.1\n", "@", "`", "é", "\u{85}", "\u{2028}", "\u{1F600}", "\r\n", "\r", "{{ a }}", "{{- if a }}", "=", "0x1F", "012", "1e3", "yes", "null", ".inf", "2001-01-01", "a: b", "a: b\n", "- a\n", "  c: d\n", "a:\n", "k: |\n    t\n", "k: \"v\"\n",
];

/// Tokens in any order.
pub(crate) fn soup(random: &mut Random) -> String {
    let count = 1 + random.below(14);
    (0..count).map(|_| random.pick(TOKENS)).collect()
}

/// A text with some places of it changed.
pub(crate) fn mutated(random: &mut Random, text: &str) -> Vec<u8> {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        if lines.is_empty() {
            lines.push(String::new());
        }
        let line = random.below(lines.len());
        let at = {
            let places: Vec<usize> = lines[line]
                .char_indices()
                .map(|(at, _)| at)
                .chain([lines[line].len()])
                .collect();
            places[random.below(places.len())]
        };
        match random.below(9) {
            0 => lines[line].insert_str(at, random.pick(TOKENS)),
            1 => {
                if at < lines[line].len() {
                    lines[line].remove(at);
                }
            }
            2 => {
                let again = lines[line].clone();
                lines.insert(line, again);
            }
            3 => {
                lines.remove(line);
            }
            4 => lines[line].insert_str(0, random.pick(&[" ", "  ", "\t", "    "])),
            5 => lines[line] = lines[line].trim_start().to_owned(),
            6 => {
                let other = random.below(lines.len());
                lines.swap(line, other);
            }
            7 => lines[line].truncate(at),
            _ => lines[line].insert_str(
                at,
                random.pick(&["#", ":", "'", "\"", " ", "\n", "- ", "[", "}", "|", "&a ", "*a ", "!!"]),
            ),
        }
    }
    let mut bytes: Vec<u8> = lines.concat().into_bytes();
    if random.one_in(12) {
        let at = random.below(bytes.len() + 1);
        bytes.insert(at, [0, 1, 0x7F, 0x80, 0xC2, 0xFF, 0xED, 0xF5][random.below(8)]);
    }
    bytes
}

/// A text that is likely to be valid: block and flow collections, scalars in all styles, anchors, comments.
pub(crate) fn document(random: &mut Random) -> String {
    let mut text = String::new();
    if random.one_in(8) {
        text.push_str("--- # c\n");
    }
    block(random, &mut text, 0, 0);
    text
}

fn block(random: &mut Random, text: &mut String, indent: usize, depth: usize) {
    let count = 1 + random.below(4);
    let sequence = random.one_in(3) && depth > 0;
    for number in 0..count {
        if random.one_in(9) {
            text.push_str(&format!("{}# c\n", " ".repeat(random.below(indent + 3))));
        }
        let key = if sequence {
            "-".to_owned()
        } else {
            format!("{}:", key(random, number))
        };
        text.push_str(&" ".repeat(indent));
        text.push_str(&key);
        if random.one_in(12) {
            text.push_str(random.pick(&[" &x", " !!str", " !y", " &y !!map", " !!seq"]));
        }
        if depth < 4 && random.one_in(3) {
            let flat = !sequence && random.one_in(3);
            if sequence && random.one_in(2) {
                text.push_str(&" ".repeat(1 + random.below(2)));
                let column = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
                let start = text.len();
                block(random, text, column, depth + 1);
                let padded = start..start + column;
                if text.get(padded.clone()).is_some_and(|pad| pad.trim().is_empty()) {
                    text.replace_range(padded, "");
                }
            } else {
                text.push('\n');
                let deeper = if flat { 0 } else { 1 + random.below(4) };
                block(random, text, indent + deeper, depth + 1);
            }
        } else {
            text.push(' ');
            scalar(random, text, indent);
            text.push_str(random.pick(&["\n", "\n", "\n", " # c\n", "  \n", "\n\n"]));
        }
    }
}

fn key(random: &mut Random, number: usize) -> String {
    match random.below(10) {
        0 => format!("\"k {number}\""),
        1 => format!("'k{number}'"),
        2 => number.to_string(),
        3 => random
            .pick(&["<<", "yes", "1.5", "a b", "a.b/c", "-a", "x", "?x", ":x"])
            .to_owned(),
        _ => format!("k{number}"),
    }
}

fn scalar(random: &mut Random, text: &mut String, indent: usize) {
    let deeper = " ".repeat(indent + 1 + random.below(3));
    match random.below(12) {
        0 => text.push_str(&format!(
            "|{}\n{deeper}a\n{deeper} b\n\n{deeper}c",
            random.pick(&["", "-", "+", "2"])
        )),
        1 => text.push_str(&format!(
            ">{}\n{deeper}a\n{deeper}b\n\n{deeper}  c\n{deeper}d",
            random.pick(&["", "-", "+", "1"])
        )),
        2 => text.push_str(&format!("a b\n{deeper}c\n\n{deeper}d")),
        3 => text.push_str(&format!("'a b\n{deeper}c''\n\n{deeper}d '")),
        4 => text.push_str(&format!("\"a\\tb \\\n{deeper}c\n{deeper}\\\"d\"")),
        5 => flow(random, text, 0, &deeper),
        6 => text.push_str(random.pick(&["*x", "*y", "&x a", "&y {a: b}", "!!int '1'"])),
        7 => text.push_str(random.pick(&[
            "1",
            "0x10",
            "1e3",
            "-1.50",
            "010",
            "1_000",
            ".5",
            "yes",
            "~",
            "null",
            "2001-01-01",
            "1:30",
        ])),
        _ => text.push_str(random.pick(&[
            "a", "a b", "a-b", "a.b", "a: b", "http://a", "'a'", "\"b\"", "", "a#b", "{{ a }}", "%a", "a\u{e9}",
        ])),
    }
}

fn flow(random: &mut Random, text: &mut String, depth: usize, line: &str) {
    let mapping = random.one_in(2);
    text.push(if mapping { '{' } else { '[' });
    for number in 0..random.below(4) {
        if number > 0 {
            text.push_str(random.pick(&[",", ", "]));
        }
        if random.one_in(6) {
            text.push('\n');
            text.push_str(line);
        }
        if mapping || random.one_in(6) {
            text.push_str(&format!(
                "{}:{}",
                key(random, number),
                random.pick(&[" ", " ", " ", ""])
            ));
        }
        if depth < 3 && random.one_in(4) {
            flow(random, text, depth + 1, line);
        } else {
            text.push_str(random.pick(&["a", "1", "'b c'", "\"d\"", "", "~", "*x", "&x a", "x y", "a-b", "a:b"]));
        }
    }
    text.push(if mapping { '}' } else { ']' });
}

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "b", "A", "1", "0", ".", "-", "_", " ", "  ", "\n", "\n", "\t", "\r", ":", ": ", " #", "#", "'", "\"", "\\", ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "%", "@", "`", "?", "~", "=", "true", "null", "1.5", "2001-01-01",
    "e", "é", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "\u{1F600}", "\u{7f}", "\u{1}", "word word word word ", "<", "---", "...", "yes", "0x1", "10",
];

fn string(random: &mut Random) -> String {
    let count = match random.below(8) {
        0 => random.below(60),
        _ => random.below(6),
    };
    (0..count).map(|_| random.pick(PIECES)).collect()
}

/// A string that need not be UTF-8.
pub(crate) fn bytes(random: &mut Random) -> Vec<u8> {
    let mut bytes = string(random).into_bytes();
    for _ in 0..random.below(4) {
        let at = random.below(bytes.len() + 1);
        bytes.insert(at, [0x80, 0xC2, 0xE2, 0xED, 0xFF, 0xF0, 0x7F, 0xA8][random.below(8)]);
    }
    if random.one_in(6) {
        bytes = bytes.repeat(1 + random.below(40));
    }
    bytes
}

/// A value.
pub(crate) fn value(random: &mut Random, depth: usize) -> Json {
    match random.below(if depth < 4 { 10 } else { 6 }) {
        0 => random
            .pick(&[&json!(null), &json!(true), &json!(false), &json!([]), &json!({})])
            .clone(),
        1 => json!(random.below(2_000_000) as f64 - 1e6),
        2 => json!(f64::from_bits(random.next()))
            .as_f64()
            .map_or(Json::Null, |number| json!(number)),
        3..=5 => json!(string(random)),
        6 | 7 => (0..random.below(4)).map(|_| value(random, depth + 1)).collect(),
        _ => Json::Object(
            (0..random.below(5))
                .map(|_| (string(random), value(random, depth + 1)))
                .collect(),
        ),
    }
}
