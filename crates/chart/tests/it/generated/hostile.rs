//! A few hundred charts that mean harm: `cargo xtask fuzz` draws many more, and looks at time and memory, too.

use super::cases::run::run;
use super::cases::{Corpus, Maker};

/// Those that spend all that hoist grants before they are refused, which takes long without optimisation.
const SLOW: &[&str] = &["special", "archive"];
const CASES: u64 = 300;

#[test]
fn nothing_panics_and_no_error_speaks_of_our_inside() {
    let corpus = Corpus::read(&hoist_helmpeer::tool("charts"), |path| {
        path.contains("metrics-server") || path.contains("sealed")
    });
    let maker = Maker::new(corpus.expect("the packed charts can be read"));
    let mut rendered = 0;
    let mut refused = 0;
    for index in 0..CASES {
        let case = maker.case(1, index);
        if SLOW.iter().any(|slow| case.kind.starts_with(slow)) {
            continue;
        }
        let outcome = run(&case);
        assert_eq!(outcome.problem, None, "case {index}, {}", case.kind);
        if outcome.rendered {
            rendered += 1;
        } else {
            assert!(!outcome.error.is_empty(), "case {index}, {}", case.kind);
            refused += 1;
        }
    }
    assert!(rendered > 10 && refused > 50, "{rendered} rendered, {refused} refused");
}
