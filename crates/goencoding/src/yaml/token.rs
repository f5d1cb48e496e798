//! The tokens that the scanner makes of a text.

use std::borrow::Cow;

/// A token and the line where it begins.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub(super) line: u32,
    pub(super) kind: Kind<'a>,
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    StreamStart,
    StreamEnd,
    /// `%YAML`, and whether it says 1.1.
    Version(bool),
    /// `%TAG` with its handle and prefix.
    TagDirective(&'a [u8], Vec<u8>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a [u8]),
    Anchor(&'a [u8]),
    /// A tag's handle (`!`, `!!`, `!x!`, or nothing where the suffix is all of it) and suffix.
    Tag(&'a [u8], Vec<u8>),
    Scalar {
        value: Cow<'a, [u8]>,
        plain: bool,
    },
}
