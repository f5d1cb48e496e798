//! The system's own units as `systemctl` shows them, and what they have said.

use std::path::Path;

use super::files::{append, place};

/// How a unit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitState {
    Inactive,
    Activating,
    Active,
    Failed,
}

/// Writes how a unit of the system stands.
pub(super) fn set(control: &Path, unit: &str, active: UnitState) {
    let (active, sub, result, status) = match active {
        UnitState::Inactive => ("inactive", "dead", "success", 0),
        UnitState::Activating => ("activating", "start", "success", 0),
        UnitState::Active => ("active", "running", "success", 0),
        UnitState::Failed => ("failed", "failed", "exit-code", 1),
    };
    let state = format!(
        "Id={unit}.service\nLoadState=loaded\nActiveState={active}\nSubState={sub}\nResult={result}\nExecMainCode={}\nExecMainStatus={status}\n",
        status.min(1)
    );
    let folder = control.join("units").join(unit);
    // The control folder goes with the machine; then nobody asks any more.
    let _ = place(&folder.join("static"), "", 0o644);
    let _ = place(&folder.join("state"), state, 0o644);
}

/// Takes a unit away.
pub(super) fn remove(control: &Path, unit: &str) {
    let _ = super::files::remove(&control.join("units").join(unit));
}

/// Adds to what a unit has said.
pub(super) fn say(control: &Path, unit: &str, text: &str) {
    for line in text.lines() {
        append(&control.join("journal").join(unit), line);
    }
}
