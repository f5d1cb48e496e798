//! The parsed text: flat tables that refer to each other by number, so that a deep nesting is neither a deep structure
//! to drop nor many small allocations.

use std::rc::Rc;

use hoist_govalue::{Str, Value};

use crate::{BranchKind, funcs::Callee, number::Number};

/// A part of the source text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Neighbours in one of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    start: u32,
    end: u32,
}

impl Run {
    pub(crate) const EMPTY: Self = Self { start: 0, end: 0 };

    /// From `start` to the end of the table. A table has no more entries than the text has bytes.
    pub(crate) fn since<T>(table: &[T], start: usize) -> Self {
        Self {
            start: number(start),
            end: number(table.len()),
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        table.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeId(pub(crate) u32);

/// A variable's name: the same number for the same name within a file. `$` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VarId(pub(crate) u32);

/// One parsed text and all that it defines.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: Str,
    pub(crate) text: Str,
    pub(crate) nodes: Vec<Node>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) commands: Vec<Command>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) fields: Vec<Span>,
    pub(crate) declared: Vec<VarId>,
    pub(crate) variables: Vec<Span>,
    pub(crate) numbers: Vec<Number>,
    pub(crate) strings: Vec<Value>,
    pub(crate) calls: Vec<Call>,
}

/// A named template: a list in a file.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: Str,
    pub(crate) file: Rc<File>,
    pub(crate) root: Run,
    /// Whether it holds nothing but space and comments: then it replaces no other.
    pub(crate) empty: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    Text(Span),
    Action(PipeId),
    Branch(Branch),
    /// One of the calls.
    Template(u32),
    Break,
    Continue,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    pub(crate) kind: BranchKind,
    pub(crate) pipe: PipeId,
    pub(crate) body: Run,
    pub(crate) otherwise: Option<Run>,
}

/// `{{template "name" pipeline}}`
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) pos: u32,
    pub(crate) name: Str,
    pub(crate) pipe: Option<PipeId>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: u32,
    /// The variables are assigned (`=`), not declared (`:=`).
    pub(crate) assign: bool,
    pub(crate) declared: Run,
    pub(crate) commands: Run,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Command {
    pub(crate) pos: u32,
    /// Never empty.
    pub(crate) args: Run,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) pos: u32,
    pub(crate) term: Term,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Term {
    Dot,
    Nil,
    Bool(bool),
    /// One of the numbers.
    Number(u32),
    /// One of the strings, and the quoted text.
    Str(u32, Span),
    Field(Run),
    Variable(VarId, Run),
    Function(Callee, Span),
    Pipe(PipeId),
    /// A function or a parenthesised pipeline, which is one of the operands, and the fields of what it answers.
    Chain(u32, Run),
}

/// The node that an execution is at, for its errors.
#[derive(Clone, Copy)]
pub(crate) enum At<'t> {
    Node(&'t Node),
    Pipe(&'t Pipe),
    Command(&'t Command),
    Operand(&'t Operand),
}

impl File {
    // The parser hands out only numbers of what exists.

    pub(crate) fn pipe(&self, id: PipeId) -> &Pipe {
        &self.pipes[id.0 as usize]
    }

    pub(crate) fn number(&self, id: u32) -> &Number {
        &self.numbers[id as usize]
    }

    pub(crate) fn string(&self, id: u32) -> &Value {
        &self.strings[id as usize]
    }

    pub(crate) fn call(&self, id: u32) -> &Call {
        &self.calls[id as usize]
    }

    pub(crate) fn operand(&self, id: u32) -> &Operand {
        &self.operands[id as usize]
    }

    pub(crate) fn span(&self, span: Span) -> &[u8] {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }

    /// A name: letters, digits and underscores, so that it is UTF-8.
    pub(crate) fn name(&self, span: Span) -> &str {
        std::str::from_utf8(self.span(span)).unwrap_or_default()
    }

    /// The line, from 1, and the column in bytes, from 0.
    pub(crate) fn place(&self, pos: u32) -> (usize, usize) {
        let before = self.text.get(..pos as usize).unwrap_or_default();
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = memchr::memrchr(b'\n', before).map_or(before.len(), |newline| before.len() - newline - 1);
        (line, column)
    }
}
