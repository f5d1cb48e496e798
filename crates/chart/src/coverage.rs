//! Which branches of a chart's templates a rendering took.

use hoist_gotemplate::{Branch, Coverage, Set};

/// The branches of a chart's templates, and how often each was taken.
#[derive(Clone, Debug, Default)]
pub struct TemplateCoverage {
    branches: Vec<Branch>,
    taken: Coverage,
}

impl TemplateCoverage {
    pub(crate) fn new(set: &Set, taken: Coverage) -> Self {
        Self {
            branches: set.branches(),
            taken,
        }
    }

    /// Every branch, and how often its body was taken, and what stands in its place.
    pub fn branches(&self) -> impl Iterator<Item = (&Branch, [u64; 2])> {
        self.branches.iter().map(|branch| (branch, self.taken.counts(branch)))
    }

    /// Adds what another rendering took.
    pub fn merge(&mut self, other: &Self) {
        self.taken.merge(&other.taken);
        self.branches.extend(other.branches.iter().cloned());
        self.branches.sort();
        self.branches.dedup();
    }
}
