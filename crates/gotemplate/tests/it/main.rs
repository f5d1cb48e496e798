//! The language against the real one: what templates render to, and what their errors say.

mod builtins;
mod control;
mod embedding;
mod errors;
mod generated;
mod limits;
mod parsing;
mod support;
mod types;
