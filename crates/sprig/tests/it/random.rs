//! Tests of the functions in `random`.
