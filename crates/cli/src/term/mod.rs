//! What people see: plans, progress, tables and errors.

mod error;
mod json;
mod plain;
mod plan;
mod table;
mod tree;

pub(crate) use error::report;
pub(crate) use json::Json;
pub(crate) use plain::Plain;
pub(crate) use plan::{causes, markdown, text};
pub(crate) use table::table;
pub(crate) use tree::Tree;

use std::time::Duration;

/// `850ms`, `4.2s`, `1m 12s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0 => format!("{}ms", elapsed.as_millis()),
        1..=59 => format!("{:.1}s", elapsed.as_secs_f64()),
        _ => format!("{}m {:02}s", seconds / 60, seconds % 60),
    }
}

/// Euro cents as `16.49`.
pub(crate) fn euro(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_prices_read_well() {
        assert_eq!(duration(Duration::from_millis(850)), "850ms");
        assert_eq!(duration(Duration::from_millis(4210)), "4.2s");
        assert_eq!(duration(Duration::from_secs(72)), "1m 12s");
        assert_eq!(euro(1649), "16.49");
        assert_eq!(euro(5), "0.05");
    }
}
