//! Go's patterns, read into the form that the regex engine compiles.
//!
//! Nothing is handed on as text: what the engine would read otherwise than Go does (`\d`, `$`, `\z`, `{,3}`, `\Q`) never
//! reaches its parser.

use regex_syntax::hir::{Capture, Hir, Look, Repetition};

use super::class;
use super::cursor::{between, check_utf8, counts, escape, next, skip};
use super::error::{Code, PatternError};
use super::set::{MAX, Set};

/// How deep Go lets expressions nest.
const GO_DEPTH: u32 = 1000;

/// How deep they may nest here.
const MAX_DEPTH: u32 = 200;

/// The most that a count, multiplied by those around it, may be.
const MAX_REPEAT: u64 = 1000;

/// The most ranges that the classes of a pattern may have together.
const MAX_RANGES: usize = 1 << 20;

/// As how many ranges the search for other cases counts, which takes about as long.
const FOLDING: usize = 16;

/// A pattern that has been read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The names of the groups, group 0 included; empty where there is none.
    pub(super) names: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Flags {
    fold: bool,
    lines: bool,
    dot_newline: bool,
    lazy: bool,
}

/// A part of the expression, with what limits look at.
#[derive(Debug)]
struct Node {
    hir: Hir,
    depth: u32,
    /// The highest product of nested counts.
    repeats: u64,
}

impl Node {
    fn leaf(hir: Hir) -> Self {
        Self {
            hir,
            depth: 1,
            repeats: 1,
        }
    }

    fn join(nodes: Vec<Self>, join: fn(Vec<Hir>) -> Hir) -> Self {
        let depth = nodes.iter().map(|node| node.depth).max().unwrap_or_default() + 1;
        let repeats = nodes.iter().map(|node| node.repeats).max().unwrap_or(1);
        Self {
            hir: join(nodes.into_iter().map(|node| node.hir).collect()),
            depth,
            repeats,
        }
    }
}

/// An open parenthesis, or the whole pattern.
#[derive(Debug, Default)]
struct Level {
    /// The flags to return to when it closes.
    flags: Flags,
    /// The number of the group; `None` for one that captures nothing.
    group: Option<u32>,
    alternatives: Vec<Node>,
    items: Vec<Node>,
}

impl Level {
    fn bar(&mut self) {
        let items = std::mem::take(&mut self.items);
        self.alternatives.push(single(items, Hir::concat));
    }

    fn close(mut self) -> Node {
        self.bar();
        let mut node = single(self.alternatives, Hir::alternation);
        if let Some(index) = self.group {
            node.depth += 1;
            node.hir = Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(node.hir),
            });
        }
        node
    }
}

fn single(mut nodes: Vec<Node>, join: fn(Vec<Hir>) -> Hir) -> Node {
    match nodes.len() {
        0 => Node::leaf(Hir::empty()),
        1 => nodes.pop().unwrap_or_else(|| Node::leaf(Hir::empty())),
        _ => Node::join(nodes, join),
    }
}

struct Parser<'a> {
    whole: &'a [u8],
    flags: Flags,
    /// The open levels but for the innermost.
    outer: Vec<Level>,
    level: Level,
    names: Vec<String>,
    /// How many ranges the classes have so far.
    ranges: usize,
    /// Whether the limit on depth is passed.
    too_deep: bool,
}

/// Reads a pattern.
pub(super) fn parse(pattern: &[u8]) -> Result<Parsed, PatternError> {
    let mut parser = Parser {
        whole: pattern,
        flags: Flags::default(),
        outer: Vec::new(),
        level: Level::default(),
        names: vec![String::new()],
        ranges: 0,
        too_deep: false,
    };
    let mut rest = pattern;
    // What the last operator of repetition was, from its sign to the end of the pattern: another one must not follow.
    let mut last = None;
    while let Some(first) = rest.first() {
        let before = rest;
        let (after, repeated) = match first {
            b'*' => (parser.repeat(before, skip(before, 1), 0, None, last)?, true),
            b'+' => (parser.repeat(before, skip(before, 1), 1, None, last)?, true),
            b'?' => (parser.repeat(before, skip(before, 1), 0, Some(1), last)?, true),
            b'{' => match counts(before) {
                Some((counts, after)) => {
                    let max = counts.max.unwrap_or_default();
                    let backwards = counts.max.is_some_and(|max| counts.min > max);
                    if counts.huge || counts.min > 1000 || max > 1000 || backwards {
                        return Err(Code::RepeatSize.at(between(before, after)));
                    }
                    (parser.repeat(before, after, counts.min, counts.max, last)?, true)
                }
                None => {
                    parser.literal('{'.into())?;
                    (skip(before, 1), false)
                }
            },
            _ => (parser.item(before)?, false),
        };
        last = repeated.then_some(before);
        rest = after;
    }
    if !parser.outer.is_empty() {
        return Err(Code::MissingParen.at(pattern));
    }
    let mut node = std::mem::take(&mut parser.level).close();
    parser.check_depth(&mut node)?;
    if parser.too_deep {
        return Err(parser.limit(format!("nests deeper than hoist reads ({MAX_DEPTH})")));
    }
    Ok(Parsed {
        hir: node.hir,
        names: parser.names,
    })
}

