//! Why a template could not be parsed or executed: Go's text, and the parts that it was made of.

use std::fmt;

use hoist_govalue::{FuncError, Str};

use crate::text;

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template: {file}:{line}: {message}")]
pub struct ParseError {
    file: Str,
    line: usize,
    message: String,
}

impl ParseError {
    pub(crate) fn new(file: Str, line: usize, message: String) -> Self {
        Self { file, line, message }
    }

    /// The name under which the text was parsed.
    pub fn file(&self) -> &Str {
        &self.file
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong there, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A place in a template, and what went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The name of the template that was executing: what `define` says, or the file.
    pub template: Str,
    /// The name under which the text was parsed.
    pub file: Str,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 0.
    pub column: usize,
    /// The text of the node, as Go prints it.
    pub node: String,
    /// What is wrong; `error calling NAME` where the next step tells what.
    pub message: String,
}

/// One link of an error's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A place in a template.
    At(At),
    /// What somebody on the way added, or an error without a place.
    Note(String),
    /// A text that could not be parsed at run time.
    Parse(ParseError),
    /// A function's own words.
    Function(FuncError),
}

/// Why an execution ended early. It prints as Go's error does; [`ExecError::steps`] has its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecError {
    // The innermost first: an error is wrapped by a push, and dropped without recursion.
    chain: Vec<Step>,
    /// About how many bytes its texts have.
    size: usize,
}

/// An error comes through as many places as templates execute within each other, and each may show a long text.
const MAX_SIZE: usize = 32 << 20;

impl ExecError {
    fn from_step(step: Step) -> Self {
        let mut error = Self {
            chain: Vec::new(),
            size: 0,
        };
        error.push(step);
        error
    }

    fn push(&mut self, mut step: Step) {
        let text = match &mut step {
            Step::At(at) => &mut at.node,
            Step::Note(message) => message,
            Step::Parse(_) | Step::Function(_) => &mut String::new(),
        };
        if self.size + text.len() > MAX_SIZE && text.len() > 100 {
            *text = "...".to_owned();
        }
        self.size += text.len();
        self.chain.push(step);
    }

    /// An error without a place.
    pub fn note(message: impl Into<String>) -> Self {
        Self::from_step(Step::Note(message.into()))
    }

    pub(crate) fn at(at: At) -> Self {
        Self::from_step(Step::At(at))
    }

    pub(crate) fn wrap(mut self, at: At) -> Self {
        self.push(Step::At(at));
        self
    }

    /// The same error with words before it: `message: …`.
    #[must_use]
    pub fn context(mut self, message: impl Into<String>) -> Self {
        self.push(Step::Note(message.into()));
        self
    }

    /// The chain, from the outermost place to the cause.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &Step> {
        self.chain.iter().rev()
    }

    /// The cause at the end of the chain.
    pub fn cause(&self) -> Option<&Step> {
        self.chain.first()
    }

    /// The places that the error came through, from the outermost to the innermost.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = &At> {
        self.steps().filter_map(|step| match step {
            Step::At(at) => Some(at),
            _ => None,
        })
    }
}

impl From<FuncError> for ExecError {
    fn from(error: FuncError) -> Self {
        Self::from_step(Step::Function(error))
    }
}

impl From<ParseError> for ExecError {
    fn from(error: ParseError) -> Self {
        Self::from_step(Step::Parse(error))
    }
}

impl fmt::Display for ExecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps().enumerate() {
            if index > 0 {
                f.write_str(": ")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => write!(f, "{at}"),
            Self::Note(message) => f.write_str(message),
            Self::Parse(error) => write!(f, "{error}"),
            Self::Function(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            template,
            file,
            line,
            column,
            node,
            message,
        } = self;
        let template = text::quote(template);
        write!(
            f,
            "template: {file}:{line}:{column}: executing {template} at <{node}>: {message}"
        )
    }
}

impl std::error::Error for ExecError {}
