//! Searching, replacing and splitting, with Go's rules on empty matches and on bytes that are not UTF-8.

use std::borrow::Cow;

use hoist_govalue::{FuncError, Str, check_items, check_string, utf8};
use regex_automata::Input;
use regex_automata::meta;
use regex_automata::util::captures::Captures;

use super::error::PatternError;
use super::parse::parse;
use crate::unicode::{is_digit, is_letter};

/// The most bytes that a pattern may have.
const MAX_PATTERN: usize = 256 << 10;

/// The most bytes of memory that a compiled pattern may take.
const MAX_PROGRAM: usize = 32 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Regex {
    engine: meta::Regex,
    names: Vec<String>,
    empty: bool,
}

/// A text to search. Go takes each byte that is not UTF-8 for a character U+FFFD; the engine sees it so written.
struct Text<'a> {
    original: &'a [u8],
    seen: Cow<'a, [u8]>,
    /// Where, in what the engine sees, such characters begin.
    replaced: Vec<usize>,
}

impl<'a> Text<'a> {
    fn new(original: &'a [u8]) -> Result<Self, FuncError> {
        let mut replaced = Vec::new();
        if std::str::from_utf8(original).is_ok() {
            return Ok(Self {
                original,
                seen: Cow::Borrowed(original),
                replaced,
            });
        }
        check_string("a regular expression's input", original.len().saturating_mul(3))?;
        let mut seen = Vec::with_capacity(original.len() + 16);
        for chunk in original.utf8_chunks() {
            seen.extend_from_slice(chunk.valid().as_bytes());
            for _ in chunk.invalid() {
                replaced.push(seen.len());
                seen.extend_from_slice("\u{FFFD}".as_bytes());
            }
        }
        Ok(Self {
            original,
            seen: Cow::Owned(seen),
            replaced,
        })
    }

    /// The original bytes at a span of what the engine sees.
    fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        let at = |place: usize| place - 2 * self.replaced.partition_point(|it| *it < place);
        self.original.get(at(from)..at(to)).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.seen.len()
    }

    /// The place after the character at `at`; beyond the end where there is none.
    fn after(&self, at: usize) -> usize {
        let (_, width) = utf8::decode(self.seen.get(at..).unwrap_or_default());
        at + width.max(1)
    }
}

impl Regex {
    /// Compiles a pattern.
    pub(super) fn new(pattern: &[u8]) -> Result<Self, PatternError> {
        let refuse = |why: String| PatternError::Limit {
            pattern: String::from_utf8_lossy(pattern).chars().take(100).collect(),
            why,
        };
        if pattern.len() > MAX_PATTERN {
            return Err(refuse(format!("… is longer than hoist reads ({MAX_PATTERN} bytes)")));
        }
        let parsed = parse(pattern)?;
        let config = meta::Config::new().nfa_size_limit(Some(MAX_PROGRAM)).utf8_empty(true);
        let engine = meta::Builder::new()
            .configure(config)
            .build_from_hir(&parsed.hir)
            .map_err(|error| match error.size_limit() {
                Some(limit) => refuse(format!("takes more memory than hoist gives ({limit} bytes)")),
                None => refuse(format!("cannot be compiled: {error}")),
            })?;
        Ok(Self {
            engine,
            names: parsed.names,
            empty: pattern.is_empty(),
        })
    }

    /// How many bytes of memory it takes, about.
    pub(super) fn size(&self) -> usize {
        self.engine.memory_usage()
    }

    fn at(&self, text: &Text<'_>, from: usize) -> Option<(usize, usize)> {
        let input = Input::new(&*text.seen).range(from..);
        self.engine.search(&input).map(|found| (found.start(), found.end()))
    }

    /// Whether there is a match.
    pub(super) fn is_match(&self, text: &[u8]) -> Result<bool, FuncError> {
        Ok(self.engine.is_match(&*Text::new(text)?.seen))
    }

    /// The first match; empty where there is none.
    pub(super) fn find(&self, text: &[u8]) -> Result<Str, FuncError> {
        let text = Text::new(text)?;
        Ok(self
            .at(&text, 0)
            .map(|(start, end)| Str::from(text.slice(start, end)))
            .unwrap_or_default())
    }

    fn spans(&self, text: &Text<'_>, limit: i64) -> Result<Vec<(usize, usize)>, FuncError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut spans = Vec::new();
        let mut from = 0;
        let mut last_end = None;
        while spans.len() < limit && from <= text.len() {
            let Some((start, end)) = self.at(text, from) else {
                break;
            };
            // An empty match right behind another match does not count.
            let accepted = end != from || last_end != Some(start);
            from = if end == from { text.after(from) } else { end };
            last_end = Some(end);
            if accepted {
                check_items("matches of a regular expression", spans.len() + 1)?;
                spans.push((start, end));
            }
        }
        Ok(spans)
    }

