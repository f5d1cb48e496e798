//! Reads draws back from live objects: the text around a draw tells where it begins and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use data_encoding::BASE64;
use hoist_govalue::Value;
use zeroize::Zeroizing;

use super::leaves::Place;
use super::{Kept, Lives, Rendering};

/// A draw shorter than this is looked for only where it is the whole text.
const SHORT: usize = 6;

/// All strings of a value, and numbers as they are printed.
pub(super) fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Str(text) => found.push(text.to_string()),
        Value::Int(number, _) => found.push(number.to_string()),
        Value::List(list) => list.iter().for_each(|value| strings(value, found)),
        Value::Map(map) => map.borrow().values().for_each(|value| strings(value, found)),
        Value::Object(object) => object.fields().iter().for_each(|(_, value)| strings(value, found)),
        _ => {}
    }
}

/// What becomes of the draws of a rendering.
pub(super) struct Fate {
    /// Those that the live objects still hold, complete and consistent with each other.
    pub(super) kept: Kept,
    /// Those that are made anew: the live objects do not have them, or have what does not fit any more. All others
    /// cannot be told from what is live, which then stays.
    pub(super) anew: BTreeSet<usize>,
}

/// Looks for the draws of a rendering in the live objects.
pub(super) fn fate(first: &Rendering, places: &[Place], lives: &Lives, now: SystemTime) -> Fate {
    let Traces { found, shown, live } = traces(first, places, lives);
    let kept = kept(first, &found, now);
    let is_read = |index: &usize| found.keys().any(|(draw, _)| draw == index);
    let anew = shown
        .iter()
        .filter(|index| !kept.contains_key(index) && (is_read(index) || !live.contains(index)))
        .copied()
        .collect();
    Fate { kept, anew }
}

fn kept(first: &Rendering, found: &BTreeMap<(usize, usize), Zeroizing<String>>, now: SystemTime) -> Kept {
    let draws = &first.draws;
    let complete = |index: usize| -> Option<Vec<Zeroizing<String>>> {
        let count = draws.get(index)?.parts.len();
        (0..count).map(|part| found.get(&(index, part)).cloned()).collect()
    };
    // A certificate authority whose key stands nowhere is kept by its certificate, as long as nothing new is signed.
    let partial = |index: usize| -> Option<Vec<Zeroizing<String>>> {
        let parts = &draws.get(index)?.parts;
        let first = found.get(&(index, 0))?.clone();
        let rest = parts.iter().skip(1).cloned();
        Some(std::iter::once(first).chain(rest).collect())
    };
    let allowed = |index: usize, parts: &Vec<Zeroizing<String>>| {
        let texts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
        draws.get(index).is_some_and(|draw| draw.fits.allows(&texts, now))
    };
    let mut kept: Kept = Kept::new();
    let mut leaning: BTreeSet<usize> = BTreeSet::new();
    for (index, draw) in draws.iter().enumerate() {
        if let Some(parts) = complete(index).filter(|parts| allowed(index, parts)) {
            kept.insert(index, parts);
        } else if let Some(parts) = partial(index).filter(|_| draw.parts.len() > 1)
            && allowed(index, &parts)
        {
            kept.insert(index, parts);
            leaning.insert(index);
        }
    }
    loop {
        let before = kept.len();
        let orphans: Vec<usize> = kept
            .keys()
            .copied()
            .filter(|index| {
                let has_lost = draws[*index].needs.iter().any(|need| !kept.contains_key(need));
                let is_lost = leaning.contains(index)
                    && (0..draws.len()).any(|other| draws[other].needs.contains(index) && !kept.contains_key(&other));
                has_lost || is_lost
            })
            .collect();
        orphans.iter().for_each(|index| drop(kept.remove(index)));
        if kept.len() == before {
            return kept;
        }
    }
}

/// Where draws were met.
#[derive(Default)]
struct Traces {
    /// Each part of each draw that stands in a live object, by draw and part.
    found: BTreeMap<(usize, usize), Zeroizing<String>>,
    /// The draws that stand somewhere in the rendered objects.
    shown: BTreeSet<usize>,
    /// Those of them that stand at a place which a live object has.
    live: BTreeSet<usize>,
}

fn traces(first: &Rendering, places: &[Place], lives: &Lives) -> Traces {
    let mut traces = Traces::default();
    for place in places {
        let live = lives.text(place);
        let decoded = text_of(&place.text).map(|text| (text, live.as_deref().and_then(text_of)));
        for (rendered, live) in std::iter::once((place.text.clone(), live)).chain(decoded) {
            let spots = spots(first, &rendered);
            let draws = || spots.iter().map(|spot| spot.part.0);
            traces.shown.extend(draws());
            if let Some(live) = live {
                traces.live.extend(draws());
                for (part, text) in read_back(&rendered, &live, &spots).unwrap_or_default() {
                    traces.found.entry(part).or_insert_with(|| Zeroizing::new(text));
                }
            }
        }
    }
    traces
}

fn text_of(encoded: &str) -> Option<String> {
    let bytes = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

/// A part of a draw within a text.
struct Spot {
    start: usize,
    end: usize,
    /// Which draw, and which of its parts.
    part: (usize, usize),
    /// The template or YAML has cut its last line break off.
    cut: bool,
}

/// Finds the parts of draws in a rendered text.
fn spots(first: &Rendering, rendered: &str) -> Vec<Spot> {
    let mut spots = Vec::new();
    for (index, draw) in first.draws.iter().enumerate() {
        for (part, text) in draw.parts.iter().enumerate() {
            let trimmed = text.trim_end_matches('\n');
            let whole = rendered.find(text.as_str()).map(|at| (at, text.len()));
            let Some((start, length)) = whole.or_else(|| Some((rendered.find(trimmed)?, trimmed.len()))) else {
                continue;
            };
            // A number or a letter is found everywhere: only what fills the whole text counts.
            if length > 0 && (length >= SHORT || length == rendered.len()) {
                spots.push(Spot {
                    start,
                    end: start + length,
                    part: (index, part),
                    cut: whole.is_none() && length < text.len(),
                });
            }
        }
    }
    // Of two that overlap, the longer one is meant: a password within its own hash is none.
    spots.sort_by_key(|spot| (spot.start, std::cmp::Reverse(spot.end)));
    let mut end = 0;
    spots.retain(|spot| {
        let fits = spot.start >= end;
        if fits {
            end = spot.end;
        }
        fits
    });
    spots
}

/// What a live text has in the places of the spots.
fn read_back(rendered: &str, live: &str, spots: &[Spot]) -> Option<Vec<((usize, usize), String)>> {
    let mut found = Vec::new();
    let head = rendered.get(..spots.first()?.start)?;
    let mut rest = live.strip_prefix(head)?;
    for (number, spot) in spots.iter().enumerate() {
        let next = spots.get(number + 1);
        let between = rendered.get(spot.end..next.map_or(rendered.len(), |next| next.start))?;
        let (text, after) = match next {
            // What follows need not be the same as before: a new host behind an old password.
            None if between.is_empty() => (rest, ""),
            None => match rest.strip_suffix(between) {
                Some(text) => (text, ""),
                None => rest.split_at_checked(spot.end - spot.start)?,
            },
            // Two draws with nothing between them cannot be told apart.
            Some(_) if between.is_empty() => return None,
            Some(_) => rest.split_once(between)?,
        };
        if text.is_empty() {
            return None;
        }
        let text = if spot.cut { format!("{text}\n") } else { text.to_owned() };
        found.push((spot.part, text));
        rest = after;
    }
    Some(found)
}