impl<'a> Parser<'a> {
    fn push(&mut self, mut node: Node) -> Result<(), PatternError> {
        self.check_depth(&mut node)?;
        self.level.items.push(node);
        Ok(())
    }

    fn leaf(&mut self, hir: Hir) {
        self.level.items.push(Node::leaf(hir));
    }

    fn class(&mut self, set: &Set) -> Result<(), PatternError> {
        self.ranges += set.len() + if self.flags.fold { FOLDING } else { 0 };
        if self.ranges > MAX_RANGES {
            return Err(self.limit(format!("has more ranges of characters than hoist reads ({MAX_RANGES})")));
        }
        self.leaf(set.hir());
        Ok(())
    }

    fn literal(&mut self, code: u32) -> Result<(), PatternError> {
        match char::from_u32(code) {
            Some(character) if !self.flags.fold => {
                let bytes = character.encode_utf8(&mut [0; 4]).as_bytes().to_vec();
                self.leaf(Hir::literal(bytes));
                Ok(())
            }
            _ => self.class(&Set::one(code, self.flags.fold)),
        }
    }

    fn check_depth(&mut self, node: &mut Node) -> Result<(), PatternError> {
        if node.depth > GO_DEPTH {
            return Err(Code::NestingDepth.at(self.whole));
        }
        if node.depth > MAX_DEPTH {
            // Go's own limit may still come: what is too deep already need not be built any further.
            node.hir = Hir::empty();
            self.too_deep = true;
        }
        Ok(())
    }

    fn limit(&self, why: String) -> PatternError {
        PatternError::Limit {
            pattern: String::from_utf8_lossy(self.whole).into_owned(),
            why,
        }
    }

