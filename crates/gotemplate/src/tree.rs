//! The parsed text: flat tables of lists and pipelines that refer to each other by number, so that a deep nesting is
//! neither a deep structure to drop nor many small allocations.

use std::rc::Rc;

use hoist_govalue::{Str, Value};

use crate::{BranchKind, funcs::Callee, number::Number};

/// A part of the source text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListId(pub(crate) u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PipeId(pub(crate) u32);

/// A variable's name: the same number for the same name within a file. `$` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct VarId(pub(crate) u32);

/// One parsed text and all that it defines.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: Str,
    pub(crate) text: Str,
    pub(crate) lists: Vec<Box<[Node]>>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) variables: Vec<Span>,
}

/// A named template: a list in a file.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: Str,
    pub(crate) file: Rc<File>,
    pub(crate) root: ListId,
    /// Whether it holds nothing but space and comments: then it replaces no other.
    pub(crate) empty: bool,
}

#[derive(Debug)]
pub(crate) enum Node {
    Text(Span),
    Action(PipeId),
    Branch(Branch),
    Template(Box<Call>),
    Break,
    Continue,
}

#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) kind: BranchKind,
    pub(crate) pipe: PipeId,
    pub(crate) body: ListId,
    pub(crate) otherwise: Option<ListId>,
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
    pub(crate) declared: Box<[VarId]>,
    pub(crate) commands: Box<[Command]>,
}

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) pos: u32,
    /// Never empty.
    pub(crate) args: Box<[Operand]>,
}

#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) pos: u32,
    pub(crate) term: Term,
}

#[derive(Debug)]
pub(crate) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number(Box<Number>),
    /// The value, and the quoted text.
    Str(Value, Span),
    Field(Box<[Span]>),
    Variable(VarId, Box<[Span]>),
    Function(Callee, Span),
    Pipe(PipeId),
    /// A function or a parenthesised pipeline, and the fields of what it answers.
    Chain(Box<Operand>, Box<[Span]>),
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
    pub(crate) fn list(&self, id: ListId) -> &[Node] {
        self.lists.get(id.0 as usize).map_or(&[], |list| list)
    }

    /// The parser hands out only numbers of pipelines that exist.
    pub(crate) fn pipe(&self, id: PipeId) -> &Pipe {
        &self.pipes[id.0 as usize]
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
