//! The patterns of `.Files.Glob`: those of gobwas/glob, with `/` as the separator.

use std::collections::BTreeSet;

/// How deep braces may nest.
const MAX_BRACES: usize = 32;

/// A pattern.
#[derive(Debug)]
pub(super) struct Glob(Vec<Node>);

/// Why a pattern is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is none; Helm takes all files then.
    NoPattern,
    /// The library that Helm has finds things of its own making in it.
    Unclear,
}

#[derive(Debug)]
enum Node {
    Char(char),
    /// `*`: any number of characters other than `/`.
    Any,
    /// `**`: any number of characters.
    Super,
    /// `?`: one character other than `/`.
    Single,
    /// `[abc]`, `[a-z]`, `[!…]`.
    Class {
        not: bool,
        ranges: Vec<(char, char)>,
    },
    /// `{a,b}`.
    Either(Vec<Vec<Node>>),
}

impl Glob {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str) -> Result<Self, Refused> {
        // The library that Helm uses takes a NUL for the end.
        let pattern = pattern.split('\0').next().unwrap_or_default();
        let chars: Vec<char> = pattern.chars().collect();
        if chars.contains(&char::REPLACEMENT_CHARACTER) {
            return Err(Refused::NoPattern);
        }
        let mut parser = Parser { chars: &chars, at: 0 };
        let nodes = parser.nodes(0).ok_or(Refused::NoPattern)?;
        if is_unclear(&nodes) {
            return Err(Refused::Unclear);
        }
        Ok(Self(nodes))
    }

    /// The pattern that matches everything.
    pub(super) fn everything() -> Self {
        Self(vec![Node::Super])
    }

    /// Whether a name matches as a whole.
    pub(super) fn matches(&self, name: &str) -> bool {
        // With text on both sides of one `**`, that library asks for a beginning and an end, which may overlap.
        if let Some((prefix, suffix)) = self.around_super() {
            return name.starts_with(&prefix) && name.ends_with(&suffix);
        }
        let name: Vec<char> = name.chars().collect();
        walk(&self.0, &name, BTreeSet::from([0])).contains(&name.len())
    }

    fn around_super(&self) -> Option<(String, String)> {
        let at = self.0.iter().position(|node| matches!(node, Node::Super))?;
        let text = |nodes: &[Node]| {
            let chars = nodes.iter().map(|node| match node {
                Node::Char(c) => Some(*c),
                _ => None,
            });
            chars.collect::<Option<String>>()
        };
        Some((text(&self.0[..at])?, text(&self.0[at + 1..])?))
    }
}

/// Whether one of the ways of an alternative is empty, or `**` stands beside `*`. What such a pattern matches depends on
/// how that library puts its matchers together, and not on the pattern alone.
fn is_unclear(nodes: &[Node]) -> bool {
    let stars = |pair: &[Node]| matches!(pair, [Node::Super, Node::Any] | [Node::Any, Node::Super]);
    nodes.windows(2).any(stars)
        || nodes.iter().any(|node| match node {
            Node::Either(ways) => ways.iter().any(|way| way.is_empty() || is_unclear(way)),
            _ => false,
        })
}

/// Where the rest of a name may begin once the nodes have taken their part, from each of these beginnings.
fn walk(nodes: &[Node], name: &[char], mut from: BTreeSet<usize>) -> BTreeSet<usize> {
    for node in nodes {
        if from.is_empty() {
            break;
        }
        from = match node {
            Node::Char(c) => one(name, &from, |got| got == *c),
            Node::Single => one(name, &from, |got| got != '/'),
            Node::Class { not, ranges } => one(name, &from, |got| {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&got)) != *not
            }),
            Node::Any => many(name, &from, |got| got != '/'),
            Node::Super => many(name, &from, |_| true),
            Node::Either(ways) => ways.iter().flat_map(|way| walk(way, name, from.clone())).collect(),
        };
    }
    from
}

fn one(name: &[char], from: &BTreeSet<usize>, takes: impl Fn(char) -> bool) -> BTreeSet<usize> {
    let next = |at: &usize| name.get(*at).is_some_and(|c| takes(*c)).then_some(at + 1);
    from.iter().filter_map(next).collect()
}

fn many(name: &[char], from: &BTreeSet<usize>, takes: impl Fn(char) -> bool) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    for &start in from {
        let mut at = start;
        // What begins where another one has been already reaches nothing new.
        while reached.insert(at) && name.get(at).is_some_and(|c| takes(*c)) {
            at += 1;
        }
    }
    reached
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.chars.get(self.at) == Some(&wanted);
        self.at += usize::from(found);
        found
    }

    /// The nodes up to the end, or up to the comma or brace that ends one way of an alternative.
    fn nodes(&mut self, braces: usize) -> Option<Vec<Node>> {
        let mut nodes = Vec::new();
        while let Some(c) = self.next() {
            match c {
                ',' | '}' if braces > 0 => {
                    self.at -= 1;
                    break;
                }
                '*' if self.take('*') => {
                    // One after another is one.
                    if !matches!(nodes.last(), Some(Node::Super)) {
                        nodes.push(Node::Super);
                    }
                }
                '*' => nodes.push(Node::Any),
                '?' => nodes.push(Node::Single),
                '[' => nodes.push(self.class()?),
                '{' if braces < MAX_BRACES => {
                    let mut ways = vec![self.nodes(braces + 1)?];
                    while self.take(',') {
                        ways.push(self.nodes(braces + 1)?);
                    }
                    // A brace that is never closed ends with the pattern.
                    self.take('}');
                    nodes.push(Node::Either(ways));
                }
                '{' => return None,
                '\\' => nodes.extend(self.next().map(Node::Char)),
                c => nodes.push(Node::Char(c)),
            }
        }
        Some(nodes)
    }

    fn class(&mut self) -> Option<Node> {
        let not = self.take('!');
        let low = self.next()?;
        if self.take('-') {
            let high = self.next()?;
            return (low <= high && self.take(']')).then(|| Node::Class {
                not,
                ranges: vec![(low, high)],
            });
        }
        self.at -= 1;
        let mut ranges = Vec::new();
        loop {
            let c = match self.next()? {
                ']' => break,
                '\\' => self.next()?,
                c => c,
            };
            ranges.push((c, c));
        }
        match ranges.as_slice() {
            [] => None,
            // Of one character, it is that character.
            [(c, _)] if !not => Some(Node::Char(*c)),
            _ => Some(Node::Class { not, ranges }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("**", "a/b", true),
            ("a/**.yaml", "a/b/c.yaml", true),
            ("{a,b}/*.txt", "b/x.txt", true),
            ("{a,b}/*.txt", "c/x.txt", false),
            ("[!a]b", "cb", true),
            ("[a-c]?", "bd", true),
            ("a,b}", "a,b}", true),
            ("x{a,{b,c}d}", "xcd", true),
            ("x{a", "xa", true),
            ("\\*", "*", true),
            ("", "", true),
            ("ab**ba", "aba", true),
        ] {
            assert_eq!(
                Glob::parse(pattern).unwrap().matches(name),
                expected,
                "{pattern} {name}"
            );
        }
        for pattern in ["[", "[]", "[z-a]", "[a-", "[a-zx]", "[abc"] {
            assert_eq!(Glob::parse(pattern).unwrap_err(), Refused::NoPattern, "{pattern}");
        }
        for pattern in ["x{a,}", "x{", "a***", "{***}"] {
            assert_eq!(Glob::parse(pattern).unwrap_err(), Refused::Unclear, "{pattern}");
        }
    }
}
