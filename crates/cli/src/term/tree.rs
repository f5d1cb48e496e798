//! Progress on a terminal: a tree of what runs, what waits and for what, drawn in place.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use console::{Term, style};
use hoist_engine::{Event, Sink, Stamped};
use hoist_model::Key;

use super::{duration, plain};

struct Running {
    since: Instant,
    what: Option<String>,
}

#[derive(Default)]
struct Group {
    name: String,
    total: BTreeSet<Key>,
    done: usize,
    failed: usize,
    running: Vec<(Key, Running)>,
    waiting: HashMap<Key, Vec<Key>>,
}

/// The state of a run as a terminal shows it.
pub(super) struct State {
    began: Instant,
    round: usize,
    groups: Vec<Group>,
    finished: BTreeSet<Key>,
    stopping: bool,
}

impl State {
    pub(super) fn new(began: Instant) -> Self {
        Self {
            began,
            round: 0,
            groups: Vec::new(),
            finished: BTreeSet::new(),
            stopping: false,
        }
    }

    fn group(&mut self, name: Option<&str>) -> &mut Group {
        let name = name.unwrap_or("other");
        let at = self
            .groups
            .iter()
            .position(|group| group.name == name)
            .unwrap_or_else(|| {
                self.groups.push(Group {
                    name: name.to_owned(),
                    ..Group::default()
                });
                self.groups.len() - 1
            });
        &mut self.groups[at]
    }

    /// Takes an event in; returns a line to leave standing above the tree.
    pub(super) fn take(&mut self, event: &Event, now: Instant) -> Option<String> {
        match event {
            Event::RoundStarted { round, .. } => {
                self.round = *round;
                self.groups.clear();
                self.finished.clear();
            }
            Event::StepWaiting { key, group, on, .. } => {
                let group = self.group(group.as_deref());
                group.total.insert(key.clone());
                group.waiting.insert(key.clone(), on.clone());
            }
            Event::StepStarted {
                key, group, attempt, ..
            } => {
                let group = self.group(group.as_deref());
                group.total.insert(key.clone());
                group.waiting.remove(key);
                if *attempt == 1 {
                    group.running.push((key.clone(), Running { since: now, what: None }));
                }
            }
            Event::StepProgress { key, what } => self.running(key, |running| running.what = Some(what.clone())),
            Event::StepRetrying { key, error, .. } => {
                self.running(key, |running| running.what = Some(format!("again soon: {error}")))
            }
            Event::StepFinished { key, .. } => {
                self.finished.insert(key.clone());
                self.end(key, false);
            }
            Event::StepFailed { key, .. } => {
                self.end(key, true);
                return plain::line(event, true).map(|line| style(line).red().to_string());
            }
            Event::Stopping => {
                self.stopping = true;
                return plain::line(event, true).map(|line| style(line).yellow().to_string());
            }
            _ => {}
        }
        None
    }

    fn running(&mut self, key: &Key, change: impl FnOnce(&mut Running)) {
        let mut all = self.groups.iter_mut().flat_map(|group| group.running.iter_mut());
        if let Some((_, running)) = all.find(|(other, _)| other == key) {
            change(running);
        }
    }

    fn end(&mut self, key: &Key, failed: bool) {
        for group in &mut self.groups {
            if group.total.contains(key) {
                group.running.retain(|(other, _)| other != key);
                if failed {
                    group.failed += 1;
                } else {
                    group.done += 1;
                }
            }
        }
    }

    /// The lines of the tree, at most `height`, each at most `width` wide.
    pub(super) fn lines(&self, now: Instant, width: usize, height: usize) -> Vec<String> {
        let total: usize = self.groups.iter().map(|group| group.total.len()).sum();
        let done: usize = self.groups.iter().map(|group| group.done).sum();
        let mut lines = vec![format!(
            "round {} · {done}/{total} steps · {}",
            self.round,
            duration(now - self.began)
        )];
        let open: Vec<&Group> = self
            .groups
            .iter()
            .filter(|group| group.done < group.total.len())
            .collect();
        for (index, group) in open.iter().enumerate() {
            let last = index + 1 == open.len();
            let state = self.waits(group).unwrap_or_default();
            let failed = if group.failed > 0 {
                style(format!(" {} failed", group.failed)).red().to_string()
            } else {
                String::new()
            };
            lines.push(format!(
                "{} {} {}/{}{failed}{state}",
                if last { "└─" } else { "├─" },
                style(&group.name).bold(),
                group.done,
                group.total.len()
            ));
            let stem = if last { "   " } else { "│  " };
            const SHOWN: usize = 4;
            for (key, running) in group.running.iter().take(SHOWN) {
                let what = running
                    .what
                    .as_deref()
                    .map(|what| format!(" {what}"))
                    .unwrap_or_default();
                lines.push(format!(
                    "{stem}  {key}{} {}",
                    style(what).dim(),
                    style(duration(now - running.since)).dim()
                ));
            }
            if group.running.len() > SHOWN {
                lines.push(format!("{stem}  and {} more", group.running.len() - SHOWN));
            }
        }
        if lines.len() > height {
            let hidden = lines.len() - height + 1;
            lines.truncate(height - 1);
            lines.push(format!("   … {hidden} more lines"));
        }
        lines
            .iter()
            .map(|line| console::truncate_str(line, width, "…").into_owned())
            .collect()
    }

