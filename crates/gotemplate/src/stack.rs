//! Recursion that hostile input can drive goes through here, so that it never meets the end of the stack.

/// What must be left for code that does not ask: functions of the embedder, encoders.
const RED_ZONE: usize = 512 << 10;
const SEGMENT: usize = 8 << 20;

/// Runs `body` on a stack that is large enough.
#[inline]
pub(crate) fn grow<T>(body: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, SEGMENT, body)
}
