//! What is wrong with a pattern, in Go's words.

/// Why a pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PatternError {
    /// Go refuses it: what is wrong, and where.
    #[error("error parsing regexp: {}: `{place}`", .code.text())]
    Go { code: Code, place: String },
    /// Go takes it, but it asks for more than is reasonable.
    #[error("the regular expression `{pattern}` {why}")]
    Limit { pattern: String, why: String },
}

/// Go's reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    CharRange,
    Escape,
    NamedCapture,
    PerlOp,
    RepeatOp,
    RepeatSize,
    Utf8,
    MissingBracket,
    MissingParen,
    MissingRepeatArgument,
    TrailingBackslash,
    UnexpectedParen,
    NestingDepth,
}

impl Code {
    fn text(self) -> &'static str {
        match self {
            Self::CharRange => "invalid character class range",
            Self::Escape => "invalid escape sequence",
            Self::NamedCapture => "invalid named capture",
            Self::PerlOp => "invalid or unsupported Perl syntax",
            Self::RepeatOp => "invalid nested repetition operator",
            Self::RepeatSize => "invalid repeat count",
            Self::Utf8 => "invalid UTF-8",
            Self::MissingBracket => "missing closing ]",
            Self::MissingParen => "missing closing )",
            Self::MissingRepeatArgument => "missing argument to repetition operator",
            Self::TrailingBackslash => "trailing backslash at end of expression",
            Self::UnexpectedParen => "unexpected )",
            Self::NestingDepth => "expression nests too deeply",
        }
    }

    /// The error, at this place.
    pub(super) fn at(self, place: &[u8]) -> PatternError {
        PatternError::Go {
            code: self,
            place: String::from_utf8_lossy(place).into_owned(),
        }
    }
}