    fn waits(&self, group: &Group) -> Option<String> {
        if !group.running.is_empty() {
            return None;
        }
        let on: BTreeSet<&Key> = group
            .waiting
            .values()
            .flatten()
            .filter(|key| !self.finished.contains(key) && !group.total.contains(key))
            .collect();
        let mut on = on.into_iter();
        let first = on.next()?;
        let more = on.count();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(style(format!("  waits for {first}{more}")).dim().to_string())
    }
}

struct Shared {
    state: State,
    term: Term,
    drawn: usize,
    over: bool,
}

impl Shared {
    fn draw(&mut self) {
        let (rows, columns) = self.term.size();
        let lines = self.state.lines(
            Instant::now(),
            usize::from(columns).max(20),
            usize::from(rows).saturating_sub(2).max(3),
        );
        let _ = self.term.clear_last_lines(self.drawn);
        for line in &lines {
            let _ = self.term.write_line(line);
        }
        self.drawn = lines.len();
    }

    fn leave(&mut self, line: &str) {
        let _ = self.term.clear_last_lines(self.drawn);
        self.drawn = 0;
        let _ = self.term.write_line(line);
    }
}

/// Draws the tree on standard error until it is dropped.
pub(crate) struct Tree(Arc<Mutex<Shared>>);

impl Tree {
    /// Begins to draw, ten times a second.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            state: State::new(Instant::now()),
            term: Term::stderr(),
            drawn: 0,
            over: false,
        };
        let shared = Arc::new(Mutex::new(shared));
        let drawer = shared.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_millis(100));
                let mut shared = drawer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if shared.over {
                    break;
                }
                shared.draw();
            }
        });
        Self(shared)
    }
}

impl Sink for Tree {
    fn event(&self, event: &Stamped) {
        let mut shared = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(line) = shared.state.take(&event.event, Instant::now()) {
            shared.leave(&line);
        }
        if let Event::RunFinished { .. } = event.event {
            shared.over = true;
            let drawn = shared.drawn;
            let _ = shared.term.clear_last_lines(drawn);
            shared.drawn = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hoist_model::Verb;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn the_tree_shows_what_runs_and_what_the_rest_waits_for() {
        console::set_colors_enabled(false);
        let began = Instant::now();
        let mut state = State::new(began);
        let group = |name: &str| Some(name.to_owned());
        let later = began + Duration::from_secs(12);
        for event in [
            Event::RoundStarted {
                round: 2,
                changes: 4,
                waits: 1,
            },
            Event::StepWaiting {
                key: key("Deployment.apps/kube-system/coredns"),
                verb: Verb::Create,
                group: group("coredns"),
                on: vec![key("ready/cilium")],
            },
            Event::StepStarted {
                key: key("Secret/a/b"),
                verb: Verb::Create,
                group: group("bootstrap"),
                attempt: 1,
            },
            Event::StepStarted {
                key: key("node/kube-control"),
                verb: Verb::Create,
                group: group("kube-control"),
                attempt: 1,
            },
            Event::StepProgress {
                key: key("node/kube-control"),
                what: "waiting for SSH on 192.0.2.1:22".into(),
            },
            Event::StepFinished {
                key: key("Secret/a/b"),
                verb: Verb::Create,
                unchanged: false,
                note: None,
                elapsed_ms: 3,
            },
        ] {
            state.take(&event, began);
        }
        insta::assert_snapshot!(state.lines(later, 100, 40).join("\n"), @r"
        round 2 · 1/3 steps · 12.0s
        ├─ coredns 0/1  waits for ready/cilium
        └─ kube-control 0/1
             node/kube-control waiting for SSH on 192.0.2.1:22 12.0s
        ");
        assert!(
            state
                .lines(later, 30, 3)
                .iter()
                .all(|line| console::measure_text_width(line) <= 30)
        );
        assert_eq!(state.lines(later, 30, 3).len(), 3);
    }
}
