//! Pipelines, commands and terms.

use hoist_govalue::{Value, strconv};

use super::{Parser, Result};
use crate::{
    lexer::{Kind, Token},
    number,
    stack::grow,
    tree::{self, Command, Operand, Pipe, PipeId, Run, Span, Term},
};

/// How deep parentheses may be nested: Go's limit.
const MAX_PARENS: usize = 10_000;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<PipeId> {
        let pos = self.peek_non_space().span.start;
        let first = self.file.declared.len();
        let assign = self.declarations(context)?;
        let declared = Run::since(&self.file.declared, first);
        let mark = self.commands.len();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawString
                | Kind::String
                | Kind::Variable
                | Kind::LeftParen => {
                    self.backup();
                    let command = self.command()?;
                    self.commands.push(command);
                }
                _ => return self.unexpected(token, context),
            }
        }
        let commands = self.commands.get(mark..).unwrap_or_default();
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in commands.iter().enumerate().skip(1) {
            let first = command.args.of(&self.file.operands).first();
            if let Some(Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(..)) =
                first.map(|operand| operand.term)
            {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        let start = self.file.commands.len();
        self.file.commands.extend(self.commands.drain(mark..));
        let commands = Run::since(&self.file.commands, start);
        let id = PipeId(tree::number(self.file.pipes.len()));
        self.file.pipes.push(Pipe {
            pos,
            assign,
            declared,
            commands,
        });
        Ok(id)
    }

    /// The variables before `:=` or `=`; whether they are assigned.
    fn declarations(&mut self, context: &str) -> Result<bool> {
        let mut count = 0;
        loop {
            let variable = self.peek_non_space();
            if variable.kind != Kind::Variable {
                return Ok(false);
            }
            self.next();
            // With spaces as tokens, it takes three tokens to know that a variable is an argument.
            let after = self.peek();
            let next = self.peek_non_space();
            let comma = next.kind == Kind::Char && self.bytes(next.span) == b",";
            if matches!(next.kind, Kind::Assign | Kind::Declare) || comma {
                self.next_non_space();
                let id = self.variable(self.bytes(variable.span), variable.span);
                self.file.declared.push(id);
                count += 1;
                self.tree.declare(id);
                if !comma {
                    return Ok(next.kind == Kind::Assign);
                }
                if context == "range" && count < 2 {
                    match self.peek_non_space().kind {
                        Kind::Variable | Kind::RightDelim | Kind::RightParen => continue,
                        _ => return self.fail("range can only initialize variables"),
                    }
                }
                return self.fail(format!("too many declarations in {context}"));
            }
            if after.kind == Kind::Space {
                self.tree.tokens[1] = after;
                self.tree.tokens[2] = variable;
                self.tree.peeked = 3;
            } else {
                self.tree.tokens[1] = variable;
                self.tree.peeked = 2;
            }
            return Ok(false);
        }
    }

    fn command(&mut self) -> Result<Command> {
        let pos = self.peek_non_space().span.start;
        let mark = self.operands.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.operands.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.backup(),
                Kind::Pipe => {}
                _ => return self.unexpected(token, "operand"),
            }
            break;
        }
        if self.operands.len() == mark {
            return self.fail("empty command");
        }
        let start = self.file.operands.len();
        self.file.operands.extend(self.operands.drain(mark..));
        let args = Run::since(&self.file.operands, start);
        Ok(Command { pos, args })
    }

    fn operand(&mut self) -> Result<Option<Operand>> {
        let mut start = self.file.fields.len();
        let Some(operand) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(operand));
        }
        if !matches!(operand.term, Term::Field(_)) {
            // After the fields that are within parentheses.
            start = self.file.fields.len();
        }
        loop {
            let token = self.peek();
            if token.kind != Kind::Field {
                break;
            }
            self.next();
            self.file.fields.push(field(token));
        }
        let fields = Run::since(&self.file.fields, start);
        // The whole chain has the position of its first added field, as in Go.
        let pos = first.span.start;
        let term = match operand.term {
            Term::Field(_) => Term::Field(fields),
            Term::Variable(id, _) => Term::Variable(id, fields),
            Term::Bool(_) | Term::Str(..) | Term::Number(_) | Term::Nil | Term::Dot => {
                let text = self.literal(&operand);
                return self.fail(format!("unexpected . after term {}", strconv::quote(text)));
            }
            _ => {
                let base = tree::number(self.file.operands.len());
                self.file.operands.push(operand);
                Term::Chain(base, fields)
            }
        };
        Ok(Some(Operand { pos, term }))
    }

    fn literal(&self, operand: &Operand) -> &[u8] {
        match operand.term {
            Term::Bool(true) => b"true",
            Term::Bool(false) => b"false",
            Term::Nil => b"nil",
            Term::Number(number) => self
                .file
                .numbers
                .get(number as usize)
                .map_or(&[], |number| self.bytes(number.text)),
            Term::Str(_, quoted) => self.bytes(quoted),
            _ => b".",
        }
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.next_non_space();
        let text = self.bytes(token.span);
        let term = match token.kind {
            Kind::Identifier => {
                match std::str::from_utf8(text)
                    .ok()
                    .and_then(|name| self.functions.callee(name))
                {
                    Some(callee) => Term::Function(callee, token.span),
                    None => return self.fail(format!("function {} not defined", strconv::quote(text))),
                }
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                let known = self.names.get(text).copied();
                match known.filter(|id| self.tree.knows(*id)) {
                    Some(id) => Term::Variable(id, Run::EMPTY),
                    None => return self.fail(format!("undefined variable {}", strconv::quote(text))),
                }
            }
            Kind::Field => {
                let start = self.file.fields.len();
                self.file.fields.push(field(token));
                Term::Field(Run::since(&self.file.fields, start))
            }
            Kind::Bool => Term::Bool(text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = match token.kind {
                    Kind::CharConstant => number::character(token.span, text),
                    _ => number::number(token.span, text, token.kind == Kind::Complex),
                };
                match number {
                    Ok(number) => {
                        let id = tree::number(self.file.numbers.len());
                        self.file.numbers.push(number);
                        Term::Number(id)
                    }
                    Err(message) => return self.fail(message),
                }
            }
            Kind::LeftParen => {
                if self.tree.parens >= MAX_PARENS {
                    return self.fail("max expression depth exceeded");
                }
                self.tree.parens += 1;
                let pipe = grow(|| self.pipeline("parenthesized pipeline", Kind::RightParen))?;
                self.tree.parens -= 1;
                // The pipeline's own position, not that of the parenthesis.
                let pos = self.file.pipe(pipe).pos;
                return Ok(Some(Operand {
                    pos,
                    term: Term::Pipe(pipe),
                }));
            }
            Kind::String | Kind::RawString => {
                let text = self.unquote(token)?;
                let id = tree::number(self.file.strings.len());
                self.file.strings.push(Value::Str(text));
                Term::Str(id, token.span)
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(Operand {
            pos: token.span.start,
            term,
        }))
    }
}

/// A field without its dot.
fn field(token: Token) -> Span {
    Span {
        start: token.span.start + 1,
        end: token.span.end,
    }
}
