//! Tests of the functions in `regex`.
