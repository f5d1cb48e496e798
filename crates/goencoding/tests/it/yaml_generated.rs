//! Random texts and values, each compared with what Helm makes of it.

use serde_json::Value as Json;

use crate::yaml_peer::{
    our_read, our_read_list, our_write, our_write_bytes, read, read_list, same, write, write_bytes,
};
use crate::yaml_random::{Random, bytes, document, mutated, soup, value};
use crate::yaml_read::TEXTS;

/// Texts of the kinds that charts are full of.
const MODELS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n    app.kubernetes.io/name: web\n  annotations:\n    checksum/config: \"0123\"\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: web\n        image: \"web:1.0\"\n        args: [\"--a=b\", '--c', d]\n        env:\n        - {name: A, value: \"1\"}\n        - name: B\n          value: x y\n        ports:\n          - containerPort: 8080\n",
    "# Default values.\nreplicaCount: 1\nimage:\n  repository: nginx\n  # the tag\n  tag: \"\"\nresources: {}\n  # limits:\n  #   cpu: 100m\nnodeSelector: {}\ntolerations: []\nconfig: |\n  [section]\n  key = value\n\n  other = \"x\"\nscript: >-\n  a long line\n  that goes on\n\nlist:\n- a\n- b: 1\n  c: 2\n",
    "base: &base\n  a: 1\n  b: [1, 2, {c: d}]\nother:\n  <<: *base\n  b: ~\nmore:\n  - *base\n  - <<: [*base, {e: f}]\n    g: !!str 5\n? complex key\n: complex value\n",
    "a: 'it''s'\nb: \"tab\\there \\u00e9\"\nc: plain text\n  on two lines\nd: \"quoted\n  on\n\n  lines\"\ne: {x: [1, [2, {y: z}]], 'w': \"v\"}\nf: -1.5e3\ng: 0777\nh: yes\ni: 2001-01-01\n",
];

/// Compares readings. Go walks its maps in any order, so that what it says may differ from one time to the next, where
/// two keys become the same string, or two things are wrong: it may say the same as we at another time.
fn compare_texts(texts: &[Vec<u8>]) {
    for some in texts.chunks(500) {
        compare_with(some, read, our_read);
        compare_with(some, read_list, our_read_list);
    }
}

fn compare_with(texts: &[Vec<u8>], theirs: impl Fn(&[Vec<u8>]) -> Vec<Json>, ours: impl Fn(&[u8]) -> Json) {
    let mut open: Vec<Vec<u8>> = texts.to_vec();
    for _ in 0..12 {
        let answers = theirs(&open);
        open = open
            .into_iter()
            .zip(answers)
            .filter(|(text, theirs)| ours(text) != *theirs)
            .map(|(text, _)| text)
            .collect();
        if open.is_empty() {
            return;
        }
    }
    let shown: Vec<String> = open
        .iter()
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect();
    let answers = theirs(&open);
    let pairs: Vec<(String, Json)> = shown.into_iter().zip(open.iter().map(|text| ours(text))).collect();
    same(&pairs, &answers, |(_, ours)| ours.clone());
}

fn texts(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    let mut texts = Vec::with_capacity(count);
    while texts.len() < count {
        texts.push(match random.below(8) {
            0 | 1 => soup(&mut random).into_bytes(),
            2 => {
                let text = random.pick(TEXTS);
                mutated(&mut random, text)
            }
            3 | 4 => {
                let model = random.pick(MODELS);
                mutated(&mut random, model)
            }
            5 => {
                let text = document(&mut random);
                mutated(&mut random, &text)
            }
            6 => {
                // What is wrong in a long text is found only where it is read.
                let model = random.pick(MODELS).repeat(1 + random.below(4));
                let mut text = mutated(&mut random, &model);
                let at = random.below(text.len() + 1);
                text.insert(at, [0, 1, 0x7F, 0xC3, 0xFF][random.below(5)]);
                text
            }
            _ if random.one_in(5) => {
                let text = format!("\u{FEFF}{}", document(&mut random).repeat(1 + random.below(8)));
                let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                if random.one_in(2) {
                    let at = 2 + random.below(bytes.len() - 1);
                    bytes.splice(at..at, [0xD8, 0xDC, 0, 0x61].into_iter().take(1 + random.below(4)));
                }
                bytes
            }
            _ if random.one_in(5) => {
                // Marks of the encoding, where go-yaml's buffer may begin.
                let text = document(&mut random).repeat(1 + random.below(12));
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                for _ in 0..1 + random.below(8) {
                    lines.insert(random.below(lines.len() + 1), "\u{FEFF}");
                }
                lines.concat().into_bytes()
            }
            _ => document(&mut random).into_bytes(),
        });
    }
    texts
}

fn compare_values(seed: u64, count: usize) {
    let mut random = Random::new(seed);
    let values: Vec<Json> = (0..count).map(|_| value(&mut random, 0)).collect();
    for some in values.chunks(500) {
        same(some, &write(some), our_write);
    }
    // What is written can be read again, as Helm reads it.
    let written: Vec<Vec<u8>> = values.iter().map(|value| our_write(value).0.into_bytes()).collect();
    compare_texts(&written);
}

fn compare_bytes(seed: u64, count: usize) {
    let mut random = Random::new(seed);
    let strings: Vec<Vec<u8>> = (0..count).map(|_| bytes(&mut random)).collect();
    for some in strings.chunks(500) {
        same(some, &write_bytes(some), |string| our_write_bytes(string));
    }
}

#[test]
fn random_bytes() {
    compare_bytes(1, 400);
}

#[test]
fn random_texts() {
    compare_texts(&texts(1, 1000));
}

#[test]
fn random_values() {
    compare_values(1, 500);
}

#[test]
#[ignore = "many thousands of cases: for the long run"]
fn many_random_texts() {
    for seed in 2..42 {
        compare_texts(&texts(seed, 2500));
    }
}

#[test]
#[ignore = "many thousands of cases: for the long run"]
fn many_random_values() {
    for seed in 2..22 {
        compare_values(seed, 2000);
    }
}

#[test]
#[ignore = "many thousands of cases: for the long run"]
fn many_random_bytes() {
    for seed in 2..12 {
        compare_bytes(seed, 2000);
    }
}
