//! The text of nodes, as Go prints them in errors: not always the text that was parsed.

use hoist_govalue::strconv;

use crate::{
    stack::grow,
    tree::{At, Command, File, Node, Operand, Pipe, Run, Term},
};

/// Longer texts are cut: only errors show them.
const MAX_TEXT: usize = 1 << 20;

/// As `%q` prints it.
pub(crate) fn quote(text: &[u8]) -> String {
    strconv::quote(text)
}

/// The position of a node and its text.
pub(crate) fn describe(file: &File, at: At<'_>) -> (u32, String) {
    let mut out = Vec::new();
    let writer = &mut Writer { file, out: &mut out };
    let pos = match at {
        At::Node(node) => writer.node(node),
        At::Pipe(pipe) => {
            writer.pipe(pipe);
            pipe.pos
        }
        At::Command(command) => {
            writer.command(command);
            command.pos
        }
        At::Operand(operand) => {
            writer.operand(operand);
            operand.pos
        }
    };
    (pos, String::from_utf8_lossy(&out).into_owned())
}

/// The text of an operand alone.
pub(crate) fn operand(file: &File, operand: &Operand) -> String {
    describe(file, At::Operand(operand)).1
}

/// The text of a pipeline alone.
pub(crate) fn pipe(file: &File, pipe: &Pipe) -> String {
    describe(file, At::Pipe(pipe)).1
}

struct Writer<'a> {
    file: &'a File,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, text: &[u8]) {
        if self.out.len() < MAX_TEXT {
            self.out.extend_from_slice(text);
        }
    }

    fn node(&mut self, node: &Node) -> u32 {
        match node {
            // Only what can be where an error arises is printed: texts, jumps and branches evaluate nothing themselves.
            Node::Text(span) => {
                let text = self.file.span(*span);
                self.put(text.get(..40).unwrap_or(text));
                span.start
            }
            Node::Action(pipe) => {
                let pipe = self.file.pipe(*pipe);
                self.put(b"{{");
                self.pipe(pipe);
                self.put(b"}}");
                pipe.pos
            }
            Node::Branch(branch) => {
                let pipe = self.file.pipe(branch.pipe);
                self.put(b"{{");
                self.put(branch.kind.keyword().as_bytes());
                self.put(b" ");
                self.pipe(pipe);
                self.put(b"}}");
                pipe.pos
            }
            Node::Template(call) => {
                let call = self.file.call(*call);
                self.put(b"{{template ");
                self.put(quote(&call.name).as_bytes());
                if let Some(pipe) = call.pipe {
                    self.put(b" ");
                    self.pipe(self.file.pipe(pipe));
                }
                self.put(b"}}");
                call.pos
            }
            Node::Break => {
                self.put(b"{{break}}");
                0
            }
            Node::Continue => {
                self.put(b"{{continue}}");
                0
            }
        }
    }

    fn pipe(&mut self, pipe: &Pipe) {
        let declared = pipe.declared.of(&self.file.declared);
        for (index, variable) in declared.iter().enumerate() {
            if index > 0 {
                self.put(b", ");
            }
            self.variable(variable.0);
        }
        if !declared.is_empty() {
            self.put(if pipe.assign { b" = " } else { b" := " });
        }
        for (index, command) in pipe.commands.of(&self.file.commands).iter().enumerate() {
            if index > 0 {
                self.put(b" | ");
            }
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        for (index, argument) in command.args.of(&self.file.operands).iter().enumerate() {
            if index > 0 {
                self.put(b" ");
            }
            self.bracketed(argument);
        }
    }

    /// A pipeline that is an argument stands in parentheses; one that is printed alone does not.
    fn bracketed(&mut self, operand: &Operand) {
        if let Term::Pipe(pipe) = operand.term {
            self.put(b"(");
            grow(|| self.pipe(self.file.pipe(pipe)));
            self.put(b")");
        } else {
            self.operand(operand);
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand.term {
            Term::Dot => self.put(b"."),
            Term::Nil => self.put(b"nil"),
            Term::Bool(true) => self.put(b"true"),
            Term::Bool(false) => self.put(b"false"),
            Term::Number(number) => self.put(self.file.span(self.file.number(number).text)),
            Term::Str(_, quoted) => self.put(self.file.span(quoted)),
            Term::Field(fields) => self.fields(fields),
            Term::Variable(variable, fields) => {
                self.variable(variable.0);
                self.fields(fields);
            }
            Term::Function(_, name) => self.put(self.file.span(name)),
            Term::Pipe(pipe) => self.pipe(self.file.pipe(pipe)),
            Term::Chain(base, fields) => {
                self.bracketed(self.file.operand(base));
                self.fields(fields);
            }
        }
    }

    fn fields(&mut self, fields: Run) {
        for field in fields.of(&self.file.fields) {
            self.put(b".");
            self.put(self.file.span(*field));
        }
    }

    fn variable(&mut self, id: u32) {
        if id == 0 {
            self.put(b"$");
        } else if let Some(span) = self.file.variables.get(id as usize) {
            self.put(self.file.span(*span));
        }
    }
}
