//! Tests of the functions in `dates`.
