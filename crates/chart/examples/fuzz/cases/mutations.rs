//! Templates of real charts, damaged: pieces lost, doubled, changed for others, wrapped.

use super::super::language::{Language, Rng};
use super::{Case, Corpus, File, templates};
use hoist_govalue::Type;

/// The pieces of a text: words and signs within actions, whole texts between them.
pub(super) fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let close = rest[open..].find("}}").map_or(rest.len(), |at| open + at + 2);
        if open > 0 {
            tokens.push(&rest[..open]);
        }
        let mut action = &rest[open..close];
        while let Some(first) = action.chars().next() {
            let word = |it: char| it.is_alphanumeric() || "_.$\"`-".contains(it);
            let length = match action {
                _ if action.starts_with("{{-") || action.starts_with("-}}") => 3,
                _ if action.starts_with("{{") || action.starts_with("}}") => 2,
                _ if word(first) => action.find(|it| !word(it)).unwrap_or(action.len()),
                _ => first.len_utf8(),
            };
            tokens.push(&action[..length]);
            action = &action[length..];
        }
        rest = &rest[close..];
    }
    if !rest.is_empty() {
        tokens.push(rest);
    }
    tokens
}

pub(super) fn fill(rng: &mut Rng, corpus: &Corpus, language: &Language, case: &mut Case) {
    if corpus.charts.is_empty() {
        return;
    }
    case.files = rng.one(&corpus.charts).clone();
    for _ in 0..rng.between(1, 3) {
        let texts: Vec<usize> = (0..case.files.len())
            .filter(|at| is_template(&case.files[*at]))
            .collect();
        if texts.is_empty() {
            return;
        }
        let at = *rng.one(&texts);
        let text = String::from_utf8_lossy(&case.files[at].1).into_owned();
        case.files[at].1 = mutated(rng, corpus, language, &text).into_bytes();
    }
}

fn is_template((name, _): &File) -> bool {
    name.contains("templates/") || name == "values.yaml"
}

fn mutated(rng: &mut Rng, corpus: &Corpus, language: &Language, text: &str) -> String {
    let mut pieces: Vec<String> = tokens(text).into_iter().map(str::to_owned).collect();
    for _ in 0..rng.between(1, 5) {
        if pieces.is_empty() {
            break;
        }
        let at = rng.below(pieces.len());
        let to = rng.between(at, (at + 20).min(pieces.len()));
        match rng.below(12) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at].clone()),
            2 => drop(pieces.drain(at..to)),
            3 => {
                let part = pieces[at..to].to_vec();
                for _ in 0..*rng.one(&[1, 3, 50]) {
                    pieces.splice(at..at, part.iter().cloned());
                }
            }
            4 | 5 if !corpus.tokens.is_empty() => pieces[at] = rng.one(&corpus.tokens).clone(),
            6 => {
                let other = rng.below(pieces.len());
                pieces.swap(at, other);
            }
            7 => {
                let mut writer = language.writer(rng);
                pieces[at] = format!(" ({}) ", writer.pipeline(Type::Any, 3));
            }
            8 => {
                let size = rng.between(1, 5);
                let statement = language.writer(rng).template(size);
                pieces.insert(at, statement);
            }
            9 => {
                let depth = *rng.one(&[1, 10, 1000, 20_000]);
                pieces[at] = format!("{}{}{}", "(".repeat(depth), pieces[at], ")".repeat(depth));
            }
            10 => {
                let depth = *rng.one(&[1, 10, 1000]);
                let word = rng.pick(&["if true", "with $", "range (list 1)"]);
                let open = format!("{{{{ {word} }}}}").repeat(depth);
                pieces.insert(at, open);
                pieces.push("{{ end }}".repeat(depth));
            }
            _ => pieces[at] = templates::damaged(rng, &pieces[at].clone()),
        }
    }
    pieces.concat()
}
