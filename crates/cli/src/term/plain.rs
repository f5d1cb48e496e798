//! Progress without a terminal: one line for each thing worth a line in a log.

use std::io::Write;
use std::time::Duration;

use hoist_engine::{Event, Sink, Stamped};

use super::duration;

/// Prints a line as things happen, on standard error.
pub(crate) struct Plain {
    /// Also say what running steps do.
    pub(crate) verbose: bool,
}

impl Sink for Plain {
    fn event(&self, event: &Stamped) {
        if let Some(line) = line(&event.event, self.verbose) {
            let _ = writeln!(std::io::stderr().lock(), "{} {line}", event.at.format("%H:%M:%S"));
        }
    }
}

pub(super) fn line(event: &Event, verbose: bool) -> Option<String> {
    Some(match event {
        Event::RoundStarted { round, changes, waits } => format!("round {round}: {changes} changes, {waits} waits"),
        Event::StepStarted {
            key, verb, attempt: 1, ..
        } => format!("{verb} {key} …"),
        Event::StepProgress { key, what } if verbose || key.kind() == "node" => format!("  {key}: {what}"),
        Event::StepRetrying { key, error, after_ms } => {
            format!(
                "{key}: {error}; again in {}",
                duration(Duration::from_millis(*after_ms))
            )
        }
        Event::StepFinished {
            key,
            verb,
            unchanged,
            note,
            elapsed_ms,
        } => {
            let note = note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
            let done = if *unchanged { "nothing left to do" } else { "done" };
            format!(
                "{verb} {key} {done} in {}{note}",
                duration(Duration::from_millis(*elapsed_ms))
            )
        }
        Event::StepFailed {
            key,
            verb,
            error,
            elapsed_ms,
        } => {
            format!(
                "{verb} {key} FAILED after {}: {error}",
                duration(Duration::from_millis(*elapsed_ms))
            )
        }
        Event::StepSkipped { key, because } => format!("{key} not begun: {because}"),
        Event::Stopping => "stopping: running steps are finished; Ctrl-C again ends them now".to_owned(),
        _ => return None,
    })
}
