//! Pipelines, commands and terms.

use hoist_govalue::{Value, strconv};

use super::{Parser, Result};
use crate::{
    lexer::{Kind, Token},
    number,
    stack::grow,
    tree::{Command, Operand, Pipe, PipeId, Span, Term, VarId},
};

/// How deep parentheses may be nested: Go's limit.
const MAX_PARENS: usize = 10_000;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<PipeId> {
        let pos = self.peek_non_space().span.start;
        let mut declared = Vec::new();
        let assign = self.declarations(context, &mut declared)?;
        let mut commands: Vec<Command> = Vec::new();
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
                    commands.push(self.command()?);
                }
                _ => return self.unexpected(token, context),
            }
        }
        if commands.is_empty() {
            return self.fail(format!("missing value for {context}"));
        }
        for (index, command) in commands.iter().enumerate().skip(1) {
            let first = command.args.first().map(|operand| &operand.term);
            if let Some(Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(..)) = first {
                return self.fail(format!("non executable command in pipeline stage {}", index + 1));
            }
        }
        let id = PipeId(u32::try_from(self.pipes.len()).unwrap_or(u32::MAX));
        self.pipes.push(Pipe {
            pos,
            assign,
            declared: declared.into_boxed_slice(),
            commands: commands.into_boxed_slice(),
        });
        Ok(id)
    }

    /// The variables before `:=` or `=`; whether they are assigned.
    fn declarations(&mut self, context: &str, declared: &mut Vec<VarId>) -> Result<bool> {
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
                let id = self.names.id(self.bytes(variable.span), variable.span);
                declared.push(id);
                self.tree.declare(id);
                if !comma {
                    return Ok(next.kind == Kind::Assign);
                }
                if context == "range" && declared.len() < 2 {
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
        let mut args = Vec::new();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                args.push(operand);
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
        if args.is_empty() {
            return self.fail("empty command");
        }
        Ok(Command {
            pos,
            args: args.into_boxed_slice(),
        })
    }

    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(operand) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(operand));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.field(self.tree.tokens[self.tree.peeked - 1]));
            self.next();
        }
        // The whole chain has the position of its first added field, as in Go.
        let pos = first.span.start;
        let term = match operand.term {
            Term::Field(known) => Term::Field([&known[..], &fields].concat().into()),
            Term::Variable(id, known) => Term::Variable(id, [&known[..], &fields].concat().into()),
            Term::Bool(_) | Term::Str(..) | Term::Number(_) | Term::Nil | Term::Dot => {
                let text = self.literal(&operand);
                return self.fail(format!("unexpected . after term {}", strconv::quote(text)));
            }
            _ => Term::Chain(Box::new(operand), fields.into_boxed_slice()),
        };
        Ok(Some(Operand { pos, term }))
    }

    /// A field without its dot.
    fn field(&self, token: Token) -> Span {
        Span {
            start: token.span.start + 1,
            end: token.span.end,
        }
    }

    fn literal(&self, operand: &Operand) -> &[u8] {
        match &operand.term {
            Term::Bool(true) => b"true",
            Term::Bool(false) => b"false",
            Term::Nil => b"nil",
            Term::Number(number) => self.bytes(number.text),
            Term::Str(_, quoted) => self.bytes(*quoted),
            _ => b".",
        }
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.next_non_space();
        let text = self.bytes(token.span);
        let term = match token.kind {
            Kind::Identifier => {
                let name = String::from_utf8_lossy(text);
                match self.functions.callee(&name) {
                    Some(callee) => Term::Function(callee, token.span),
                    None => return self.fail(format!("function {} not defined", strconv::quote(text))),
                }
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable => {
                let known = self.names.ids.get(text).copied();
                match known.filter(|id| self.tree.knows(*id)) {
                    Some(id) => Term::Variable(id, Box::default()),
                    None => return self.fail(format!("undefined variable {}", strconv::quote(text))),
                }
            }
            Kind::Field => Term::Field(Box::new([self.field(token)])),
            Kind::Bool => Term::Bool(text == b"true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                let number = match token.kind {
                    Kind::CharConstant => number::character(token.span, text),
                    _ => number::number(token.span, text, token.kind == Kind::Complex),
                };
                match number {
                    Ok(number) => Term::Number(Box::new(number)),
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
                let pos = self
                    .pipes
                    .get(pipe.0 as usize)
                    .map_or(token.span.start, |pipe| pipe.pos);
                return Ok(Some(Operand {
                    pos,
                    term: Term::Pipe(pipe),
                }));
            }
            Kind::String | Kind::RawString => Term::Str(Value::Str(self.unquote(token)?), token.span),
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
