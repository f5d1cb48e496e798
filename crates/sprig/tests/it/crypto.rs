//! Tests of the functions in `crypto`.