    /// The matches, at most `limit` of them unless that is negative; `None` where there are none.
    pub(super) fn find_all(&self, text: &[u8], limit: i64) -> Result<Option<Vec<Str>>, FuncError> {
        let text = Text::new(text)?;
        let spans = self.spans(&text, limit)?;
        let found = spans.iter().map(|(start, end)| Str::from(text.slice(*start, *end)));
        Ok((!spans.is_empty()).then(|| found.collect()))
    }

    /// What is between matches, in at most `limit` parts unless that is negative; `None` for a limit of none.
    pub(super) fn split(&self, text: &[u8], limit: i64) -> Result<Option<Vec<Str>>, FuncError> {
        if limit == 0 {
            return Ok(None);
        }
        if !self.empty && text.is_empty() {
            return Ok(Some(vec![Str::default()]));
        }
        let text = Text::new(text)?;
        let most = usize::try_from(limit).map_or(usize::MAX, |limit| limit - 1);
        let mut parts = Vec::new();
        let (mut begin, mut end) = (0, 0);
        for (start, stop) in self.spans(&text, limit)? {
            if parts.len() >= most {
                break;
            }
            end = start;
            if stop != 0 {
                parts.push(Str::from(text.slice(begin, end)));
            }
            begin = stop;
        }
        if end != text.len() {
            parts.push(Str::from(text.slice(begin, text.len())));
        }
        Ok(Some(parts))
    }

    /// Replaces each match; in the replacement, `$1` and `${name}` are groups unless it is `literal`.
    pub(super) fn replace_all(&self, text: &[u8], replacement: &[u8], literal: bool) -> Result<Str, FuncError> {
        let text = Text::new(text)?;
        let groups = !literal && replacement.contains(&b'$');
        let mut captures = self.engine.create_captures();
        let mut out = Vec::new();
        let (mut from, mut last_end) = (0, 0);
        while from <= text.len() {
            let found = if groups {
                let input = Input::new(&*text.seen).range(from..);
                self.engine.search_captures(&input, &mut captures);
                captures.get_match().map(|found| (found.start(), found.end()))
            } else {
                self.at(&text, from)
            };
            let Some((start, end)) = found else {
                break;
            };
            out.extend_from_slice(text.slice(last_end, start));
            // An empty match right behind another match does not count.
            if end > last_end || start == 0 {
                if groups {
                    self.expand(&mut out, replacement, &text, &captures)?;
                } else {
                    grown(&out, replacement)?;
                    out.extend_from_slice(replacement);
                }
            }
            last_end = end;
            from = if end > from { end } else { text.after(from) };
        }
        let rest = text.slice(last_end, text.len());
        grown(&out, rest)?;
        out.extend_from_slice(rest);
        Ok(out.into())
    }

    fn expand(
        &self,
        out: &mut Vec<u8>,
        mut template: &[u8],
        text: &Text<'_>,
        captures: &Captures,
    ) -> Result<(), FuncError> {
        while let Some(dollar) = template.iter().position(|byte| *byte == b'$') {
            let (before, after) = template.split_at(dollar);
            grown(out, before)?;
            out.extend_from_slice(before);
            template = after.get(1..).unwrap_or_default();
            if let Some(rest) = template.strip_prefix(b"$") {
                out.push(b'$');
                template = rest;
                continue;
            }
            let Some((name, rest)) = reference(template) else {
                out.push(b'$');
                continue;
            };
            template = rest;
            let group = match number(name) {
                Some(index) => captures.get_group(index),
                // Of several groups with one name, the first that has matched.
                None => self
                    .names
                    .iter()
                    .enumerate()
                    .filter(|(_, known)| known.as_bytes() == name)
                    .find_map(|(index, _)| captures.get_group(index)),
            };
            if let Some(span) = group {
                let matched = text.slice(span.start, span.end);
                grown(out, matched)?;
                out.extend_from_slice(matched);
            }
        }
        grown(out, template)?;
        out.extend_from_slice(template);
        Ok(())
    }
}

fn grown(out: &[u8], more: &[u8]) -> Result<(), FuncError> {
    check_string(
        "a regular expression's replacements",
        out.len().saturating_add(more.len()),
    )
}

/// The name of a group after a dollar sign, with or without braces, and what follows it.
fn reference(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let braced = text.strip_prefix(b"{");
    let text = braced.unwrap_or(text);
    let end = utf8::runes(text)
        .find(|(_, character, _)| !(is_letter(*character) || is_digit(*character) || *character == '_'))
        .map_or(text.len(), |(at, ..)| at);
    let (name, rest) = text.split_at_checked(end)?;
    if name.is_empty() {
        return None;
    }
    let rest = if braced.is_some() {
        rest.strip_prefix(b"}")?
    } else {
        rest
    };
    Some((name, rest))
}

/// The number of a group, where its name is one.
fn number(name: &[u8]) -> Option<usize> {
    if name.len() > 1 && name.first() == Some(&b'0') || !name.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(name).ok()?.parse().ok()?;
    // Go reads numbers up to here; longer ones are names, which no group has.
    (number < 1_000_000_000).then_some(usize::try_from(number).ok()?)
}
