//! Charts drawn at random, and charts that mean harm.

#[allow(dead_code)]
#[path = "../../../examples/fuzz/cases/mod.rs"]
mod cases;
mod charts;
mod differential;
mod found;
mod hostile;
mod language;
