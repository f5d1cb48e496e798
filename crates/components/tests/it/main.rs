//! The catalog as a whole: rendered from the packed charts, and held against what was agreed.

mod catalog;
mod support;
