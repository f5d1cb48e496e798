//! A diagnostic as a person reads it: the line with a caret under the offending text, and the hint.

use std::fmt::Write;

use hoist_model::Diagnostic;

use crate::shape::HIDDEN;

/// Renders a diagnostic with the line that it points at. `source` is the text of the file that its span names.
pub fn render(diagnostic: &Diagnostic, source: &str) -> String {
    let mut out = format!("error[{}]: {}\n", diagnostic.code, diagnostic.message);
    if let Some(span) = &diagnostic.span {
        let number = span.line.to_string();
        let margin = " ".repeat(number.len());
        // A tab would be shown wider than it counts.
        let line = source.lines().nth(span.line - 1).unwrap_or_default().replace('\t', " ");
        let line = line.trim_end();
        let carets = "^".repeat(span.length.clamp(1, 120));
        let indent = " ".repeat(span.column - 1);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{margin}--> {}:{}:{}", span.file.display(), span.line, span.column);
        if diagnostic.code != HIDDEN {
            let _ = writeln!(out, "{margin} |");
            let _ = writeln!(out, "{}", format!("{number} | {line}").trim_end());
            let _ = writeln!(out, "{margin} | {indent}{carets}");
        }
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(out, "{margin} = hint: {hint}");
        }
    } else if let Some(hint) = &diagnostic.hint {
        let _ = writeln!(out, "  = hint: {hint}");
    }
    out
}
