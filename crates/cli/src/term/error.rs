//! Errors for people: what happened, where, why, and what to do next.

use console::style;
use hoist_model::ErrorKind;

use crate::failure::Failure;

/// Prints an error on standard error and returns the exit code that goes with its kind.
pub(crate) fn report(failure: &Failure) -> u8 {
    eprint!("{}", text(failure));
    match failure.kind {
        ErrorKind::Interrupted => 130,
        ErrorKind::Internal => 70,
        ErrorKind::User | ErrorKind::Spec | ErrorKind::Remote => 1,
    }
}

/// The error as text.
pub(crate) fn text(failure: &Failure) -> String {
    let mut out = String::new();
    let mut lines = failure.message.lines();
    out.push_str(&format!(
        "{} {}\n",
        style("error:").red().bold(),
        lines.next().unwrap_or_default()
    ));
    for line in lines {
        out.push_str(&format!("  {line}\n"));
    }
    if let Some(hint) = &failure.hint {
        out.push_str(&format!("{} {hint}\n", style("hint:").cyan().bold()));
    }
    if failure.kind == ErrorKind::Internal {
        out.push_str(&format!(
            "{} this is a defect of hoist; please report it with the text above\n",
            style("note:").cyan().bold()
        ));
    }
    out
}
