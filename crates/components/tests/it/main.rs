//! The catalog as a whole: read with the real helm from the packed charts, and held against what was agreed.

mod catalog;
mod support;
