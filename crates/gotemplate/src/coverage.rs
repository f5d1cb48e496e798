//! Which branches of the templates were taken: for tools that measure how much of a chart a set of values reaches.

use std::collections::BTreeMap;

use hoist_govalue::Str;

/// What kind of action branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BranchKind {
    /// `if`
    If,
    /// `with`
    With,
    /// `range`
    Range,
}

impl BranchKind {
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
            Self::Range => "range",
        }
    }
}

/// A branching action in a text. Each has two outcomes: its body, and its `else` part or nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch {
    /// The name under which the text was parsed.
    pub file: Str,
    /// The line of its pipeline, counted from 1.
    pub line: usize,
    /// The column of its pipeline in bytes, counted from 0.
    pub column: usize,
    /// What it is.
    pub kind: BranchKind,
    /// Whether it has an `else` part.
    pub has_else: bool,
    /// The text of its pipeline.
    pub pipeline: String,
    pub(crate) offset: u32,
}

/// How often each outcome of each branch was taken.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    // By the file, and the offset of the pipeline in it.
    taken: BTreeMap<Str, BTreeMap<u32, [u64; 2]>>,
}

impl Coverage {
    /// Nothing taken yet.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn record(&mut self, file: &Str, offset: u32, body: bool) {
        if !self.taken.contains_key(file) {
            self.taken.insert(file.clone(), BTreeMap::new());
        }
        if let Some(counts) = self.taken.get_mut(file) {
            counts.entry(offset).or_default()[usize::from(!body)] += 1;
        }
    }

    /// How often a branch's body was executed (once for a `range` that had elements), and how often it was not.
    pub fn counts(&self, branch: &Branch) -> [u64; 2] {
        let counts = self.taken.get(&branch.file).and_then(|file| file.get(&branch.offset));
        counts.copied().unwrap_or_default()
    }

    /// Adds what another run took.
    pub fn merge(&mut self, other: &Self) {
        for (file, branches) in &other.taken {
            let ours = self.taken.entry(file.clone()).or_default();
            for (offset, counts) in branches {
                let sum = ours.entry(*offset).or_default();
                sum[0] += counts[0];
                sum[1] += counts[1];
            }
        }
    }
}