    /// Everything but repetition.
    fn item(&mut self, text: &'a [u8]) -> Result<&'a [u8], PatternError> {
        let rest = skip(text, 1);
        let look = |lines: bool, line: Look, whole: Look| Hir::look(if lines { line } else { whole });
        match text.first() {
            Some(b'(') if rest.first() == Some(&b'?') => return self.open_perl(text),
            Some(b'(') => self.open(String::new()),
            Some(b'|') => self.level.bar(),
            Some(b')') => {
                let Some(outer) = self.outer.pop() else {
                    return Err(Code::UnexpectedParen.at(self.whole));
                };
                let level = std::mem::replace(&mut self.level, outer);
                self.flags = level.flags;
                self.push(level.close())?;
            }
            Some(b'^') => self.leaf(look(self.flags.lines, Look::StartLF, Look::Start)),
            Some(b'$') => self.leaf(look(self.flags.lines, Look::EndLF, Look::End)),
            Some(b'.') if self.flags.dot_newline => self.class(&Set::of(&[(0, MAX)]))?,
            Some(b'.') => self.class(&Set::of(&[(0, 0x09), (0x0B, MAX)]))?,
            Some(b'[') => {
                let (set, rest) = class::brackets(text, self.flags.fold)?;
                self.class(&set)?;
                return Ok(rest);
            }
            Some(b'\\') => return self.backslash(text),
            _ => {
                let (character, rest) = next(text)?;
                self.literal(character.into())?;
                return Ok(rest);
            }
        }
        Ok(rest)
    }

    fn backslash(&mut self, text: &'a [u8]) -> Result<&'a [u8], PatternError> {
        let rest = skip(text, 2);
        let look = match text.get(1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::WordAscii,
            Some(b'B') => Look::WordAsciiNegate,
            Some(b'C') => return Err(Code::Escape.at(between(text, rest))),
            Some(b'Q') => {
                let end = rest.windows(2).position(|pair| pair == br"\E");
                let mut quoted = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                while !quoted.is_empty() {
                    let (character, after) = next(quoted)?;
                    self.literal(character.into())?;
                    quoted = after;
                }
                return Ok(end.map_or(&[], |end| skip(rest, end + 2)));
            }
            _ => {
                let fold = self.flags.fold;
                let found = class::property(text, fold)?.or_else(|| class::perl(text, fold));
                if let Some((set, rest)) = found {
                    self.class(&set)?;
                    return Ok(rest);
                }
                let (code, rest) = escape(text)?;
                self.literal(code)?;
                return Ok(rest);
            }
        };
        self.leaf(Hir::look(look));
        Ok(rest)
    }

    fn open(&mut self, name: String) {
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.nest(Some(index));
    }

    fn nest(&mut self, group: Option<u32>) {
        let level = Level {
            flags: self.flags,
            group,
            ..Level::default()
        };
        self.outer.push(std::mem::replace(&mut self.level, level));
    }

    /// A parenthesis with a question mark: a name, flags, or a group that captures nothing.
    fn open_perl(&mut self, text: &'a [u8]) -> Result<&'a [u8], PatternError> {
        let name_at = if text.len() > 4 && text.starts_with(b"(?P<") {
            4
        } else if text.len() > 3 && text.starts_with(b"(?<") {
            3
        } else {
            return self.open_flags(text);
        };
        let Some(end) = text.iter().position(|byte| *byte == b'>') else {
            check_utf8(text)?;
            return Err(Code::NamedCapture.at(text));
        };
        let name = text.get(name_at..end).unwrap_or_default();
        check_utf8(name)?;
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(valid) {
            return Err(Code::NamedCapture.at(text.get(..=end).unwrap_or_default()));
        }
        self.open(String::from_utf8_lossy(name).into_owned());
        Ok(skip(text, end + 1))
    }

    fn open_flags(&mut self, text: &'a [u8]) -> Result<&'a [u8], PatternError> {
        let mut flags = self.flags;
        let mut rest = skip(text, 2);
        let mut set = true;
        let mut seen = false;
        while !rest.is_empty() {
            let (flag, after) = next(rest)?;
            rest = after;
            match flag {
                'i' => flags.fold = set,
                'm' => flags.lines = set,
                's' => flags.dot_newline = set,
                'U' => flags.lazy = set,
                '-' if set => {
                    set = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if set || seen => {
                    if flag == ':' {
                        self.nest(None);
                    }
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => break,
            }
            seen = true;
        }
        Err(Code::PerlOp.at(between(text, rest)))
    }

    /// Repeats the last item.
    fn repeat(
        &mut self,
        before: &'a [u8],
        after: &'a [u8],
        min: u32,
        max: Option<u32>,
        last: Option<&'a [u8]>,
    ) -> Result<&'a [u8], PatternError> {
        let mut greedy = !self.flags.lazy;
        let mut rest = after;
        if let Some(after) = rest.strip_prefix(b"?") {
            rest = after;
            greedy = !greedy;
        }
        if let Some(last) = last {
            return Err(Code::RepeatOp.at(between(last, rest)));
        }
        let Some(sub) = self.level.items.pop() else {
            return Err(Code::MissingRepeatArgument.at(between(before, rest)));
        };
        let counted = before.first() == Some(&b'{');
        let repeats = match max.unwrap_or(min) {
            _ if !counted => sub.repeats,
            // What is repeated no times has no size.
            0 if max.is_some() => 1,
            count => sub.repeats.saturating_mul(u64::from(count.max(1))),
        };
        if counted && (min >= 2 || max.is_some_and(|max| max >= 2)) && repeats > MAX_REPEAT {
            return Err(Code::RepeatSize.at(between(before, rest)));
        }
        self.push(Node {
            depth: sub.depth + 1,
            repeats,
            hir: Hir::repetition(Repetition {
                min,
                max,
                greedy,
                sub: Box::new(sub.hir),
            }),
        })?;
        Ok(rest)
    }
}
