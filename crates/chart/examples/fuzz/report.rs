//! What came of all cases.

use std::collections::BTreeMap;

/// What is wrong with a case.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) index: u64,
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The folder of the smallest case that was found to do the same.
    pub(crate) folder: String,
}

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) cases: u64,
    /// By the kind's first word: all, and those that rendered.
    pub(crate) kinds: BTreeMap<String, (u64, u64)>,
    /// Microseconds, the case and its kind; the slowest first.
    pub(crate) slowest: Vec<(u64, u64, String)>,
    /// KiB, the case and its kind; the largest first.
    pub(crate) largest: Vec<(u64, u64, String)>,
    /// By what tells findings apart: the first one, and how many.
    pub(crate) findings: BTreeMap<String, (Finding, u64)>,
}

const SHOWN: usize = 8;

/// What two findings have in common when they are the same one.
pub(crate) fn key(problem: &str) -> String {
    let place = problem
        .rsplit_once(" at ")
        .filter(|_| problem.starts_with("panic"))
        .map(|(_, place)| place);
    place
        .unwrap_or(problem)
        .chars()
        .filter(|it| place.is_some() || !it.is_ascii_digit())
        .take(60)
        .collect()
}

fn keep(list: &mut Vec<(u64, u64, String)>, entry: (u64, u64, &str)) {
    let at = list.partition_point(|it| it.0 >= entry.0);
    if at < SHOWN {
        list.insert(at, (entry.0, entry.1, entry.2.to_owned()));
        list.truncate(SHOWN);
    }
}

impl Report {
    pub(crate) fn ended(&mut self, index: u64, kind: &str, micros: u64, peak_kib: u64, rendered: bool) {
        self.cases += 1;
        let counts = self
            .kinds
            .entry(kind.split(' ').next().unwrap_or_default().to_owned())
            .or_default();
        counts.0 += 1;
        counts.1 += u64::from(rendered);
        keep(&mut self.slowest, (micros, index, kind));
        keep(&mut self.largest, (peak_kib, index, kind));
    }

    /// Whether it is the first of its sort.
    pub(crate) fn found(&mut self, finding: Finding) -> bool {
        let mut key = key(&finding.text);
        if key.starts_with("too ") {
            // What is slow, or large, shows by the case alone.
            key.extend(finding.kind.split(' ').take(2));
        }
        if let Some((_, count)) = self.findings.get_mut(&key) {
            *count += 1;
            return false;
        }
        self.findings.insert(key, (finding, 1));
        true
    }

    pub(crate) fn print(&self, seed: u64, seconds: u64) {
        println!("seed {seed}: {} cases in {seconds} s", self.cases);
        for (kind, (all, rendered)) in &self.kinds {
            println!("  {kind}: {all} cases, {rendered} rendered, {} refused", all - rendered);
        }
        println!("slowest, by the processor's time:");
        for (micros, index, kind) in &self.slowest {
            println!("  {:.3} s: case {index}, {kind}", *micros as f64 / 1e6);
        }
        println!("most memory:");
        for (kib, index, kind) in &self.largest {
            println!("  {} MiB: case {index}, {kind}", kib >> 10);
        }
        for (finding, count) in self.findings.values() {
            println!(
                "FINDING ({count} times): case {} of seed {seed}, {}\n  {}\n  {}",
                finding.index, finding.kind, finding.text, finding.folder
            );
        }
        println!("{} findings", self.findings.len());
    }
}
