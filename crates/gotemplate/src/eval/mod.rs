//! Executes one template: walks its nodes and evaluates their pipelines, with Go's `reflect` semantics.
//!
//! Where an error arises, Go names the node that was visited last, which need not be the one that is to blame. So the
//! state keeps the node as Go does, and marks it at the same points.

mod call;
mod pipeline;

use hoist_govalue::{Kind, Value, fmt};

use crate::{
    BranchKind, Context, Embedder, ExecError, builtin, error,
    stack::grow,
    text,
    tree::{At, Branch, Call, File, Node, Pipe, Run, Template, VarId},
    value::Seen,
};

/// What follows a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

type Result<T, E = ExecError> = std::result::Result<T, E>;

/// The execution of one template.
pub(crate) struct State<'t, 'e> {
    context: &'e mut Context,
    embedder: &'e mut dyn Embedder,
    template: &'t Template,
    file: &'t File,
    at: Option<At<'t>>,
    /// Where its variables begin.
    base: usize,
}

impl<'t, 'e> State<'t, 'e> {
    pub(crate) fn new(context: &'e mut Context, embedder: &'e mut dyn Embedder, template: &'t Template) -> Self {
        let base = context.variables.len();
        Self {
            context,
            embedder,
            template,
            file: &template.file,
            at: None,
            base,
        }
    }

    /// Executes the template. The caller cleans up after it.
    pub(crate) fn run(mut self, dot: &Seen) -> Result<()> {
        self.context.variables.push((VarId(0), dot.clone()));
        self.list(dot, self.template.root)?;
        Ok(())
    }

    fn here(&self, message: String) -> error::At {
        let (pos, node) = match self.at {
            Some(at) => text::describe(self.file, at),
            None => (0, String::new()),
        };
        let (line, column) = self.file.place(pos);
        error::At {
            template: self.template.name.clone(),
            file: self.file.name.clone(),
            line,
            column,
            node,
            message,
        }
    }

    #[cold]
    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        Err(ExecError::at(self.here(message.into())))
    }

    #[cold]
    fn called<T>(&mut self, at: At<'t>, name: &str, cause: impl Into<ExecError>) -> Result<T> {
        self.at = Some(at);
        let at = self.here(format!("error calling {name}"));
        Err(cause.into().wrap(at))
    }

    fn step(&mut self) -> Result<()> {
        match self.context.step(self.embedder) {
            None => Ok(()),
            Some(reason) => self.fail(reason),
        }
    }
}

