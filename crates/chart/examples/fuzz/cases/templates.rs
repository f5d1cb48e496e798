//! Templates by the grammar, in a manner that knows no measure.

use super::super::language::{Language, Rng};
use super::{Case, file};

const VALUES: &str = r#"{ s: text, t: "a\nb", n: 3, f: 1.5, b: true, e: "", z: 0, nil: null, l: [a, 2, null, {k: v}], big: 1000000,
  m: {a: 1, b: [x], sub: {x: y, y: {z: q}}, k: v}, deep: {a: {b: {c: d}, x: 1}}, nums: [3, 1, 2.5],
  maps: [{name: a, value: 1, a: 2}], none: [], empty: {}, ver: 1.2.3, y: "a: 1", j: "[1]", tpl: "{{ .Values.tpl | len }}",
  host: "http://h:1/p", num: "5", global: {g: 1} }"#;

pub(super) fn fill(rng: &mut Rng, language: &Language, case: &mut Case) {
    case.files.push(file("values.yaml", VALUES));
    case.files.push(file("data/a.txt", "one\ntwo\n"));
    case.files.push(file("data/b.bin", [0, 255, 128, 10]));
    // They may include themselves and each other.
    let names: Vec<String> = (0..rng.between(1, 3)).map(|at| format!("part{at}")).collect();
    let mut parts = String::new();
    for name in &names {
        let size = rng.between(1, 6);
        let mut writer = language.writer(rng);
        writer.knows(&names);
        let body = writer.template(size);
        parts.push_str(&format!("{{{{- define \"{name}\" -}}}}{body}{{{{ end }}}}"));
    }
    case.files.push(file("templates/_parts.tpl", parts));
    for at in 0..rng.between(1, 3) {
        let size = rng.between(1, 20);
        let mut writer = language.writer(rng);
        writer.knows(&names);
        let mut text = writer.template(size);
        if rng.chance(10) {
            text = damaged(rng, &text);
        }
        let name = if at == 0 {
            "templates/NOTES.txt".to_owned()
        } else {
            format!("templates/t{at}.yaml")
        };
        case.files.push((name, text.into_bytes()));
    }
}

/// A text with characters lost or doubled.
pub(super) fn damaged(rng: &mut Rng, text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..rng.between(1, 6) {
        if characters.is_empty() {
            break;
        }
        let at = rng.below(characters.len());
        match rng.below(4) {
            0 => drop(characters.remove(at)),
            1 => characters.insert(
                at,
                *rng.one(&[
                    '{', '}', '"', '`', '(', ')', '|', '$', '.', '-', '\n', '\0', 'é', ',', '=',
                ]),
            ),
            2 => characters.insert(at, characters[at]),
            _ => {
                let to = rng.between(at, (at + 30).min(characters.len()));
                characters.drain(at..to);
            }
        }
    }
    characters.into_iter().collect()
}
