//! Charts, held against the real Helm: those of real projects, small ones for each behaviour, and random ones.

mod differential;
mod generated;
mod settle;
mod unit;