// Walking.
impl<'t> State<'t, '_> {
    fn list(&mut self, dot: &Seen, list: Run) -> Result<Flow> {
        for node in list.of(&self.file.nodes) {
            match node {
                Node::Text(span) => {
                    self.context.out.extend_from_slice(self.file.span(*span));
                    self.check_output(node)?;
                }
                Node::Action(pipe) => {
                    let pipe = self.file.pipe(*pipe);
                    let value = self.pipeline(dot, pipe)?;
                    if pipe.declared.is_empty() {
                        self.at = Some(At::Node(node));
                        self.print(value)?;
                        self.check_output(node)?;
                    }
                }
                Node::Branch(branch) => {
                    self.step()?;
                    let flow = grow(|| match branch.kind {
                        BranchKind::Range => self.range(dot, branch),
                        _ => self.if_or_with(dot, branch),
                    })?;
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Template(call) => {
                    self.at = Some(At::Node(node));
                    self.call_template(dot, self.file.call(*call))?;
                }
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn check_output(&mut self, node: &'t Node) -> Result<()> {
        let Some(reason) = self.context.overflow() else {
            return Ok(());
        };
        self.at = Some(At::Node(node));
        self.fail(reason)
    }

    fn print(&mut self, value: Seen) -> Result<()> {
        let out = &mut self.context.out;
        let printed = match value.value {
            Value::Str(text) => {
                out.extend_from_slice(&text);
                return Ok(());
            }
            Value::Nil => {
                out.extend_from_slice(b"<no value>");
                return Ok(());
            }
            Value::Object(object) if value.placed && object.pointer_text().is_some() => {
                out.extend_from_slice(&object.pointer_text().unwrap_or_default());
                return Ok(());
            }
            value => fmt::append(out, &[builtin::printable(value)]),
        };
        match printed {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error.message()),
        }
    }

    fn record(&mut self, branch: &Branch, body: bool) {
        if let Some(coverage) = &mut self.context.coverage {
            coverage.record(&self.file.name, self.file.pipe(branch.pipe).pos, body);
        }
    }

    fn if_or_with(&mut self, dot: &Seen, branch: &'t Branch) -> Result<Flow> {
        let mark = self.context.variables.len();
        let value = self.pipeline(dot, self.file.pipe(branch.pipe))?;
        let truth = value.value.is_true();
        self.record(branch, truth);
        let flow = match (truth, branch.otherwise) {
            (true, _) if branch.kind == BranchKind::With => self.list(&value, branch.body)?,
            (true, _) => self.list(dot, branch.body)?,
            (false, Some(list)) => self.list(dot, list)?,
            (false, None) => Flow::Next,
        };
        self.context.variables.truncate(mark);
        Ok(flow)
    }

    fn range(&mut self, dot: &Seen, branch: &'t Branch) -> Result<Flow> {
        let pipe = self.file.pipe(branch.pipe);
        let outer = self.context.variables.len();
        let over = self.pipeline(dot, pipe)?.value;
        let ran = match &over {
            Value::Int(count, kind) => {
                self.one_variable(pipe, &over)?;
                let numbers = (0..*count).map(|number| (Seen::INVALID, Seen::plain(Value::Int(number, *kind))));
                self.iterate(branch, pipe, numbers)?
            }
            Value::Uint(count, kind) => {
                self.one_variable(pipe, &over)?;
                let numbers = (0..*count).map(|number| (Seen::INVALID, Seen::plain(Value::Uint(number, *kind))));
                self.iterate(branch, pipe, numbers)?
            }
            Value::List(list) => {
                let element = list.ty().elem();
                let items = list
                    .iter()
                    .enumerate()
                    .map(|(index, item)| (position(index), Seen::element(item.clone(), element)));
                self.iterate(branch, pipe, items)?
            }
            Value::Bytes(bytes) => {
                let items = bytes.iter().enumerate().map(|(index, byte)| {
                    let byte = Value::Uint(u64::from(*byte), Kind::Uint8);
                    (position(index), Seen::plain(byte))
                });
                self.iterate(branch, pipe, items)?
            }
            Value::Map(map) => {
                let element = map.ty().elem();
                // All of them are looked at, even where the body leaves at once.
                self.context.charge(map.len() / 16);
                let entries = map.entries().into_iter();
                let entries = entries.map(|(key, value)| (Seen::plain(Value::Str(key)), Seen::element(value, element)));
                self.iterate(branch, pipe, entries)?
            }
            Value::Nil => false,
            Value::Object(object) => match object.entries() {
                Some(entries) => {
                    let element = object.elem();
                    let entries = entries.into_iter();
                    let entries = entries.map(|(key, value)| (Seen::plain(key), Seen::element(value, element)));
                    self.iterate(branch, pipe, entries)?
                }
                None => return self.cannot_range(&over),
            },
            Value::Bool(_) | Value::Float(..) | Value::Str(_) => return self.cannot_range(&over),
        };
        self.record(branch, ran);
        let mut flow = Flow::Next;
        if !ran && let Some(list) = branch.otherwise {
            // The parser takes a jump here for one of the range around, but Go ends a `break` at this one.
            flow = self.list(dot, list)?;
            if flow == Flow::Break {
                flow = Flow::Next;
            }
        }
        self.context.variables.truncate(outer);
        Ok(flow)
    }

    fn cannot_range<T>(&self, over: &Value) -> Result<T> {
        self.fail(format!("range can't iterate over {}", builtin::show(over)))
    }

    fn one_variable(&self, pipe: &Pipe, over: &Value) -> Result<()> {
        if pipe.declared.of(&self.file.declared).len() < 2 {
            return Ok(());
        }
        let over = builtin::show(over);
        self.fail(format!("can't use {over} to iterate over more than one variable"))
    }

    /// Executes the body for each element; whether there was one.
    fn iterate(
        &mut self,
        branch: &'t Branch,
        pipe: &'t Pipe,
        elements: impl Iterator<Item = (Seen, Seen)>,
    ) -> Result<bool> {
        let mark = self.context.variables.len();
        let declared = pipe.declared.of(&self.file.declared);
        let mut ran = false;
        for (index, element) in elements {
            ran = true;
            self.step()?;
            match (declared, pipe.assign) {
                ([], _) => {}
                ([value], true) => self.set_variable(*value, element.clone())?,
                ([key, value, ..], true) => {
                    self.set_variable(*key, index)?;
                    self.set_variable(*value, element.clone())?;
                }
                ([_], false) => self.set_top(mark, 1, element.clone()),
                ([_, _, ..], false) => {
                    self.set_top(mark, 1, element.clone());
                    self.set_top(mark, 2, index);
                }
            }
            let flow = self.list(&element, branch.body)?;
            self.context.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }

    fn set_top(&mut self, mark: usize, from_top: usize, value: Seen) {
        let slot = mark.checked_sub(from_top);
        if let Some((_, variable)) = slot.and_then(|slot| self.context.variables.get_mut(slot)) {
            *variable = value;
        }
    }

    fn call_template(&mut self, dot: &Seen, call: &'t Call) -> Result<()> {
        let Some(template) = self.context.scope.get(&call.name).cloned() else {
            return self.fail(format!("template {} not defined", text::quote(&call.name)));
        };
        if self.context.depth >= self.context.options.limits.depth {
            return self.fail(self.context.too_deep());
        }
        let dot = match call.pipe {
            Some(pipe) => self.pipeline(dot, self.file.pipe(pipe))?,
            None => Seen::INVALID,
        };
        let mark = self.context.variables.len();
        self.context.depth += 1;
        let inner = State::new(&mut *self.context, &mut *self.embedder, &template);
        grow(|| inner.run(&dot))?;
        self.context.depth -= 1;
        self.context.variables.truncate(mark);
        Ok(())
    }

    fn set_variable(&mut self, id: VarId, value: Seen) -> Result<()> {
        let own = self.context.variables.get_mut(self.base..).unwrap_or_default();
        match own.iter_mut().rev().find(|(known, _)| *known == id) {
            Some((_, slot)) => {
                *slot = value;
                Ok(())
            }
            None => self.undefined(id),
        }
    }

    fn variable(&mut self, id: VarId) -> Result<Seen> {
        let own = self.context.variables.get(self.base..).unwrap_or_default();
        let found = own.iter().rev().enumerate().find(|(_, (known, _))| *known == id);
        match found.map(|(distance, (_, value))| (distance, value.clone())) {
            Some((distance, value)) => {
                self.context.charge(distance / 16);
                Ok(value)
            }
            None => self.undefined(id),
        }
    }

    /// The parser saw a declaration, but it was not executed: `and false ($x := 1)`.
    fn undefined<T>(&self, id: VarId) -> Result<T> {
        let name = self.file.variables.get(id.0 as usize);
        let name = name.map_or("$", |span| self.file.name(*span));
        self.fail(format!("undefined variable: {name}"))
    }
}

fn position(index: usize) -> Seen {
    Seen::plain(Value::int(i64::try_from(index).unwrap_or(i64::MAX)))
}
