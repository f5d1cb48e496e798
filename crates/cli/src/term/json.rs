//! Events as JSON, one a line, on standard output.

use std::io::Write;

use hoist_engine::{Sink, Stamped};

/// Prints each event as it happens.
pub(crate) struct Json;

impl Sink for Json {
    fn event(&self, event: &Stamped) {
        if let Ok(line) = serde_json::to_string(event) {
            // A reader that went away (a closed pipe) does not stop the run.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }
}
