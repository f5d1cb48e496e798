//! Room on the stack for those who follow values down, as deep as these may be.

/// What has to be left for code that does not ask.
const RED_ZONE: usize = 96 << 10;
const SEGMENT: usize = 1 << 20;

/// Runs `step`, on a new piece of stack where there is little left: for each level of a recursion over values.
#[inline]
pub fn step<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, step)
}
