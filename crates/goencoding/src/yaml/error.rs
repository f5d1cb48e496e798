//! What reading and writing YAML can answer instead: Go's texts, with the wrapping of sigs.k8s.io/yaml.

/// The deepest nesting that is read or written, as in Go.
pub const MAX_DEPTH: usize = 10_000;

/// What is said of deeper nesting.
pub(super) const TOO_DEEP: &str = "exceeded max depth of 10000";

/// Why a text was not read, or a value not written. Its text is what Helm shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is no YAML, or holds what JSON cannot express.
    #[error("error converting YAML to JSON: {0}")]
    Convert(String),
    /// The text is YAML, but of another type than was asked for.
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Decode(String),
    /// The value cannot be expressed in JSON, through which it is written.
    #[error("error marshaling into JSON: {0}")]
    Marshal(String),
    /// The value cannot be written as YAML.
    #[error("{0}")]
    Write(String),
    /// More than hoist does, where Go would go on, or come to grief. It is not to be swallowed as Go's errors may be.
    #[error("{0}")]
    Limit(String),
}

/// What the scanner, the parser and the decoder find, before sigs.k8s.io/yaml wraps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line that is told, counted as go-yaml counts; 0 for none.
    pub(super) line: u32,
    pub(super) text: std::borrow::Cow<'static, str>,
}

impl Problem {
    /// A finding of the scanner, which counts lines from zero and tells them from one; it tells none for the first.
    pub(super) fn scanner(line: u32, text: &'static str) -> Self {
        Self {
            line: if line == 0 { 0 } else { line + 1 },
            text: text.into(),
        }
    }

    /// A finding of the parser, which tells lines as it counts them: from zero.
    pub(super) fn parser(line: u32, text: &'static str) -> Self {
        Self {
            line,
            text: text.into(),
        }
    }

    /// A finding without a line.
    pub(super) fn plain(text: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self {
            line: 0,
            text: text.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "yaml: {}", self.text),
            line => write!(f, "yaml: line {line}: {}", self.text),
        }
    }
}

impl From<Problem> for YamlError {
    fn from(problem: Problem) -> Self {
        Self::Convert(problem.to_string())
    }
}
