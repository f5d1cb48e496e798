//! Executes one template: walks its nodes and evaluates their pipelines, with Go's `reflect` semantics.
//!
//! Where an error arises, Go names the node that was visited last, which need not be the one that is to blame. So the
//! state keeps the node as Go does, and marks it at the same points.

use std::rc::Rc;

use hoist_govalue::{Args, Body, Func, Kind, Method, Object, Type, Value, fmt};
use smallvec::SmallVec;

use crate::{
    BranchKind, Context, Embedder, ExecError, MissingKey,
    builtin::{self, Builtin},
    error,
    funcs::Callee,
    number::{Ideal, Number},
    stack::grow,
    text,
    tree::{At, Branch, Call, Command, File, ListId, Node, Operand, Pipe, Span, Template, Term, VarId},
    value::{Seen, assign, can_be_nil, zero},
};

/// What follows a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Next,
    Break,
    Continue,
}

pub(crate) type Result<T, E = ExecError> = std::result::Result<T, E>;

/// The values of a call.
type Values = SmallVec<[Value; 4]>;

/// What is passed to a function: the arguments after its name, and the value of the pipeline before it.
struct Passed<'t> {
    args: &'t [Operand],
    last: Option<Seen>,
}

impl Passed<'_> {
    const NOTHING: Self = Self { args: &[], last: None };

    fn count(&self) -> usize {
        self.args.len() + usize::from(self.last.is_some())
    }
}

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
    fn list(&mut self, dot: &Seen, list: ListId) -> Result<Flow> {
        for node in self.file.list(list) {
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
                    self.call_template(dot, call)?;
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
                let entries = map.entries().into_iter();
                let entries = entries.map(|(key, value)| (Seen::plain(Value::Str(key)), Seen::element(value, element)));
                self.iterate(branch, pipe, entries)?
            }
            Value::Nil => false,
            Value::Object(object) => match object.entries() {
                Some(entries) => {
                    let entries = entries
                        .into_iter()
                        .map(|(key, value)| (Seen::plain(key), Seen::plain(value)));
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
        if pipe.declared.len() < 2 {
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
        let mut ran = false;
        for (index, element) in elements {
            ran = true;
            self.step()?;
            match (&pipe.declared[..], pipe.assign) {
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

    fn variable(&self, id: VarId) -> Result<Seen> {
        let own = self.context.variables.get(self.base..).unwrap_or_default();
        match own.iter().rev().find(|(known, _)| *known == id) {
            Some((_, value)) => Ok(value.clone()),
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

// Evaluating.
impl<'t> State<'t, '_> {
    fn pipeline(&mut self, dot: &Seen, pipe: &'t Pipe) -> Result<Seen> {
        self.at = Some(At::Pipe(pipe));
        let mut value: Option<Seen> = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value.take())?.unboxed());
        }
        let value = value.unwrap_or_default();
        for variable in &pipe.declared {
            if pipe.assign {
                self.set_variable(*variable, value.clone())?;
            } else {
                self.context.variables.push((*variable, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Seen, command: &'t Command, last: Option<Seen>) -> Result<Seen> {
        self.step()?;
        let Some((first, args)) = command.args.split_first() else {
            return Ok(Seen::INVALID);
        };
        let passed = Passed { args, last };
        match &first.term {
            Term::Field(fields) => {
                self.at = Some(At::Operand(first));
                self.fields(dot, dot.clone(), first, fields, passed)
            }
            Term::Chain(base, fields) => self.chain(dot, first, base, fields, passed),
            Term::Function(callee, name) => {
                self.at = Some(At::Operand(first));
                self.function(dot, *callee, *name, At::Command(command), passed)
            }
            Term::Pipe(pipe) => {
                self.no_function(first, &passed)?;
                let pipe = self.file.pipe(*pipe);
                grow(|| self.pipeline(dot, pipe))
            }
            Term::Variable(id, fields) => {
                self.at = Some(At::Operand(first));
                let value = self.variable(*id)?;
                if fields.is_empty() {
                    self.no_function(first, &passed)?;
                    return Ok(value);
                }
                self.fields(dot, value, first, fields, passed)
            }
            term => {
                self.at = Some(At::Operand(first));
                self.no_function(first, &passed)?;
                match term {
                    Term::Dot => Ok(dot.clone()),
                    Term::Nil => self.fail("nil is not a command"),
                    _ => self.ideal(first),
                }
            }
        }
    }

    fn no_function(&self, first: &Operand, passed: &Passed<'_>) -> Result<()> {
        if passed.count() == 0 {
            return Ok(());
        }
        let first = text::operand(self.file, first);
        self.fail(format!("can't give argument to non-function {first}"))
    }

    /// A constant where no type is asked for.
    fn ideal(&mut self, operand: &'t Operand) -> Result<Seen> {
        self.at = Some(At::Operand(operand));
        let value = match &operand.term {
            Term::Bool(truth) => Value::Bool(*truth),
            Term::Str(text, _) => text.clone(),
            Term::Number(number) => match number.ideal {
                Ideal::Int(number) => Value::int(number),
                Ideal::Float(number) => Value::float(number),
                Ideal::Complex => {
                    let text = String::from_utf8_lossy(self.file.span(number.text));
                    return self.fail(format!("{text} is a complex number, which hoist does not know"));
                }
                Ideal::Overflow => {
                    let text = String::from_utf8_lossy(self.file.span(number.text));
                    return self.fail(format!("{text} overflows int"));
                }
            },
            _ => {
                let text = text::operand(self.file, operand);
                return self.fail(format!("can't evaluate command {}", text::quote(text.as_bytes())));
            }
        };
        Ok(Seen::plain(value))
    }

    fn chain(
        &mut self,
        dot: &Seen,
        node: &'t Operand,
        base: &'t Operand,
        fields: &'t [Span],
        passed: Passed<'t>,
    ) -> Result<Seen> {
        self.at = Some(At::Operand(node));
        let receiver = self.reference(dot, base)?;
        self.fields(dot, receiver, node, fields, passed)
    }

    /// What is not a constant, as an argument.
    fn reference(&mut self, dot: &Seen, operand: &'t Operand) -> Result<Seen> {
        self.at = Some(At::Operand(operand));
        match &operand.term {
            Term::Dot => Ok(dot.clone()),
            Term::Field(fields) => self.fields(dot, dot.clone(), operand, fields, Passed::NOTHING),
            Term::Variable(id, fields) => {
                let value = self.variable(*id)?;
                self.fields(dot, value, operand, fields, Passed::NOTHING)
            }
            Term::Pipe(pipe) => {
                let pipe = self.file.pipe(*pipe);
                grow(|| self.pipeline(dot, pipe))
            }
            Term::Function(callee, name) => self.function(dot, *callee, *name, At::Operand(operand), Passed::NOTHING),
            Term::Chain(base, fields) => self.chain(dot, operand, base, fields, Passed::NOTHING),
            Term::Nil => Ok(Seen::INVALID),
            Term::Bool(_) | Term::Number(_) | Term::Str(..) => self.ideal(operand),
        }
    }

    fn fields(
        &mut self,
        dot: &Seen,
        mut receiver: Seen,
        node: &'t Operand,
        fields: &'t [Span],
        passed: Passed<'t>,
    ) -> Result<Seen> {
        let Some((last, before)) = fields.split_last() else {
            return Ok(receiver);
        };
        for field in before {
            receiver = self.field(dot, *field, node, Passed::NOTHING, receiver)?;
        }
        self.field(dot, *last, node, passed, receiver)
    }

    fn field(&mut self, dot: &Seen, name: Span, node: &'t Operand, passed: Passed<'t>, receiver: Seen) -> Result<Seen> {
        let missing = self.context.options.missing_key;
        match &receiver.value {
            Value::Nil if receiver.boxed => {
                let name = self.file.name(name);
                self.fail(format!("nil pointer evaluating interface {{}}.{name}"))
            }
            Value::Nil if missing == MissingKey::Error => {
                let name = text::quote(self.file.span(name));
                self.fail(format!("nil data; no entry for key {name}"))
            }
            Value::Nil => Ok(Seen::INVALID),
            Value::Map(map) => {
                let ty = map.ty();
                if let Some(method) = self.named_method(ty, name) {
                    return self.method(dot, &receiver.value, method, node, passed);
                }
                if passed.count() > 0 {
                    return self.has_arguments(name);
                }
                match map.get(self.file.span(name)) {
                    Some(value) => Ok(Seen::element(value, ty.elem())),
                    None => self.missing(name, ty.elem()),
                }
            }
            Value::List(list) => match self.named_method(list.ty(), name) {
                Some(method) => self.method(dot, &receiver.value, method, node, passed),
                None => self.no_field(name, &receiver),
            },
            Value::Object(object) => {
                let known = self.file.name(name);
                if let Some(method) = object.methods().iter().find(|method| method.name == known) {
                    return self.method(dot, &receiver.value, method, node, passed);
                }
                self.object_field(name, object, &receiver, &passed)
            }
            _ => self.no_field(name, &receiver),
        }
    }

    fn object_field(
        &mut self,
        name: Span,
        object: &Rc<dyn Object>,
        receiver: &Seen,
        passed: &Passed<'_>,
    ) -> Result<Seen> {
        let known = self.file.name(name);
        if object.ty().kind() == Kind::Map {
            if passed.count() > 0 {
                return self.has_arguments(name);
            }
            let entry = || {
                let entries = object.entries()?;
                let mut entries = entries.into_iter();
                entries.find_map(|(key, value)| key.as_str().is_some_and(|key| *key == known).then_some(value))
            };
            return match object.field(known).or_else(entry) {
                Some(value) => Ok(Seen::element(value, object.elem())),
                None => self.missing(name, object.elem()),
            };
        }
        match object.field(known) {
            Some(_) if passed.count() > 0 => {
                self.fail(format!("{known} has arguments but cannot be invoked as function"))
            }
            Some(value) => Ok(Seen::result(value)),
            None => self.no_field(name, receiver),
        }
    }

    fn has_arguments<T>(&self, name: Span) -> Result<T> {
        let name = self.file.name(name);
        self.fail(format!("{name} is not a method but has arguments"))
    }

    fn no_field<T>(&self, name: Span, receiver: &Seen) -> Result<T> {
        let name = self.file.name(name);
        let ty = receiver.static_type();
        self.fail(format!("can't evaluate field {name} in type {ty}"))
    }

    fn missing(&self, name: Span, element: Type) -> Result<Seen> {
        match self.context.options.missing_key {
            MissingKey::Invalid => Ok(Seen::INVALID),
            MissingKey::Zero => Ok(Seen::element(zero(element), element)),
            MissingKey::Error => {
                let name = text::quote(self.file.span(name));
                self.fail(format!("map has no entry for key {name}"))
            }
        }
    }

    fn named_method(&self, ty: Type, name: Span) -> Option<&'static Method> {
        let Type::Named(type_name, _) = ty else {
            return None;
        };
        let name = self.file.name(name);
        let methods = self.embedder.methods(type_name);
        methods.iter().find(|method| method.name == name)
    }
}

// Calling.
impl<'t> State<'t, '_> {
    fn function(&mut self, dot: &Seen, callee: Callee, name: Span, at: At<'t>, passed: Passed<'t>) -> Result<Seen> {
        let index = match callee {
            Callee::Builtin(builtin) => return self.builtin(dot, builtin, at, passed),
            Callee::Function(index) => index,
        };
        let Some(function) = self.context.functions.at(index).copied() else {
            let name = text::quote(self.file.span(name));
            return self.fail(format!("{name} is not a defined function"));
        };
        let Func {
            name,
            params,
            variadic,
            body,
        } = function;
        let values = self.values(dot, name, params, variadic, passed)?;
        let args = Args::new(&values);
        let result = match body {
            Body::Pure(body) => body(args).map_err(ExecError::from),
            Body::Host(body) => body(self.embedder.host(), args).map_err(ExecError::from),
            Body::Embedder => self.embedder.call(self.context, name, args),
        };
        match result {
            Ok(value) => self.made(value),
            Err(error) => self.called(at, name, error),
        }
    }

    fn made(&mut self, value: Value) -> Result<Seen> {
        match self.context.produced(&value) {
            None => Ok(Seen::result(value)),
            Some(reason) => self.fail(reason),
        }
    }

    fn method(
        &mut self,
        dot: &Seen,
        receiver: &Value,
        method: &'static Method,
        node: &'t Operand,
        passed: Passed<'t>,
    ) -> Result<Seen> {
        let values = self.values(dot, method.name, method.params, method.variadic, passed)?;
        let result = match receiver {
            Value::Object(object) => object.call(method.name, self.embedder.host(), &values),
            _ => self.embedder.call_method(receiver, method, Args::new(&values)),
        };
        match result {
            Ok(value) => self.made(value),
            Err(error) => self.called(At::Operand(node), method.name, error),
        }
    }

    fn arity(&self, name: &str, fixed: usize, variadic: bool, passed: &Passed<'_>) -> Result<()> {
        let count = passed.count();
        if variadic && count < fixed {
            let got = passed.args.len();
            return self.fail(format!(
                "wrong number of args for {name}: want at least {fixed} got {got}"
            ));
        }
        if !variadic && count != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {count}"));
        }
        Ok(())
    }

    /// Evaluates and checks the arguments of a call.
    fn values(
        &mut self,
        dot: &Seen,
        name: &str,
        params: &'static [Type],
        variadic: bool,
        passed: Passed<'t>,
    ) -> Result<Values> {
        let fixed = params.len() - usize::from(variadic && !params.is_empty());
        self.arity(name, fixed, variadic, &passed)?;
        let mut values = Values::with_capacity(passed.count());
        let param = |index: usize| params.get(index).or(params.last()).copied().unwrap_or(Type::Any);
        for (index, operand) in passed.args.iter().enumerate() {
            values.push(self.argument(dot, param(index), operand)?);
        }
        if let Some(last) = passed.last {
            values.push(self.validate(last, param(values.len()))?);
        }
        Ok(values)
    }

    fn argument(&mut self, dot: &Seen, ty: Type, operand: &'t Operand) -> Result<Value> {
        self.at = Some(At::Operand(operand));
        match &operand.term {
            Term::Nil if can_be_nil(ty) => Ok(zero(ty)),
            Term::Nil => self.fail(format!("cannot assign nil to {ty}")),
            Term::Bool(_) | Term::Number(_) | Term::Str(..) => self.constant(ty, operand),
            Term::Dot => self.validate(dot.clone(), ty),
            _ => {
                let value = self.reference(dot, operand)?;
                self.validate(value, ty)
            }
        }
    }

    fn validate(&mut self, value: Seen, ty: Type) -> Result<Value> {
        if value.is_invalid() {
            if can_be_nil(ty) {
                return Ok(zero(ty));
            }
            return self.fail(format!("invalid value; expected {ty}"));
        }
        if value.is_nil_interface() && !matches!(ty, Type::Any | Type::Reflect) {
            return self.fail(format!("wrong type for value; expected {ty}; got interface {{}}"));
        }
        match assign(value.value, ty) {
            Ok(value) => Ok(value),
            Err(value) => {
                let own = value.type_name();
                self.fail(format!("wrong type for value; expected {ty}; got {own}"))
            }
        }
    }

    /// A constant as a value of a type.
    #[allow(clippy::cast_possible_truncation)]
    fn constant(&mut self, ty: Type, operand: &'t Operand) -> Result<Value> {
        let number = |number: &Number| (number.int, number.uint, number.float);
        let (int, uint, float) = match &operand.term {
            Term::Number(constant) => number(constant),
            _ => (None, None, None),
        };
        let kind = ty.kind();
        let expected = match (kind, &operand.term) {
            (Kind::Interface, _) => return Ok(self.ideal(operand)?.value),
            (Kind::Bool, Term::Bool(truth)) => return Ok(Value::Bool(*truth)),
            (Kind::Bool, _) => "bool",
            (Kind::String, Term::Str(text, _)) => return Ok(text.clone()),
            (Kind::String, _) => "string",
            _ if kind.is_float() => match float {
                Some(float) if kind == Kind::Float32 => return Ok(Value::Float(f64::from(float as f32), kind)),
                Some(float) => return Ok(Value::Float(float, kind)),
                None => "float",
            },
            _ if kind.is_int() => match int {
                Some(int) => return Ok(Value::Int(narrow(int, kind), kind)),
                None => "integer",
            },
            _ if kind.is_uint() => match uint {
                Some(uint) => return Ok(Value::Uint(narrow_unsigned(uint, kind), kind)),
                None => "unsigned integer",
            },
            _ => {
                let text = text::operand(self.file, operand);
                return self.fail(format!("can't handle {text} for arg of type {ty}"));
            }
        };
        let found = text::operand(self.file, operand);
        self.fail(format!("expected {expected}; found {found}"))
    }
}

#[allow(clippy::cast_possible_truncation)]
fn narrow(number: i64, kind: Kind) -> i64 {
    match kind {
        Kind::Int8 => i64::from(number as i8),
        Kind::Int16 => i64::from(number as i16),
        Kind::Int32 => i64::from(number as i32),
        _ => number,
    }
}

#[allow(clippy::cast_possible_truncation)]
fn narrow_unsigned(number: u64, kind: Kind) -> u64 {
    match kind {
        Kind::Uint8 => u64::from(number as u8),
        Kind::Uint16 => u64::from(number as u16),
        Kind::Uint32 => u64::from(number as u32),
        _ => number,
    }
}

// Builtin functions.
impl<'t> State<'t, '_> {
    fn builtin(&mut self, dot: &Seen, builtin: Builtin, at: At<'t>, passed: Passed<'t>) -> Result<Seen> {
        let name = builtin.name();
        let (fixed, variadic) = builtin.arity();
        self.arity(name, fixed, variadic, &passed)?;
        if let Builtin::And | Builtin::Or = builtin {
            return self.short_circuit(dot, builtin == Builtin::Or, passed);
        }
        if builtin.takes_interfaces() {
            let params: &'static [Type] = match builtin {
                Builtin::Printf => &[Type::Str, Type::Any],
                _ => &[Type::Any],
            };
            let values = self.values(dot, name, params, true, passed)?;
            return match builtin::text(builtin, &values) {
                Ok(text) => self.made(Value::str(text)),
                Err(error) => self.called(at, name, error),
            };
        }
        let callee = match (builtin, passed.args.first()) {
            (Builtin::Call, Some(first)) => text::operand(self.file, first),
            (Builtin::Call, None) => passed.last.as_ref().map(builtin::reflected).unwrap_or_default(),
            _ => String::new(),
        };
        let mut values: SmallVec<[Seen; 4]> = SmallVec::with_capacity(passed.count());
        for operand in passed.args {
            values.push(self.reference(dot, operand)?);
        }
        values.extend(passed.last);
        match builtin::reflect(builtin, &values, &callee) {
            Ok(value) => Ok(value),
            Err(error) => self.called(at, name, error),
        }
    }

    /// `and` and `or`, which evaluate no more of their arguments than they need.
    fn short_circuit(&mut self, dot: &Seen, until: bool, passed: Passed<'t>) -> Result<Seen> {
        let mut value = Seen::INVALID;
        for operand in passed.args {
            value = self.reference(dot, operand)?;
            if value.value.is_true() == until {
                return Ok(value);
            }
        }
        Ok(passed.last.unwrap_or(value))
    }
}
