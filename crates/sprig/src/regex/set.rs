//! Sets of characters, surrogates included, since Go's patterns can name them though no text holds one.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Hir};

use super::unicode;

/// The last code point.
pub(super) const MAX: u32 = 0x10_FFFF;

/// A set of code points. Its ranges may overlap until [`Set::clean`] is called.
#[derive(Clone, Debug, Default)]
pub(super) struct Set(Vec<(u32, u32)>);

impl Set {
    /// The set of these ranges, both ends included.
    pub(super) fn of(ranges: &[(u32, u32)]) -> Self {
        Self(ranges.to_vec())
    }

    /// The set of one code point, and of what equals it but for case where `fold` is set.
    pub(super) fn one(code: u32, fold: bool) -> Self {
        let mut set = Self::of(&[(code, code)]);
        if fold {
            set.fold();
        }
        set
    }

    /// How many ranges it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a range.
    pub(super) fn push(&mut self, from: u32, to: u32) {
        self.0.push((from, to));
    }

    /// Adds another set.
    pub(super) fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Adds what equals a member but for case.
    pub(super) fn fold(&mut self) {
        if self.0.iter().all(|(_, to)| *to < 0x80) {
            return self.fold_ascii();
        }
        let folded = unicode::folded(&self.class());
        self.0
            .extend(folded.ranges().iter().map(|it| (it.start().into(), it.end().into())));
        self.clean();
    }

    fn fold_ascii(&mut self) {
        let mut more = Vec::new();
        for (from, to) in &self.0 {
            for code in *from..=*to {
                match char::from_u32(code).filter(char::is_ascii_alphabetic) {
                    None => continue,
                    Some('k' | 'K') => more.push((0x212A, 0x212A)),
                    Some('s' | 'S') => more.push((0x017F, 0x017F)),
                    Some(_) => {}
                }
                more.push((code ^ 0x20, code ^ 0x20));
            }
        }
        self.0.append(&mut more);
        self.clean();
    }

    /// Sorts and joins the ranges.
    pub(super) fn clean(&mut self) {
        self.0.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for (from, to) in self.0.drain(..) {
            match joined.last_mut() {
                Some((_, end)) if from <= end.saturating_add(1) => *end = to.max(*end),
                _ => joined.push((from, to)),
            }
        }
        self.0 = joined;
    }

    /// What is not in the set.
    pub(super) fn negated(mut self) -> Self {
        self.clean();
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for (from, to) in self.0 {
            if from > next {
                rest.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= MAX {
            rest.push((next, MAX));
        }
        Self(rest)
    }

    /// The characters of the set.
    pub(super) fn class(&self) -> ClassUnicode {
        // A range that begins or ends among the surrogates goes on at their border.
        let range = |(from, to): &(u32, u32)| {
            let from = char::from_u32(*from).unwrap_or('\u{E000}');
            let to = char::from_u32(*to).unwrap_or('\u{D7FF}');
            (from <= to).then(|| ClassUnicodeRange::new(from, to))
        };
        ClassUnicode::new(self.0.iter().filter_map(range))
    }

    /// The expression that matches one character of the set.
    pub(super) fn hir(&self) -> Hir {
        Hir::class(regex_syntax::hir::Class::Unicode(self.class()))
    }
}
